#include "app/eraser.h"

#include "app/erase_child.h"
#include "base/background.h"
#include "base/bell.h"
#include "base/json.h"
#include "journal/data_folder.h"
#include "lake/erase_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { RETRY_MS = 10000, SETTLE_PAUSE_MS = 20 };

enum eraser_state { ERASER_IDLE, ERASER_WORKING, ERASER_DONE, ERASER_FAILED };
static const char *const STATE_NAMES[] = {"idle", "working", "done", "failed"};

struct eraser {
    struct eraser_options options;
    int lake_fd;
    _Atomic bool should_stop;
    struct bell bell;
    enum eraser_state state; /* under the lock, as the next ones */
    struct buf receipt;      /* of the last one, as JSON */
    struct fault fault;
    pthread_t thread;
};

static void pause_ms(struct eraser *eraser, int64_t ms)
{
    bell_lock(&eraser->bell);
    if (!atomic_load(&eraser->should_stop)) {
        bell_wait_ms(&eraser->bell, ms);
    }
    bell_unlock(&eraser->bell);
}

/* What is handed to the lake's thread. */
struct settling {
    struct eraser *eraser;
    const struct subject *subject;
    struct erasure_receipt *receipt;
    bool has_begun;
    uint64_t erased_before; /* by the lake, when it began */
};

static enum status entomb(struct settling *settling, struct fault *fault)
{
    const struct eraser_options *options = &settling->eraser->options;
    int64_t now_ms = clock_now_ms(options->clock);
    enum status status = tombstones_add(options->tombstones, settling->subject, now_ms, fault);
    if (status == STATUS_OK) {
        erasure_receipt_name(settling->receipt, options->tombstones, settling->subject);
        status = journal_renew(options->journal, fault);
    }
    return status;
}

/* In the lake's thread: no part is open after it has drained. */
static enum status settle_once(void *self, struct lake *lake, struct fault *fault)
{
    struct settling *settling = self;
    struct eraser *eraser = settling->eraser;
    const struct lake_counts *counts = lake_counts(lake);
    if (!settling->has_begun) {
        settling->erased_before = atomic_load(&counts->erased);
    }
    enum status status = settling->has_begun ? STATUS_OK : entomb(settling, fault);
    settling->has_begun = status == STATUS_OK;
    if (status == STATUS_OK) {
        status = lake_drain(lake, fault);
        settling->receipt->journal_rows = atomic_load(&counts->erased) - settling->erased_before;
    }
    if (status != STATUS_OK && status != STATUS_BUSY) {
        return status;
    }
    /* What is in flight now came after the tombstones. */
    return journal_is_renewed(eraser->options.journal)
               ? erase_leftovers(eraser->lake_fd, fault)
               : fault_set(fault, STATUS_BUSY, "the journal holds events that are in flight");
}

static enum status settle(void *self, const struct subject *subject,
                          struct erasure_receipt *receipt, struct fault *fault)
{
    struct eraser *eraser = self;
    struct settling settling = {.eraser = eraser, .subject = subject, .receipt = receipt};
    for (;;) {
        enum status status = lake_thread_run(eraser->options.lake, settle_once, &settling, fault);
        if (status != STATUS_BUSY || atomic_load(&eraser->should_stop)) {
            return status;
        }
        pause_ms(eraser, SETTLE_PAUSE_MS);
    }
}

static enum status erase_files(void *self, const struct subject *subject,
                               struct erase_report *report, struct fault *fault)
{
    struct eraser *eraser = self;
    const struct erase_child_options options = {
        .data = eraser->options.data,
        .library = eraser->options.library,
        .should_stop = &eraser->should_stop,
    };
    (void)subject; /* the child reads for itself who it is */
    /* One that read rows which are to go would bring them back. */
    compactor_pause(eraser->options.compactor, true);
    enum status status = erase_child_run(&options, report, fault);
    compactor_pause(eraser->options.compactor, false);
    return status;
}

static enum status forget_raw(void *self, const struct subject *subject, uint64_t *dropped,
                              struct fault *fault)
{
    struct eraser *eraser = self;
    return raw_keeper_forget(eraser->options.raw, subject, dropped, fault);
}

static enum status work(struct eraser *eraser, struct erasure_receipt *receipt, struct fault *fault)
{
    struct erasure_world world = {
        .lake_fd = eraser->lake_fd,
        .clock = eraser->options.clock,
        .self = eraser,
        .settle = settle,
        .forget_raw = forget_raw,
        .erase_files = erase_files,
    };
    return erasure_finish(&world, receipt, fault);
}

