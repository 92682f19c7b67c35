#include "net/connection.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_PER_WAKE = 256,
    SWEEP_MS_MIN = 10,
    SWEEP_MS_MAX = 1000,
    SWEEP_PART = 256,
    STACK_BYTES = 512 * 1024
};

/* What a turn of the loop calls has frames of its own: wiped with all that is deeper than the
 * turn's (an inlined one's buffers would stand in the turn's own frame, for as long as the loop
 * runs). */
#define OWN_FRAME __attribute__((noinline))

struct net_limits net_limits_default(void)
{
    return (struct net_limits){
        .body_bytes = 1 << 20,
        .reply_bytes = 16 << 20,
        .stream_bytes = 1 << 20,
        .connections = 10000,
        .memory_bytes = 256 << 20,
        .idle_ms = 75 * 1000,
        .head_ms = 10 * 1000,
        .body_ms = 30 * 1000,
        .wait_ms = 60 * 1000,
        .write_ms = 30 * 1000,
        .linger_ms = 2 * 1000,
        .drain_ms = 10 * 1000,
    };
}

static void refresh_time(struct net_loop *loop)
{
    struct clock clock = clock_system();
    loop->now_ms = clock_monotonic_ms(&clock);
    int64_t sec = clock_now_ms(&clock) / 1000;
    if (sec != loop->date_sec) {
        time_t at = (time_t)sec;
        struct tm parts;
        gmtime_r(&at, &parts);
        strftime(loop->date, sizeof(loop->date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        loop->date_sec = sec;
    }
}

struct net_loop *net_loop_create(const struct net_limits *limits, struct fault *fault)
{
    struct net_loop *loop = calloc(1, sizeof(*loop)); /* the thread's owner struct */
    if (!loop) {
        fault_set(fault, STATUS_NO_MEMORY, "no memory for a network loop");
        return NULL;
    }
    loop->limits = *limits;
    loop->memory.ceiling = limits->memory_bytes;
    loop->moving_fd = -1;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->stop = (struct source){SOURCE_STOP, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &loop->stop};
    if (loop->epoll < 0 || loop->stop.fd < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->stop.fd, &event) != 0) {
        fault_errno(fault, errno, "cannot create a network loop");
        net_loop_destroy(loop);
        return NULL;
    }
    refresh_time(loop);
    return loop;
}

static void OWN_FRAME bury(struct net_loop *loop)
{
    while (loop->dead) {
        struct connection *c = loop->dead;
        loop->dead = c->next;
        connection_free(c);
    }
}

static void empty_pool(struct buf_pool *pool)
{
    while (pool->count > 0) {
        buf_free(&pool->bufs[--pool->count]);
    }
}

void net_loop_destroy(struct net_loop *loop)
{
    if (!loop) {
        return;
    }
    while (loop->connections) {
        connection_close(loop->connections);
    }
    bury(loop);
    exchange_free_all(loop);
    empty_pool(&loop->spare_bufs);
    empty_pool(&loop->spare_smalls);
    while (loop->listeners) {
        struct listener *listener = loop->listeners;
        loop->listeners = listener->next;
        listener_close(listener);
        free(listener);
    }
    while (loop->watches) {
        struct watch *watch = loop->watches;
        loop->watches = watch->next;
        free(watch);
    }
    body_decoder_destroy(loop->decoder);
    if (loop->stop.fd >= 0) {
        close(loop->stop.fd);
    }
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
    free(loop);
}

void net_loop_stop(struct net_loop *loop)
{
    uint64_t one = 1;
    (void)!write(loop->stop.fd, &one, sizeof(one));
}

void net_loop_stop_gently(struct net_loop *loop)
{
    loop->is_gentle = true;
    net_loop_stop(loop);
}

enum status net_loop_watch(struct net_loop *loop, int fd, void (*callback)(void *self), void *self,
                           struct fault *fault)
{
    struct watch *watch = calloc(1, sizeof(*watch)); /* lives as long as the loop */
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};
    if (!watch) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to watch a descriptor");
    }
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(watch);
        return fault_errno(fault, errno, "cannot watch descriptor %d", fd);
    }
    *watch = (struct watch){{SOURCE_WATCH, fd}, callback, self, loop->watches};
    loop->watches = watch;
    return STATUS_OK;
}

static void start_stopping(struct net_loop *loop)
{
    uint64_t count = 0;
    (void)!read(loop->stop.fd, &count, sizeof(count));
    if (loop->is_stopping) {
        return;
    }
    loop->is_stopping = true;
    loop->stop_by_ms = loop->now_ms + loop->limits.drain_ms;
    for (struct listener *l = loop->listeners; l; l = l->next) {
        listener_close(l);
    }
    for (struct connection *c = loop->connections, *next; c; c = next) {
        next = c->next;
        connection_on_stop(c);
    }
}

static void OWN_FRAME take_event(struct net_loop *loop, const struct epoll_event *event)
{
    struct source *source = event->data.ptr;
    switch (source->kind) {
    case SOURCE_STOP:
        start_stopping(loop);
        break;
    case SOURCE_LISTENER:
        listener_accept((struct listener *)source);
        break;
    case SOURCE_WATCH:
        ((struct watch *)source)->callback(((struct watch *)source)->self);
        break;
    case SOURCE_CONNECTION:
        connection_on_event((struct connection *)source, event->events);
        break;
    }
}

