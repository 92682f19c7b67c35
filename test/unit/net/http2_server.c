#include "http2_server.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NARROW_BYTES = 4096 };

static enum net_verdict keep(struct exchange **kept, size_t *count, struct exchange *x)
{
    assert_true(*count < HTTP2_SERVER_KEPT);
    kept[(*count)++] = x;
    return NET_WAIT;
}

static void append_bytes(struct buf *body, uint64_t count)
{
    char *place = buf_reserve(body, count);
    assert_non_null(place);
    memset(place, 'b', count);
    buf_used(body, count);
}

static enum net_verdict answer(void *self, struct exchange *x)
{
    struct http2_server *server = self;
    const struct http_request *request = exchange_request(x);
    struct buf *body = &exchange_reply(x)->body;
    uint64_t count = 0;
    server->handled++;
    if (view_is(request->head->path, "/bytes") && view_to_uint64(request->head->query, &count)) {
        append_bytes(body, count);
        return NET_DONE;
    }
    buf_append_text(body, "<");
    buf_append_view(body, request->head->path);
    buf_append_text(body, "|");
    buf_append_view(body, request->body);
    buf_append_text(body, ">");
    if (view_is(request->head->path, "/wait")) {
        return keep(server->waiting, &server->waiting_count, x);
    }
    if (view_is(request->head->path, "/held")) {
        return keep(server->held, &server->held_count, x);
    }
    return view_is(request->head->path, "/never") ? NET_WAIT : NET_DONE;
}

static void finish_waiting(void *self)
{
    struct http2_server *server = self;
    while (server->waiting_count > 0) {
        exchange_finish(server->waiting[--server->waiting_count]);
    }
}

static void finish_held(void *self)
{
    struct http2_server *server = self;
    uint64_t count = 0;
    (void)!read(server->release, &count, sizeof(count));
    while (server->held_count > 0) {
        exchange_finish(server->held[--server->held_count]);
    }
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

static void count_gone(void *self, struct exchange *x)
{
    struct http2_server *server = self;
    forget(server->waiting, &server->waiting_count, x);
    forget(server->held, &server->held_count, x);
    server->gone++;
}

static void *run(void *self)
{
    struct http2_server *server = self;
    struct fault fault = {0};
    return net_loop_run(server->loop, &fault) == STATUS_OK ? NULL : self;
}

static void start(struct http2_server *server, const struct net_limits *limits, int buffer_bytes)
{
    struct fault fault = {0};
    struct listen_address address;
    struct listener_options options = {.fd = -1};
    memset(server, 0, sizeof(*server));
    server->release = eventfd(0, EFD_NONBLOCK);
    server->loop = net_loop_create(limits, &fault);
    assert_non_null(server->loop);
    struct net_handler handler = {
        .self = server, .on_request = answer, .on_round = finish_waiting, .on_gone = count_gone};
    assert_int_equal(listen_address_parse(&address, VIEW_LITERAL("127.0.0.1:0"), &fault),
                     STATUS_OK);
    assert_int_equal(listener_socket(&address, &options.fd, &server->port, &fault), STATUS_OK);
    if (buffer_bytes > 0) {
        setsockopt(options.fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof(buffer_bytes));
    }
    assert_int_equal(listener_add(server->loop, &options, &handler, &fault), STATUS_OK);
    assert_int_equal(net_loop_watch(server->loop, server->release, finish_held, server, &fault),
                     STATUS_OK);
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
}

void http2_server_start(struct http2_server *server, const struct net_limits *limits)
{
    start(server, limits, 0);
}

void http2_server_start_narrow(struct http2_server *server, const struct net_limits *limits)
{
    start(server, limits, NARROW_BYTES);
}

void http2_server_release(struct http2_server *server)
{
    assert_int_equal(write(server->release, &(uint64_t){1}, 8), 8);
}

void http2_server_stop_begin(struct http2_server *server)
{
    net_loop_stop(server->loop);
}

void http2_server_stop_gently(struct http2_server *server)
{
    net_loop_stop_gently(server->loop);
}

void http2_server_stop_end(struct http2_server *server)
{
    void *result = NULL;
    pthread_join(server->thread, &result);
    assert_null(result);
    net_loop_destroy(server->loop);
    close(server->release);
}

void http2_server_stop(struct http2_server *server)
{
    http2_server_stop_begin(server);
    http2_server_stop_end(server);
}
