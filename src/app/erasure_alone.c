#include "app/erasure_alone.h"

#include "app/raw_keeper.h"
#include "lake/erase_parts.h"
#include "lake/lake_commit.h"
#include "lake/lake_work.h"

#include <unistd.h>

static enum status settle(void *self, const struct subject *subject,
                          struct erasure_receipt *receipt, struct fault *fault)
{
    struct data_alone *alone = self;
    int64_t now_ms = clock_now_ms(alone->options->clock);
    enum status status = tombstones_add(alone->tombstones, subject, now_ms, fault);
    if (status == STATUS_OK) {
        erasure_receipt_name(receipt, alone->tombstones, subject);
        status = data_alone_drain(alone, fault);
        receipt->journal_rows = atomic_load(&lake_counts(alone->lake)->erased);
    }
    return status == STATUS_OK ? erase_leftovers(alone->lake_fd, fault) : status;
}

static enum status forget_raw(void *self, const struct subject *subject, uint64_t *dropped,
                              struct fault *fault)
{
    struct data_alone *alone = self;
    return raw_keeper_forget_alone(alone->data.fd, subject, dropped, fault);
}

static enum status commit(void *self, const struct erase_change *change, struct fault *fault)
{
    struct data_alone *alone = self;
    struct buf text;
    buf_init(&text, LAKE_CHANGE_BYTES_MAX);
    enum status status =
        erase_change_append(&text, alone->data.fd, LEDGER_BY_ERASURE, change, fault);
    if (status == STATUS_OK) {
        status =
            lake_commit(alone->data.fd, buf_view(&text), view_make(NULL, 0), alone->book, fault);
    }
    buf_free(&text);
    return status;
}

static enum status erase_files(void *self, const struct subject *subject,
                               struct erase_report *report, struct fault *fault)
{
    struct data_alone *alone = self;
    const struct config *config = alone->options->config;
    struct erase_job job = {.subject = subject, .self = alone, .commit = commit};
    struct lake_work work;
    enum status status = lake_work_begin(&work, alone->data.fd, config->data, fault);
    if (status == STATUS_OK) {
        status = erase_lake(alone->data.fd, config->duckdb, &job, report, fault);
        lake_work_end(&work);
    }
    return status;
}

static enum status finish_earlier(const struct erasure_world *world, struct fault *fault)
{
    struct erasure_receipt receipt;
    erasure_receipt_init(&receipt);
    enum status status = erasure_finish(world, &receipt, fault);
    erasure_receipt_free(&receipt);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status erasure_alone(const struct data_alone_options *options, struct erase_intent *intent,
                          struct erasure_receipt *receipt, struct fault *fault)
{
    struct data_alone alone;
    enum status status = data_alone_open(&alone, options, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct erasure_world world = {.lake_fd = alone.lake_fd,
                                        .clock = options->clock,
                                        .self = &alone,
                                        .settle = settle,
                                        .forget_raw = forget_raw,
                                        .erase_files = erase_files};
    status = finish_earlier(&world, fault);
    status = status == STATUS_OK ? erasure_begin(&world, intent, fault) : status;
    status = status == STATUS_OK ? erasure_finish(&world, receipt, fault) : status;
    data_alone_close(&alone);
    return status;
}
