#include "lake/erase_job.h"

#include "lake/ledger_book.h"
#include "lake/lake_commit.h"

#include <unistd.h>

/* Only one process works on the lake's files, and waits for each commit: what stands on disk is the
 * last posting of that source. */
static enum status next_number(int data_fd, enum ledger_source source, int64_t number,
                               uint64_t *next, struct fault *fault)
{
    struct ledger_hour hour;
    int ledger_fd;
    *next = 1;
    enum status status = ledger_open_folder(data_fd, &ledger_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    ledger_hour_init(&hour, number);
    status = ledger_hour_load(&hour, ledger_fd, number, fault);
    *next = hour.applied[source] + 1;
    ledger_hour_free(&hour);
    close(ledger_fd);
    return status;
}

enum status erase_change_append(struct buf *text, int data_fd, enum ledger_source source,
                                const struct erase_change *change, struct fault *fault)
{
    struct buf post;
    uint64_t number;
    enum status status = next_number(data_fd, source, change->hour, &number, fault);
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