/* Under the lock. */
static void note_end(struct eraser *eraser, enum status status,
                     const struct erasure_receipt *receipt, const struct fault *fault)
{
    eraser->state = status == STATUS_OK          ? ERASER_DONE
                    : status == STATUS_NOT_FOUND ? ERASER_IDLE
                                                 : ERASER_FAILED;
    buf_clear(&eraser->receipt);
    if (status == STATUS_OK &&
        erasure_receipt_append_json(&eraser->receipt, receipt) == STATUS_OK) {
        logger_info(eraser->options.log, "forget", "receipt %s: %llu rows were erased", receipt->id,
                    (unsigned long long)(receipt->files.raw.rows + receipt->files.parquet.rows +
                                         receipt->files.quarantine.rows));
    }
    if (eraser->state == ERASER_FAILED && !atomic_load(&eraser->should_stop)) {
        eraser->fault = *fault;
        logger_error(eraser->options.log, "forget", "an erasure is not finished: %s", fault->text);
    }
}

static void *run(void *argument)
{
    struct eraser *eraser = argument;
    background_enter(BACKGROUND_LAST);
    bell_lock(&eraser->bell);
    while (!atomic_load(&eraser->should_stop)) {
        if (eraser->state == ERASER_IDLE || eraser->state == ERASER_DONE) {
            bell_wait(&eraser->bell);
            continue;
        }
        if (eraser->state == ERASER_FAILED) {
            bell_wait_ms(&eraser->bell, RETRY_MS);
        }
        bell_unlock(&eraser->bell);
        struct erasure_receipt receipt;
        struct fault fault = {0};
        erasure_receipt_init(&receipt);
        enum status status =
            atomic_load(&eraser->should_stop) ? STATUS_BUSY : work(eraser, &receipt, &fault);
        bell_lock(&eraser->bell);
        note_end(eraser, status, &receipt, &fault);
        erasure_receipt_free(&receipt);
    }
    bell_unlock(&eraser->bell);
    return NULL;
}

static enum status begin(struct eraser *eraser, struct fault *fault)
{
    bell_init(&eraser->bell);
    buf_init(&eraser->receipt, ERASURE_RECEIPT_BYTES_MAX);
    enum status status =
        data_folder_enter(eraser->options.data_fd, "lake", true, &eraser->lake_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int reason = pthread_create(&eraser->thread, NULL, run, eraser);
    if (reason != 0) {
        close(eraser->lake_fd);
        return fault_errno(fault, reason, "cannot start the thread that forgets");
    }
    pthread_setname_np(eraser->thread, "eraser");
    return STATUS_OK;
}

enum status eraser_start(struct eraser **eraser, const struct eraser_options *options,
                         struct fault *fault)
{
    struct eraser *made = calloc(1, sizeof(*made));
    *eraser = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the thread that forgets");
    }
    made->options = *options;
    /* There may be one that was cut off: if not, this is idle at once. */
    made->state = ERASER_WORKING;
    enum status status = begin(made, fault);
    if (status != STATUS_OK) {
        bell_free(&made->bell);
        free(made);
        return status;
    }
    *eraser = made;
    return STATUS_OK;
}

void eraser_stop(struct eraser *eraser)
{
    if (!eraser) {
        return;
    }
    bell_lock(&eraser->bell);
    atomic_store(&eraser->should_stop, true);
    bell_ring(&eraser->bell);
    bell_unlock(&eraser->bell);
    pthread_join(eraser->thread, NULL);
}

void eraser_destroy(struct eraser *eraser)
{
    if (eraser) {
        close(eraser->lake_fd);
        buf_free(&eraser->receipt);
        bell_free(&eraser->bell);
        free(eraser);
    }
}

enum status eraser_ask(struct eraser *eraser, struct view order, struct fault *fault)
{
    struct erase_intent intent;
    struct erasure_world world = {.lake_fd = eraser->lake_fd, .clock = eraser->options.clock};
    enum status status = erase_intent_parse(&intent, order, fault);
    bell_lock(&eraser->bell);
    bool is_busy = eraser->state == ERASER_WORKING || eraser->state == ERASER_FAILED;
    if (status == STATUS_OK && atomic_load(&eraser->should_stop)) {
        status = fault_set(fault, STATUS_BUSY, "the collector is stopping");
    }
    if (status == STATUS_OK && is_busy) {
        status = fault_set(fault, STATUS_BUSY, "another erasure is under way; wait for its end");
    }
    if (status == STATUS_OK) {
        status = erasure_begin(&world, &intent, fault);
    }
    if (status == STATUS_OK) {
        eraser->state = ERASER_WORKING;
        buf_clear(&eraser->receipt);
        bell_ring(&eraser->bell);
    }
    bell_unlock(&eraser->bell);
    erase_intent_free(&intent);
    return status;
}

void eraser_append_state(struct eraser *eraser, struct buf *out)
{
    bell_lock(&eraser->bell);
    buf_append_format(out, "{\"state\":\"%s\"", STATE_NAMES[eraser->state]);
    if (eraser->state == ERASER_FAILED) {
        buf_append_text(out, ",\"sentence\":");
        json_append_string(out, view_from_text(eraser->fault.text));
    }
    if (eraser->receipt.len > 0) {
        buf_append_text(out, ",\"receipt\":");
        buf_append(out, eraser->receipt.at, eraser->receipt.len - 1);
    }
    buf_append_text(out, "}\n");
    bell_unlock(&eraser->bell);
}
