/*
 * load.c - the loop. Who has free slots and may not send yet (warm-up, open loop) waits in a ring,
 * the longest waiting first, so that an open loop uses all connections in turn.
 */
#include "load/load.h"

#include "base/clock.h"
#include "load/client.h"
#include "load/pace.h"
#include "load/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 512,
    MILLISECOND_NS = 1000 * 1000,
    SPIN_NS = 100 * 1000, /* a sleep that short ends too late */
    LONGEST_WAIT_NS = 50 * MILLISECOND_NS,
    WARM_UP_AT_ONCE = 64,
    WARM_UP_PATIENCE_S = 60,
};

struct load {
    struct load_options options;
    struct client_shared shared;
    struct client *clients;
    struct client **ring; /* those that wait */
    size_t ring_at;
    size_t ring_count;
    struct pace pace;
    struct tally tally;
    int64_t end_ns;
    uint64_t answers;
    bool is_warming_up;
    unsigned first_error; /* of the warm-up; 0: none */
};

static void on_answer(void *self, struct client *client, const struct client_answer *answer)
{
    struct load *load = self;
    (void)client;
    load->answers++;
    if (!load->is_warming_up) {
        tally_add(&load->tally, answer->status, answer->started_ns, answer->ended_ns);
    } else if (answer->status < 200 || answer->status > 299) {
        load->first_error = answer->status;
    }
}

static void wait_in_ring(struct load *load, struct client *client)
{
    if (!client->is_waiting && client->free_slots > 0) {
        size_t at = (load->ring_at + load->ring_count++) % load->options.connections;
        load->ring[at] = client;
        client->is_waiting = true;
    }
}

static struct client *take_from_ring(struct load *load)
{
    struct client *client = load->ring[load->ring_at];
    load->ring_at = (load->ring_at + 1) % load->options.connections;
    load->ring_count--;
    client->is_waiting = false;
    return client;
}

static enum status open_all(struct load *load, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < load->options.connections && status == STATUS_OK; i++) {
        status = client_open(&load->clients[i], &load->shared, fault);
    }
    return status;
}

static enum status prepare(struct load *load, struct fault *fault)
{
    const struct load_options *options = &load->options;
    struct endpoint_wish wish = {options->is_tls, options->is_http2};
    load->shared.protocol = options->is_http2 ? &client_http2 : &client_http1;
    load->shared.slots = options->is_http2 ? (unsigned)options->streams : 1;
    load->shared.on_answer = on_answer;
    load->shared.self = load;
    load->shared.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load->clients = calloc(options->connections, sizeof(*load->clients));
    load->ring = calloc(options->connections, sizeof(*load->ring));
    if (load->shared.epoll_fd < 0 || !load->clients || !load->ring) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the connections");
    }
    enum status status = endpoint_init(&load->shared.endpoint, options->port, &wish, fault);
    if (status == STATUS_OK) {
        status = payload_init(&load->shared.payload, options->kind, options->port, fault);
    }
    if (status == STATUS_OK) {
        status = tally_init(&load->tally, options->slices, fault);
    }
    return status == STATUS_OK ? open_all(load, fault) : status;
}

enum status load_create(struct load **load, const struct load_options *options, struct fault *fault)
{
    struct load *made = calloc(1, sizeof(*made));
    *load = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a load");
    }
    made->options = *options;
    made->shared.epoll_fd = -1;
    enum status status = prepare(made, fault);
    if (status != STATUS_OK) {
        load_destroy(made);
        *load = NULL;
    }
    return status;
}

void load_destroy(struct load *load)
{
    if (load) {
        for (size_t i = 0; load->clients && i < load->options.connections; i++) {
            client_close(&load->clients[i]);
        }
        free(load->clients);
        free(load->ring);
        payload_free(&load->shared.payload);
        endpoint_free(&load->shared.endpoint);
        tally_free(&load->tally);
        if (load->shared.epoll_fd >= 0) {
            close(load->shared.epoll_fd);
        }
        free(load);
    }
}

