#include "app/erasure_commit.h"

#include "lake/lake_commit.h"

enum { TRIES = 30 };

/* Somebody who lists the lake holds it for a moment. */
static enum status change_files(int data_fd, struct view files, struct fault *fault)
{
    enum status status = STATUS_BUSY;
    for (int i = 0; i < TRIES && status == STATUS_BUSY; i++) {
        status = lake_commit(data_fd, files, fault);
    }
    return status;
}

static enum status post(struct erasure_commit *commit, const struct erase_change *change,
                        struct fault *fault)
{
    struct buf text;
    uint64_t number;
    enum status status =
        ledger_book_next(commit->book, commit->source, change->hour, &number, fault);
    buf_init(&text, LEDGER_POST_BYTES_MAX);
    if (status == STATUS_OK) {
        ledger_post_begin(&text, commit->source, number);
        buf_append_view(&text, change->posts);
        status = buf_status(&text);
    }
    if (status == STATUS_OK) {
        status = ledger_book_apply(commit->book, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

enum status erasure_commit(void *self, const struct erase_change *change, struct fault *fault)
{
    struct erasure_commit *commit = self;
    enum status status = change_files(commit->data_fd, change->files, fault);
    return status == STATUS_OK && commit->book ? post(commit, change, fault) : status;
}