/* Handlers finish exchanges in on_round, which lets pipelined requests in, which want another
 * on_round: until nothing moves. */
static void OWN_FRAME settle(struct net_loop *loop)
{
    bool has_moved = true;
    while (has_moved) {
        has_moved = false;
        for (struct listener *l = loop->listeners; l; l = l->next) {
            if (l->had_requests) {
                l->had_requests = false;
                if (l->handler.on_round) {
                    l->handler.on_round(l->handler.self);
                }
            }
        }
        struct connection *c = loop->ready;
        loop->ready = NULL;
        while (c) {
            struct connection *next = c->next_ready;
            c->is_ready = false;
            connection_advance(c);
            has_moved = true;
            c = next;
        }
    }
}

static int64_t sweep_interval_ms(const struct net_limits *limits)
{
    int64_t every = limits->idle_ms;
    const int64_t others[] = {limits->head_ms,   limits->body_ms,  limits->write_ms,
                              limits->linger_ms, limits->drain_ms, limits->wait_ms};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        every = others[i] < every ? others[i] : every;
    }
    every /= 4;
    every = every < SWEEP_MS_MIN ? SWEEP_MS_MIN : every;
    return every > SWEEP_MS_MAX ? SWEEP_MS_MAX : every;
}

/* Looks at deadlines. A part at a time: those who have something to say do not wait for a look at
 * thousands who have not. */
static void OWN_FRAME sweep(struct net_loop *loop)
{
    if (!loop->sweep_at) {
        loop->sweep_at = loop->connections;
        for (struct listener *l = loop->listeners; l; l = l->next) {
            listener_resume(l);
        }
    }
    for (int i = 0; i < SWEEP_PART && loop->sweep_at; i++) {
        struct connection *c = loop->sweep_at;
        loop->sweep_at = c->next;
        if (c->deadline_ms <= loop->now_ms) {
            connection_on_deadline(c);
        }
    }
    loop->sweep_ms = loop->now_ms + (loop->sweep_at ? 1 : sweep_interval_ms(&loop->limits));
}

/* Nobody buried may stay on the ready list. */
static void close_all(struct net_loop *loop)
{
    while (loop->connections) {
        connection_close(loop->connections);
    }
    settle(loop);
}

void net_loop_when_dry(struct net_loop *loop, void (*callback)(void *self), void *self)
{
    loop->dry_callback = callback;
    loop->dry_self = self;
}

static void OWN_FRAME run_dry(struct net_loop *loop)
{
    void (*callback)(void *self) = loop->dry_callback;
    loop->dry_callback = NULL;
    callback(loop->dry_self);
}

/* What calls left on the stack, further down than this one goes. */
static void OWN_FRAME wipe_stack(void)
{
    char below[STACK_BYTES];
    explicit_bzero(below, sizeof(below));
}

static void wipe_pool(struct buf_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        buf_wipe(&pool->bufs[i]);
    }
}

/* What the last requests left is not to be found in memory for longer than somebody works on some.
 * While there is more to do than that costs, there are newer ones anyway. */
static void OWN_FRAME wipe(struct net_loop *loop)
{
    loop->is_used = false;
    wipe_pool(&loop->spare_bufs);
    wipe_pool(&loop->spare_smalls);
    exchange_wipe_spares(loop);
    body_decoder_destroy(loop->decoder);
    loop->decoder = NULL;
    for (struct listener *l = loop->listeners; l; l = l->next) {
        if (l->handler.on_idle) {
            l->handler.on_idle(l->handler.self);
        }
    }
}

enum status net_loop_turn(struct net_loop *loop, int64_t wait_ms, struct fault *fault)
{
    struct epoll_event events[EVENTS_PER_WAKE];
    bool has_dry = loop->dry_callback != NULL;
    int count = epoll_wait(loop->epoll, events, EVENTS_PER_WAKE, has_dry ? 0 : (int)wait_ms);
    if (count < 0 && errno != EINTR) {
        return fault_errno(fault, errno, "the network loop cannot wait");
    }
    refresh_time(loop);
    if (count == 0 && has_dry) {
        run_dry(loop);
    }
    for (int i = 0; i < count; i++) {
        take_event(loop, &events[i]);
    }
    loop->is_used = loop->is_used || count > 0;
    settle(loop);
    if (loop->now_ms >= loop->sweep_ms) {
        sweep(loop);
        settle(loop);
        if (count == 0 && loop->is_used) {
            wipe(loop);
            wipe_stack();
        }
    }
    if (loop->is_stopping && loop->now_ms >= loop->stop_by_ms) {
        close_all(loop);
    }
    moving_flush(loop);
    bury(loop);
    return STATUS_OK;
}

enum status net_loop_run(struct net_loop *loop, struct fault *fault)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (!loop->is_stopping || loop->connections)) {
        refresh_time(loop);
        int64_t wait_ms = loop->sweep_ms > loop->now_ms ? loop->sweep_ms - loop->now_ms : 0;
        status = net_loop_turn(loop, wait_ms, fault);
    }
    return status;
}