/* Its place in the ring, if it has one, stays its own. */
static enum status reopen(struct load *load, struct client *client, struct fault *fault)
{
    bool is_waiting = client->is_waiting;
    load->tally.broken++;
    client_close(client);
    enum status status = client_open(client, &load->shared, fault);
    client->is_waiting = is_waiting;
    return status;
}

/* Sends as much as slots and pace allow; false when the connection is of no use any more. */
static bool send_due(struct load *load, struct client *client, int64_t now_ns)
{
    int64_t started_ns;
    bool is_good = true;
    while (is_good && client->free_slots > 0 && pace_take(&load->pace, now_ns, &started_ns)) {
        is_good = client_send(client, started_ns);
    }
    return is_good;
}

/* In the closed loop a connection goes on at once; otherwise serve_ring() says when. */
static enum status go_on(struct load *load, struct client *client, struct fault *fault)
{
    bool is_closed_loop = !load->is_warming_up && load->options.rate == 0;
    bool is_good = !is_closed_loop || send_due(load, client, client->received_ns);
    if (!is_good || !client_flush(client)) {
        enum status status = reopen(load, client, fault);
        if (status != STATUS_OK || !is_closed_loop) {
            wait_in_ring(load, client);
            return status;
        }
        is_good = send_due(load, client, clock_stopwatch_ns()) && client_flush(client);
        return is_good ? STATUS_OK : fault_set(fault, STATUS_IO, "a new connection broke at once");
    }
    if (!is_closed_loop && !load->is_warming_up) {
        wait_in_ring(load, client);
    }
    return STATUS_OK;
}

static enum status handle(struct load *load, const struct epoll_event *event, struct fault *fault)
{
    struct client *client = event->data.ptr;
    if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP) && !client_receive(client)) {
        client->received_ns = clock_stopwatch_ns();
        enum status status = reopen(load, client, fault);
        return status == STATUS_OK ? go_on(load, client, fault) : status;
    }
    return go_on(load, client, fault);
}

/* A server that has to wake its client pays for that, which one on another machine would not: as
 * long as answers come thick and fast they are polled for. */
static int wait_for_events(struct load *load, struct epoll_event *events, int64_t wait_ns)
{
    int64_t most_ns = wait_ns < LONGEST_WAIT_NS ? wait_ns : LONGEST_WAIT_NS;
    int64_t begin_ns = clock_stopwatch_ns();
    int64_t spin_end_ns = begin_ns + (most_ns < SPIN_NS ? most_ns : SPIN_NS);
    struct timespec timeout = {0};
    int count;
    do {
        count = epoll_pwait2(load->shared.epoll_fd, events, EVENTS_MAX, &timeout, NULL);
    } while (count == 0 && clock_stopwatch_ns() < spin_end_ns);
    if (count == 0 && most_ns > 2 * SPIN_NS) {
        timeout.tv_nsec = most_ns - 2 * SPIN_NS;
        count = epoll_pwait2(load->shared.epoll_fd, events, EVENTS_MAX, &timeout, NULL);
    }
    return count;
}

static enum status turn(struct load *load, int64_t wait_ns, struct fault *fault)
{
    struct epoll_event events[EVENTS_MAX];
    int count = wait_for_events(load, events, wait_ns);
    if (count < 0 && errno != EINTR) {
        return fault_errno(fault, errno, "cannot wait for answers");
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        status = handle(load, &events[i], fault);
    }
    return status;
}

/* One request of the client that waits longest. */
static enum status send_one(struct load *load, int64_t started_ns, struct fault *fault)
{
    struct client *client = take_from_ring(load);
    enum status status = STATUS_OK;
    if (!client_send(client, started_ns) || !client_flush(client)) {
        status = reopen(load, client, fault);
    }
    if (!load->is_warming_up) {
        wait_in_ring(load, client);
    }
    return status;
}

