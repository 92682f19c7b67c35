#include "app/data_alone.h"

#include <unistd.h>

enum { GATHER_BYTES = 32 * 1024 * 1024, DAY_MS = 86400000 };

static enum status open_lake(struct data_alone *alone, struct fault *fault)
{
    const struct data_alone_options *options = alone->options;
    const struct config *config = options->config;
    /* One stream, for what is replayed; without events it leaves nothing. */
    struct journal_options journal = {.data_fd = alone->data.fd,
                                      .workers = 1,
                                      .segment_bytes = (size_t)config->segment_size,
                                      .gather_bytes = GATHER_BYTES,
                                      .clock = options->clock,
                                      .disk = segment_disk_real()};
    enum status status = journal_open(&alone->journal, &journal, fault);
    struct lake_options lake = {
        .data_fd = alone->data.fd,
        .journal = alone->journal,
        .tombstones = alone->tombstones,
        .ledger = {.book = alone->book},
        .workers = 1,
        .clock = options->clock,
        .log = options->log,
        .limits = {.roll_ms = config->lake_roll_ms,
                   .roll_bytes = (uint64_t)config->lake_roll_size,
                   .quarantine_bytes = (uint64_t)config->quarantine_max},
        .window_ms = (int64_t)LAKE_WINDOW_DAYS * DAY_MS,
    };
    return status == STATUS_OK ? lake_open(&alone->lake, &lake, fault) : status;
}

enum status data_alone_open(struct data_alone *alone, const struct data_alone_options *options,
                            struct fault *fault)
{
    *alone =
        (struct data_alone){.options = options, .data = {.fd = -1, .lock_fd = -1}, .lake_fd = -1};
    enum status status =
        data_folder_open(&alone->data, options->config->data, DATA_FOLDER_WRITE, fault);
    if (status == STATUS_OK) {
        status = data_folder_enter(alone->data.fd, "lake", true, &alone->lake_fd, fault);
    }
    if (status == STATUS_OK) {
        status = tombstones_open(&alone->tombstones, alone->data.fd, fault);
    }
    if (status == STATUS_OK) {
        int64_t now_ms = clock_now_ms(options->clock);
        status = ledger_book_open(&alone->book, alone->data.fd, now_ms, fault);
    }
    if (status == STATUS_OK) {
        status = open_lake(alone, fault);
    }
    if (status != STATUS_OK) {
        data_alone_close(alone);
    }
    return status;
}

void data_alone_close(struct data_alone *alone)
{
    lake_close(alone->lake);
    journal_close(alone->journal);
    tombstones_close(alone->tombstones);
    ledger_book_close(alone->book);
    if (alone->lake_fd >= 0) {
        close(alone->lake_fd);
    }
    data_folder_close(&alone->data);
    *alone = (struct data_alone){.data = {.fd = -1, .lock_fd = -1}, .lake_fd = -1};
}

enum status data_alone_drain(struct data_alone *alone, struct fault *fault)
{
    enum status status = journal_renew(alone->journal, fault);
    status = status == STATUS_OK ? lake_drain(alone->lake, fault) : status;
    return status == STATUS_OK && !journal_is_renewed(alone->journal)
               ? fault_set(fault, STATUS_IO, "the journal could not be emptied")
               : status;
}
