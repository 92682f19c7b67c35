#include "app/raw_keeper.h"

#include "base/background.h"
#include "base/bell.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { QUEUE_BYTES_MAX = 16 << 20, LOOK_MS = 10000, GATE_MS = 600000 };

/* A request in the queue: this, then its plain form. */
struct item {
    int64_t received_ms;
    size_t len;
};

struct raw_keeper {
    struct raw_keeper_options options;
    struct bell bell; /* its lock is the queue's; held for a copy at most */
    struct buf queue;
    bool is_stopping;        /* under it, too */
    pthread_mutex_t at_work; /* of everything below */
    struct buf taken;
    struct raw_store *store;
    struct logger_gate gate;
    pthread_t thread;
};

static void count_dropped(struct raw_keeper *keeper)
{
    atomic_fetch_add(&keeper->options.counts->raw_dropped, 1);
}

static void complain(struct raw_keeper *keeper, const struct fault *fault)
{
    uint64_t held;
    int64_t now_ms = clock_monotonic_ms(keeper->options.clock);
    if (logger_gate_hit(&keeper->gate, now_ms, &held)) {
        logger_error(keeper->options.log, "raw", "requests as they came are not kept: %s",
                     fault->text);
    }
}

/* At work. */
static void keep(struct raw_keeper *keeper, const struct item *item, struct view plain)
{
    struct fault fault = {0};
    if (raw_store_bytes(keeper->store) + plain.len + RAW_FRAME_HEAD_BYTES >
        keeper->options.bytes_max) {
        count_dropped(keeper);
        return;
    }
    if (raw_store_append(keeper->store, plain, item->received_ms, &fault) != STATUS_OK) {
        count_dropped(keeper);
        complain(keeper, &fault);
        return;
    }
    atomic_fetch_add(&keeper->options.counts->raw_kept, 1);
}

static void wipe(struct buf *bytes)
{
    if (bytes->at) {
        OPENSSL_cleanse(bytes->at, bytes->len);
    }
    buf_clear(bytes);
}

/* At work: all that waits is written. */
static void write_queue(struct raw_keeper *keeper)
{
    bell_lock(&keeper->bell);
    struct buf taken = keeper->queue;
    keeper->queue = keeper->taken;
    bell_unlock(&keeper->bell);
    for (size_t at = 0; at < taken.len;) {
        struct item item;
        memcpy(&item, taken.at + at, sizeof(item));
        keep(keeper, &item, view_make(taken.at + at + sizeof(item), item.len));
        at += sizeof(item) + item.len;
    }
    wipe(&taken);
    keeper->taken = taken;
}

/* At work. */
static void expire(struct raw_keeper *keeper)
{
    struct fault fault = {0};
    const struct raw_keeper_options *options = &keeper->options;
    if (raw_store_expire(keeper->store, clock_now_ms(options->clock), options->keep_ms, &fault) !=
        STATUS_OK) {
        complain(keeper, &fault);
    }
}

/* False when it is to end. */
static bool await_work(struct raw_keeper *keeper)
{
    bell_lock(&keeper->bell);
    if (!keeper->is_stopping && keeper->queue.len == 0) {
        bell_wait_ms(&keeper->bell, LOOK_MS);
    }
    bool goes_on = !keeper->is_stopping;
    bell_unlock(&keeper->bell);
    return goes_on;
}

static void *run(void *argument)
{
    struct raw_keeper *keeper = argument;
    bool goes_on = true;
    background_enter(BACKGROUND_LAST);
    while (goes_on) {
        goes_on = await_work(keeper);
        pthread_mutex_lock(&keeper->at_work);
        write_queue(keeper);
        expire(keeper);
        pthread_mutex_unlock(&keeper->at_work);
    }
    return NULL;
}