enum status load_warm_up(struct load *load, struct fault *fault)
{
    int64_t end_ns = clock_stopwatch_ns() + WARM_UP_PATIENCE_S * 1000LL * MILLISECOND_NS;
    uint64_t sent = 0;
    enum status status = STATUS_OK;
    load->is_warming_up = true;
    load->answers = 0;
    for (size_t i = 0; i < load->options.connections; i++) {
        wait_in_ring(load, &load->clients[i]);
    }
    while (status == STATUS_OK && load->answers < load->options.connections) {
        while (status == STATUS_OK && load->ring_count > 0 &&
               sent < load->answers + WARM_UP_AT_ONCE) {
            status = send_one(load, clock_stopwatch_ns(), fault);
            sent++;
        }
        if (status == STATUS_OK) {
            status = turn(load, LONGEST_WAIT_NS, fault);
        }
        if (status == STATUS_OK && (load->tally.broken > 0 || clock_stopwatch_ns() > end_ns)) {
            status = fault_set(fault, STATUS_IO, "no answer to the first request of a connection");
        }
    }
    if (status == STATUS_OK && load->first_error) {
        status = fault_set(fault, STATUS_IO, "the server answers %u", load->first_error);
    }
    load->is_warming_up = false;
    return status;
}

static enum status begin(struct load *load, struct fault *fault)
{
    int64_t now_ns = clock_stopwatch_ns();
    enum status status = STATUS_OK;
    load->answers = 0;
    load->end_ns = now_ns + (int64_t)(load->options.seconds * 1e9);
    pace_begin(&load->pace, load->options.rate, now_ns);
    tally_begin(&load->tally, now_ns, load->options.seconds);
    for (size_t i = 0; i < load->options.connections && status == STATUS_OK; i++) {
        load->clients[i].received_ns = now_ns;
        status = go_on(load, &load->clients[i], fault);
    }
    return status;
}

/* Closed loop: nothing is to be done but when an answer comes. */
static enum status serve_ring(struct load *load, int64_t *wait_ns, struct fault *fault)
{
    int64_t now_ns = clock_stopwatch_ns();
    int64_t started_ns;
    enum status status = STATUS_OK;
    *wait_ns = load->end_ns - now_ns;
    while (status == STATUS_OK && load->ring_count > 0 &&
           pace_take(&load->pace, now_ns, &started_ns)) {
        status = send_one(load, started_ns, fault);
    }
    if (load->ring_count > 0) {
        int64_t next_ns = pace_wait_ns(&load->pace, clock_stopwatch_ns());
        *wait_ns = next_ns < *wait_ns ? next_ns : *wait_ns;
    }
    return status;
}

enum status load_run(struct load *load, struct fault *fault)
{
    enum status status = begin(load, fault);
    int64_t wait_ns = 0;
    while (status == STATUS_OK && clock_stopwatch_ns() < load->end_ns) {
        status = serve_ring(load, &wait_ns, fault);
        if (status == STATUS_OK) {
            status = turn(load, wait_ns, fault);
        }
    }
    return status;
}

void load_print(const struct load *load, struct buf *out)
{
    const struct load_options *options = &load->options;
    const struct payload_request *request = &load->shared.payload.requests[0];
    struct tally_work work = {payload_events(&load->shared.payload), payload_body(request).len};
    uint64_t due = pace_due(&load->pace, load->end_ns);
    uint64_t answers = tally_answers(&load->tally);
    buf_append_format(out,
                      "scenario=%c connections=%zu streams=%u seconds=%.3f slices=%zu rate=%llu",
                      "SBTH"[options->kind], options -> connections, load -> shared.slots,
                      options->seconds, options->slices, (unsigned long long)options->rate);
    tally_print(&load->tally, &work, out);
    buf_append_format(out, " unanswered=%llu\n",
                      (unsigned long long)(due > answers ? due - answers : 0));
}
