#include "net_rig.h"

#include "net/http2.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BODY_BYTES = 2000,
    REPLY_BYTES = 200 * 1000,
    STREAM_BYTES = 4000,
    HEARD_BYTES = 16 << 20,
};

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static enum net_verdict keep(struct exchange **kept, size_t *count, struct exchange *x)
{
    check(*count < NET_RIG_KEPT);
    kept[(*count)++] = x;
    return NET_WAIT;
}

/* FNV-1a; the end of a text counts. */
static void digest(uint64_t *sum, struct view text)
{
    for (size_t i = 0; i <= text.len; i++) {
        *sum = (*sum ^ (i < text.len ? (uint8_t)text.at[i] : 256)) * 1099511628211U;
    }
}

static enum net_verdict answer(void *self, struct exchange *x)
{
    struct net_rig *rig = self;
    const struct http_request *request = exchange_request(x);
    struct http_reply *reply = exchange_reply(x);
    check(request->body.len <= BODY_BYTES);
    digest(&rig->handled, view_from_text(request->peer));
    digest(&rig->handled, request->head->path);
    digest(&rig->handled, request->body);
    buf_append_text(&reply->body, request->peer);
    buf_append_view(&reply->body, request->head->path);
    buf_append_view(&reply->body, request->body);
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("text/plain"));
    switch (rig->is_answered_at_once ? 1 : request->head->path.len % 4) {
    case 0:
        return keep(rig->never, &rig->never_count, x);
    case 1:
        return NET_DONE;
    case 2:
        return keep(rig->waiting, &rig->waiting_count, x);
    default:
        buf_clear(&reply->body);
        keep(rig->waiting, &rig->waiting_count, x);
        return NET_STREAM;
    }
}

/* A stream is open from one round to the next. */
static void finish_waiting(void *self)
{
    struct net_rig *rig = self;
    size_t kept = 0;
    for (size_t i = 0; i < rig->waiting_count; i++) {
        struct exchange *x = rig->waiting[i];
        bool is_begun = exchange_write(x, VIEW_LITERAL("data: 1\n\n")) != STATUS_END;
        if (is_begun && !*exchange_slot(x)) {
            *exchange_slot(x) = rig;
            rig->waiting[kept++] = x;
        } else {
            exchange_finish(x);
        }
    }
    rig->waiting_count = kept;
}

static void forget(struct exchange **kept, size_t *count, const struct exchange *x)
{
    for (size_t i = 0; i < *count; i++) {
        if (kept[i] == x) {
            kept[i] = kept[--*count];
            return;
        }
    }
}

static void forget_gone(void *self, struct exchange *x)
{
    struct net_rig *rig = self;
    forget(rig->waiting, &rig->waiting_count, x);
    forget(rig->never, &rig->never_count, x);
}

struct net_rig *net_rig_create(bool has_proxy_header)
{
    struct net_rig *rig = calloc(1, sizeof(*rig));
    struct net_limits limits = net_limits_default();
    struct fault fault = {0};
    limits.body_bytes = BODY_BYTES;
    limits.reply_bytes = REPLY_BYTES;
    limits.stream_bytes = STREAM_BYTES;
    check(rig != NULL);
    rig->loop = net_loop_create(&limits, &fault);
    buf_init(&rig->heard, HEARD_BYTES);
    struct net_handler handler = {
        .self = rig, .on_request = answer, .on_round = finish_waiting, .on_gone = forget_gone};
    /* Nobody ever comes to this one: connections are opened by hand. */
    struct listener_options options = {.fd = eventfd(0, EFD_CLOEXEC),
                                       .has_proxy_header = has_proxy_header};
    check(rig->loop && listener_add(rig->loop, &options, &handler, &fault) == STATUS_OK);
    return rig;
}

void net_rig_open(struct net_rig *rig)
{
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    rig->fd = pair[0];
    buf_clear(&rig->heard);
    rig->handled = 0;
    connection_open(rig->loop->listeners, pair[1], "192.0.2.1");
    check(rig->loop->connection_count == 1);
}

struct connection *net_rig_connection(const struct net_rig *rig)
{
    return rig->loop->connections;
}

static bool hear(struct net_rig *rig)
{
    char *place = buf_reserve(&rig->heard, READ_BYTES);
    check(place != NULL);
    ssize_t n = recv(rig->fd, place, READ_BYTES, 0);
    if (n > 0) {
        buf_used(&rig->heard, (size_t)n);
    }
    return n > 0;
}

void net_rig_turn(struct net_rig *rig)
{
    struct fault fault = {0};
    bool has_moved = true;
    while (has_moved) {
        check(net_loop_turn(rig->loop, 0, &fault) == STATUS_OK);
        has_moved = false;
        while (hear(rig)) {
            has_moved = true;
        }
    }
}

void net_rig_feed(struct net_rig *rig, struct view bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(rig->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        size_t taken = n > 0 ? (size_t)n : 0;
        bytes = view_part(bytes, taken, bytes.len);
        net_rig_turn(rig);
        if (n <= 0) {
            return;
        }
    }
}

void net_rig_end(struct net_rig *rig)
{
    shutdown(rig->fd, SHUT_WR);
    net_rig_turn(rig);
}

void net_rig_wait_long(struct net_rig *rig)
{
    struct connection *c = rig->loop->connections;
    rig->loop->sweep_ms = 0;
    if (c) {
        c->deadline_ms = 0;
    }
    for (struct exchange *x = c && c->http2 ? c->http2->streams : NULL; x; x = x->next) {
        x->deadline_ms = 0;
    }
    net_rig_turn(rig);
}

void net_rig_close(struct net_rig *rig)
{
    struct fault fault = {0};
    if (rig->loop->connections) {
        connection_close(rig->loop->connections);
    }
    check(net_loop_turn(rig->loop, 0, &fault) == STATUS_OK);
    close(rig->fd);
    check(rig->loop->connection_count == 0 && !rig->loop->dead && !rig->loop->ready);
    check(rig->waiting_count == 0 && rig->never_count == 0);
}
