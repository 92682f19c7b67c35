#include "lake/erase_job.h"

#include "lake/ledger_book.h"
#include "lake/lake_commit.h"

#include <unistd.h>

static enum status raise_above(int ledger_fd, enum ledger_source source, int64_t number,
                               uint64_t *next, struct fault *fault)
{
    struct ledger_hour hour;
    ledger_hour_init(&hour, number);
    enum status status = ledger_hour_load(&hour, ledger_fd, number, fault);
    *next = hour.applied[source] >= *next ? hour.applied[source] + 1 : *next;
    ledger_hour_free(&hour);
    return status;
}

/* Only one process works on the lake's files, and waits for each commit: what stands on disk are
 * the last postings of that source. */
static enum status next_number(int data_fd, enum ledger_source source,
                               const struct erase_change *change, uint64_t *next,
                               struct fault *fault)
{
    int ledger_fd;
    *next = 1;
    enum status status = ledger_open_folder(data_fd, &ledger_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    for (size_t i = 0; i < change->hour_count && status == STATUS_OK; i++) {
        status = raise_above(ledger_fd, source, change->hours[i], next, fault);
    }
    close(ledger_fd);
    return status;
}

enum status erase_change_append(struct buf *text, int data_fd, enum ledger_source source,
                                const struct erase_change *change, struct fault *fault)
{
    struct buf post;
    uint64_t number;
    enum status status = next_number(data_fd, source, change, &number, fault);
    if (status != STATUS_OK) {
        return status;
    }
    buf_init(&post, LEDGER_POST_BYTES_MAX);
    ledger_post_begin(&post, source, number);
    buf_append_view(&post, change->posts);
    buf_append_view(text, change->files);
    status = buf_status(&post);
    if (status == STATUS_OK) {
        lake_change_note(text, buf_view(&post));
    }
    buf_free(&post);
    status = status == STATUS_OK ? buf_status(text) : status;
    return status == STATUS_OK ? STATUS_OK : fault_set(fault, status, "a change is too long");
}