static enum status start(struct raw_keeper *keeper, struct fault *fault)
{
    bell_init(&keeper->bell);
    pthread_mutex_init(&keeper->at_work, NULL);
    buf_init(&keeper->queue, QUEUE_BYTES_MAX);
    buf_init(&keeper->taken, QUEUE_BYTES_MAX);
    keeper->gate.interval_ms = GATE_MS;
    enum status status = raw_store_open(&keeper->store, keeper->options.data_fd, fault);
    if (status == STATUS_OK) {
        status = raw_store_expire(keeper->store, clock_now_ms(keeper->options.clock),
                                  keeper->options.keep_ms, fault);
    }
    if (status != STATUS_OK || keeper->options.keep_ms == 0) {
        return status;
    }
    int reason = pthread_create(&keeper->thread, NULL, run, keeper);
    if (reason != 0) {
        return fault_errno(fault, reason, "cannot start the thread that keeps requests");
    }
    pthread_setname_np(keeper->thread, "raw");
    return STATUS_OK;
}

static void destroy(struct raw_keeper *keeper)
{
    raw_store_close(keeper->store);
    buf_free(&keeper->queue);
    buf_free(&keeper->taken);
    pthread_mutex_destroy(&keeper->at_work);
    bell_free(&keeper->bell);
    free(keeper);
}

enum status raw_keeper_start(struct raw_keeper **keeper, const struct raw_keeper_options *options,
                             struct fault *fault)
{
    struct raw_keeper *made = calloc(1, sizeof(*made));
    *keeper = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to keep requests");
    }
    made->options = *options;
    enum status status = start(made, fault);
    if (status != STATUS_OK) {
        destroy(made);
        return status;
    }
    *keeper = made;
    return STATUS_OK;
}

void raw_keeper_stop(struct raw_keeper *keeper)
{
    if (!keeper) {
        return;
    }
    if (keeper->options.keep_ms > 0) {
        bell_lock(&keeper->bell);
        keeper->is_stopping = true;
        bell_ring(&keeper->bell);
        bell_unlock(&keeper->bell);
        pthread_join(keeper->thread, NULL);
    }
    destroy(keeper);
}

void raw_keeper_offer(struct raw_keeper *keeper, const struct inbound *inbound,
                      struct view content_type)
{
    const struct raw_request request = {
        .received_ms = inbound->received_ms,
        .path = inbound->path,
        .query = inbound->query,
        .content_type = content_type,
        .body = inbound->body,
    };
    if (!keeper || keeper->options.keep_ms == 0) {
        return;
    }
    bell_lock(&keeper->bell);
    struct buf *queue = &keeper->queue;
    size_t before = queue->len;
    struct item item = {request.received_ms, 0};
    buf_append(queue, &item, sizeof(item));
    enum status status = raw_request_append(queue, &request);
    if (status == STATUS_OK) {
        item.len = queue->len - before - sizeof(item);
        memcpy(queue->at + before, &item, sizeof(item));
        bell_ring(&keeper->bell);
    } else {
        buf_truncate(queue, before);
        queue->status = STATUS_OK;
        count_dropped(keeper);
    }
    bell_unlock(&keeper->bell);
}

/* --- forgetting --- */

/* A parameter whose value is the id: a short one is not looked for elsewhere in a query. */
static bool is_in_query(const struct subject *subject, struct view query)
{
    while (query.len > 0) {
        struct view value = view_cut(&query, '&');
        (void)view_cut(&value, '=');
        if (value.len > 0 && subject_has(subject, value)) {
            return true;
        }
    }
    return false;
}

static bool is_of_subject(void *self, const struct raw_request *request)
{
    const struct subject *subject = self;
    return subject_is_in(subject, request->body) || subject_is_in(subject, request->query) ||
           is_in_query(subject, request->query) || is_in_query(subject, request->body);
}

enum status raw_keeper_forget(struct raw_keeper *keeper, const struct subject *subject,
                              uint64_t *dropped, struct fault *fault)
{
    *dropped = 0;
    pthread_mutex_lock(&keeper->at_work);
    write_queue(keeper);
    enum status status =
        raw_store_drop(keeper->store, is_of_subject, (void *)(uintptr_t)subject, dropped, fault);
    pthread_mutex_unlock(&keeper->at_work);
    return status;
}

enum status raw_keeper_forget_alone(int data_fd, const struct subject *subject, uint64_t *dropped,
                                    struct fault *fault)
{
    struct raw_store *store;
    *dropped = 0;
    enum status status = raw_store_open(&store, data_fd, fault);
    if (status == STATUS_OK) {
        status = raw_store_drop(store, is_of_subject, (void *)(uintptr_t)subject, dropped, fault);
    }
    raw_store_close(store);
    return status;
}
