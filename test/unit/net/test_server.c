#include "net/server.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, ROOM = 256 * 1024 };

#define HOST "Host: a\r\n"

/* A server in a thread, with one handler that answers by path. */
struct fixture {
    struct net_loop *loop;
    pthread_t thread;
    uint16_t port;
    int push; /* eventfd: one event to the open stream */
    int gone; /* eventfd: counts on_gone */
    int held; /* eventfd: counts requests that are never answered */
    struct exchange *waiting[16];
    size_t waiting_count;
    struct exchange *stream;
    bool stream_ends;     /* with the next push */
    struct exchange *dry; /* answered when nothing waits to be read */
    size_t when_dry;      /* requests that had come by then */
    size_t requests;
    char *text; /* what the client has read */
};

static void answer_dry(void *self)
{
    struct fixture *f = self;
    f->when_dry = f->requests;
    exchange_finish(f->dry);
}

static enum net_verdict answer(void *self, struct exchange *x)
{
    struct fixture *f = self;
    const struct http_request *request = exchange_request(x);
    struct http_reply *reply = exchange_reply(x);
    f->requests++;
    if (view_is(request->head->path, "/dry")) {
        f->dry = x;
        net_loop_when_dry(f->loop, answer_dry, f);
        return NET_WAIT;
    }
    if (view_is(request->head->path, "/stream")) {
        f->stream = x;
        f->stream_ends = view_is(request->head->query, "ends");
        return NET_STREAM;
    }
    buf_append_text(&reply->body, "<");
    buf_append_view(&reply->body, request->head->path);
    buf_append_text(&reply->body, "|");
    buf_append_view(&reply->body, request->body);
    buf_append_text(&reply->body, ">");
    if (view_is(request->head->path, "/wait")) {
        f->waiting[f->waiting_count++] = x;
        return NET_WAIT;
    }
    if (view_is(request->head->path, "/never")) {
        (void)!write(f->held, &(uint64_t){1}, 8);
        return NET_WAIT;
    }
    return NET_DONE;
}

static void finish_waiting(void *self)
{
    struct fixture *f = self;
    for (size_t i = 0; i < f->waiting_count; i++) {
        exchange_finish(f->waiting[i]);
    }
    f->waiting_count = 0;
}

static void count_gone(void *self, struct exchange *x)
{
    struct fixture *f = self;
    f->stream = f->stream == x ? NULL : f->stream;
    (void)!write(f->gone, &(uint64_t){1}, 8);
}

static void mark_refused(void *self, struct exchange_refusal *refusal)
{
    (void)self;
    if (refusal->origin.len > 0) {
        http_reply_header(refusal->reply, "Access-Control-Allow-Origin", refusal->origin);
    }
}

static void push_event(void *self)
{
    struct fixture *f = self;
    uint64_t count = 0;
    (void)!read(f->push, &count, sizeof(count));
    if (f->stream) {
        assert_int_equal(exchange_write(f->stream, VIEW_LITERAL("data: 1\n\n")), STATUS_OK);
        char *much = calloc(1, 2 << 20);
        assert_int_equal(exchange_write(f->stream, view_make(much, 2 << 20)), STATUS_FULL);
        free(much);
        if (f->stream_ends) {
            exchange_finish(f->stream);
            f->stream = NULL;
        }
    }
}

static void *run(void *self)
{
    struct fixture *f = self;
    struct fault fault = {0};
    return net_loop_run(f->loop, &fault) == STATUS_OK ? NULL : self;
}

static void start_at(struct fixture *f, const struct net_limits *limits, const char *address)
{
    struct fault fault = {0};
    memset(f, 0, sizeof(*f));
    f->text = malloc(ROOM);
    f->push = eventfd(0, EFD_NONBLOCK);
    f->gone = eventfd(0, EFD_NONBLOCK);
    f->held = eventfd(0, EFD_NONBLOCK);
    f->loop = net_loop_create(limits, &fault);
    assert_non_null(f->loop);
    struct net_handler handler = {.self = f,
                                  .on_request = answer,
                                  .on_round = finish_waiting,
                                  .on_gone = count_gone,
                                  .on_refused = mark_refused};
    assert_int_equal(listener_open(f->loop, address, &handler, &f->port, &fault), STATUS_OK);
    assert_int_equal(net_loop_watch(f->loop, f->push, push_event, f, &fault), STATUS_OK);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

static void start(struct fixture *f, const struct net_limits *limits)
{
    start_at(f, limits, "127.0.0.1:0");
}

static void stop(struct fixture *f)
{
    void *result = NULL;
    net_loop_stop(f->loop);
    pthread_join(f->thread, &result);
    assert_null(result);
    net_loop_destroy(f->loop);
    close(f->push);
    close(f->gone);
    close(f->held);
    free(f->text);
}

static int dial(const struct fixture *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(f->port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void await(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
}

/* Reads until the text holds `last`, or to the end of the connection when that is NULL. */
static const char *hear(struct fixture *f, int fd, const char *last)
{
    size_t len = 0;
    f->text[0] = '\0';
    while (!last || !strstr(f->text, last)) {
        await(fd);
        ssize_t n = recv(fd, f->text + len, ROOM - 1 - len, 0);
        assert_true(n >= 0);
        len += (size_t)n;
        f->text[len] = '\0';
        if (n == 0) {
            assert_null(last);
            break;
        }
    }
    return f->text;
}

static void keeps_a_connection_and_answers_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int fd = dial(&f);
    say(fd, "GET /one HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(hear(&f, fd, "</one|>"), "Connection: keep-alive\r\n"));
    assert_non_null(strstr(f.text, "\r\nDate: "));
    say(fd, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na"
            "POST /two HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nb"
            "POST /wait HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n"
            "GET /end HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    const char *a = strstr(hear(&f, fd, NULL), "</wait|a>");
    assert_non_null(a);
    const char *b = strstr(a, "</two|b>");
    assert_non_null(b);
    const char *c = strstr(b, "</wait|c>");
    assert_non_null(c);
    assert_non_null(strstr(c, "Connection: close\r\n"));
    assert_non_null(strstr(c, "</end|>"));
    close(fd);
    stop(&f);
}

static void calls_back_when_nothing_more_is_to_be_read(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int first = dial(&f);
    int second = dial(&f);
    say(first, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    await(first);
    say(second, "GET /dry HTTP/1.1\r\nHost: x\r\n\r\n");
    await(second); /* nothing else would wake the loop */
    close(first);
    close(second);
    stop(&f);
    assert_int_equal(f.when_dry, 2);
}

static void takes_a_request_byte_by_byte(void **state)
{
    (void)state;
    static const char text[] = "POST /b HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                               "2;x\r\nab\r\n3\r\ncde\r\n0\r\nT: u\r\n\r\n";
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int fd = dial(&f);
    for (int round = 0; round < 2; round++) {
        for (const char *at = text; *at; at++) {
            assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
        }
        hear(&f, fd, "</b|abcde>");
    }
    close(fd);
    stop(&f);
}

static void invites_the_body_when_asked(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int fd = dial(&f);
    say(fd, "POST /x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_string_equal(hear(&f, fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "hi");
    hear(&f, fd, "</x|hi>");
    close(fd);
    stop(&f);
}

static void a_handler_that_never_answers_costs_its_client_a_503(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.wait_ms = 50;
    start(&f, &limits);
    int fd = dial(&f);
    say(fd, "GET /never HTTP/1.1\r\n" HOST "Origin: http://a\r\n\r\n");
    const char *text = hear(&f, fd, NULL);
    assert_true(view_starts_with(view_from_text(text), "HTTP/1.1 503 "));
    assert_non_null(strstr(text, "Retry-After: 5\r\n"));
    assert_non_null(strstr(text, "Access-Control-Allow-Origin: http://a\r\n"));
    uint64_t gone = 0;
    assert_int_equal(read(f.gone, &gone, sizeof(gone)), sizeof(gone));
    assert_int_equal(gone, 1);
    close(fd);
    stop(&f);
}

static void a_head_request_gets_no_body(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int fd = dial(&f);
    say(fd, "HEAD /x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_non_null(strstr(hear(&f, fd, NULL), "Content-Length: 5\r\n"));
    assert_true(view_ends_with(view_from_text(f.text), "\r\n\r\n"));
    close(fd);
    stop(&f);
}

static void refuses_a_large_body_so_that_the_client_sees_it(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "POST /x HTTP/1.1\r\n" HOST "Origin: https://o\r\nContent-Length: 100000\r\n\r\n",
        "POST /x HTTP/1.1\r\n" HOST "Origin: https://o\r\nTransfer-Encoding: chunked\r\n\r\n"
        "186a0\r\n",
    };
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.body_bytes = 1000;
    start(&f, &limits);
    for (size_t i = 0; i < 2; i++) {
        int fd = dial(&f);
        char *much = calloc(1, 100000);
        say(fd, heads[i]);
        assert_int_equal(send(fd, much, 100000, MSG_NOSIGNAL), 100000);
        free(much);
        assert_non_null(strstr(hear(&f, fd, NULL), "HTTP/1.1 413 "));
        assert_non_null(strstr(f.text, "Access-Control-Allow-Origin: https://o\r\n"));
        assert_non_null(strstr(f.text, "{\"error\":\"the request body is too large\"}"));
        close(fd);
    }
    stop(&f);
}

static void half_a_request_ends_without_an_answer(void **state)
{
    (void)state;
    static const char *const halves[] = {"GET /x HT", "POST /x HTTP/1.1\r\n" HOST
                                                      "Content-Length: 9\r\n\r\nabc"};
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    for (size_t i = 0; i < 2; i++) {
        int fd = dial(&f);
        say(fd, halves[i]);
        shutdown(fd, SHUT_WR);
        assert_string_equal(hear(&f, fd, NULL), "");
        close(fd);
    }
    int fd = dial(&f);
    say(fd, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    shutdown(fd, SHUT_WR);
    assert_non_null(strstr(hear(&f, fd, NULL), "</wait|>"));
    close(fd);
    stop(&f);
}

static void slow_senders_are_cut(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.head_ms = 50;
    limits.body_ms = 50;
    limits.idle_ms = 50;
    start(&f, &limits);
    int fd = dial(&f);
    say(fd, "GET / HT");
    assert_non_null(strstr(hear(&f, fd, NULL), "HTTP/1.1 408 "));
    close(fd);
    fd = dial(&f);
    say(fd, "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\na");
    assert_non_null(strstr(hear(&f, fd, NULL), "HTTP/1.1 408 "));
    close(fd);
    fd = dial(&f);
    say(fd, "GET /x HTTP/1.1\r\n" HOST "\r\n");
    assert_null(strstr(hear(&f, fd, NULL), "HTTP/1.1 408 "));
    assert_non_null(strstr(f.text, "</x|>"));
    close(fd);
    stop(&f);
}

static void streams_until_one_side_ends(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int fd = dial(&f);
    say(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    assert_null(strstr(hear(&f, fd, "\r\n\r\n"), "Content-Length"));
    for (int i = 0; i < 3; i++) {
        (void)!write(f.push, &(uint64_t){1}, 8);
        hear(&f, fd, "data: 1\n\n");
    }
    close(fd);
    await(f.gone);
    fd = dial(&f);
    say(fd, "GET /stream?ends HTTP/1.1\r\n" HOST "\r\n");
    hear(&f, fd, "\r\n\r\n");
    (void)!write(f.push, &(uint64_t){1}, 8);
    assert_string_equal(hear(&f, fd, NULL), "data: 1\n\n");
    close(fd);
    stop(&f);
}

static void turns_away_more_connections_than_allowed(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.connections = 1;
    start_at(&f, &limits, "*:0");
    int first = dial(&f);
    say(first, "GET /x HTTP/1.1\r\n" HOST "\r\n");
    hear(&f, first, "</x|>");
    int second = dial(&f);
    assert_non_null(strstr(hear(&f, second, NULL), "HTTP/1.1 503 "));
    assert_non_null(strstr(f.text, "Retry-After: "));
    assert_int_equal(strlen(strstr(f.text, "{\"error")), 40);
    close(first);
    close(second);
    stop(&f);
}

/* Sends the head and half of a large body; the answer that came instead of waiting for more. */
static bool is_shed(struct fixture *f, int fd)
{
    static char half[100 * 1000];
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    memset(half, 'x', sizeof(half));
    say(fd, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
    (void)!send(fd, half, sizeof(half), MSG_NOSIGNAL); /* a reset is an answer, too */
    if (poll(&poll_fd, 1, 100) == 0) {
        return false;
    }
    ssize_t n = recv(fd, f->text, ROOM - 1, 0);
    f->text[n > 0 ? n : 0] = '\0';
    return n <= 0 || strstr(f->text, "HTTP/1.1 503 ") != NULL;
}

static void memory_that_unfinished_requests_hold_is_bounded_and_comes_back(void **state)
{
    (void)state;
    enum { MANY = 12 };
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.memory_bytes = 512 * 1024;
    start(&f, &limits);
    int fds[MANY];
    int shed = 0;
    for (int i = 0; i < MANY; i++) {
        fds[i] = dial(&f);
        shed += is_shed(&f, fds[i]);
    }
    assert_in_range(shed, MANY - 4, MANY - 2);
    for (int i = 0; i < MANY; i++) {
        close(fds[i]);
    }
    bool is_back = false;
    for (int i = 0; i < PATIENCE_MS && !is_back; i++) {
        int fd = dial(&f);
        (void)!send(fd, "GET /x HTTP/1.0\r\n\r\n", 19, MSG_NOSIGNAL);
        ssize_t n = recv(fd, f.text, ROOM - 1, 0);
        f.text[n > 0 ? n : 0] = '\0';
        is_back = strstr(f.text, "</x|>") != NULL;
        close(fd);
        poll(NULL, 0, 1);
    }
    assert_true(is_back);
    stop(&f);
}

static void hundreds_of_heads_that_never_end_leave_room_for_others(void **state)
{
    (void)state;
    enum { MANY = 400 };
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.memory_bytes = 1 << 20; /* 400 whole buffers would be six times that */
    start(&f, &limits);
    int fds[MANY];
    for (int i = 0; i < MANY; i++) {
        fds[i] = dial(&f);
        say(fds[i], "GET /x HTTP/1.1\r\nHo");
    }
    for (int i = 0; i < MANY; i++) {
        say(fds[i], "st: a\r\nX");
    }
    for (int i = 0; i < MANY; i++) {
        say(fds[i], "-Y: b\r\n\r\n");
        hear(&f, fds[i], "</x|>");
        close(fds[i]);
    }
    stop(&f);
}

static void stopping_tells_handlers_that_still_wait(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    limits.drain_ms = 50;
    start(&f, &limits);
    int idle = dial(&f);
    say(idle, "GET /x HTTP/1.1\r\n" HOST "\r\n");
    hear(&f, idle, "</x|>");
    int fd = dial(&f);
    say(fd, "GET /never HTTP/1.1\r\n" HOST "\r\n");
    await(f.held);
    net_loop_stop(f.loop);
    assert_string_equal(hear(&f, idle, NULL), "");
    assert_string_equal(hear(&f, fd, NULL), "");
    await(f.gone);
    close(idle);
    close(fd);
    stop(&f);
}

static void a_gentle_stop_meets_nobody_with_a_closed_connection(void **state)
{
    (void)state;
    struct fixture f;
    struct net_limits limits = net_limits_default();
    start(&f, &limits);
    int idle = dial(&f);
    say(idle, "GET /x HTTP/1.1\r\n" HOST "\r\n");
    hear(&f, idle, "</x|>");
    int fresh = dial(&f); /* taken, and nothing said yet */
    int other = dial(&f);
    say(other, "GET /y HTTP/1.1\r\n" HOST "\r\n");
    hear(&f, other, "</y|>"); /* so the one before was taken, too */
    close(other);
    net_loop_stop_gently(f.loop);
    poll(NULL, 0, 50);
    say(fresh, "GET /first HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(hear(&f, fresh, NULL), "</first|>"));
    assert_non_null(strstr(f.text, "Connection: close"));
    say(idle, "GET /last HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(hear(&f, idle, NULL), "</last|>"));
    close(fresh);
    close(idle);
    stop(&f);
}

static void names_bad_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "127.0.0.1", ":80",   "localhost:80", "127.0.0.1:65536",
        "[::1:80", "::1:80",    "[]:80", "127.0.0.1:"};
    struct fault fault = {0};
    struct net_limits limits = net_limits_default();
    struct net_loop *loop = net_loop_create(&limits, &fault);
    struct net_handler handler = {.on_request = answer};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(listener_open(loop, bad[i], &handler, NULL, &fault), STATUS_BAD_INPUT);
    }
    net_loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_connection_and_answers_in_order),
        cmocka_unit_test(calls_back_when_nothing_more_is_to_be_read),
        cmocka_unit_test(takes_a_request_byte_by_byte),
        cmocka_unit_test(invites_the_body_when_asked),
        cmocka_unit_test(a_handler_that_never_answers_costs_its_client_a_503),
        cmocka_unit_test(a_head_request_gets_no_body),
        cmocka_unit_test(refuses_a_large_body_so_that_the_client_sees_it),
        cmocka_unit_test(half_a_request_ends_without_an_answer),
        cmocka_unit_test(slow_senders_are_cut),
        cmocka_unit_test(streams_until_one_side_ends),
        cmocka_unit_test(turns_away_more_connections_than_allowed),
        cmocka_unit_test(memory_that_unfinished_requests_hold_is_bounded_and_comes_back),
        cmocka_unit_test(hundreds_of_heads_that_never_end_leave_room_for_others),
        cmocka_unit_test(stopping_tells_handlers_that_still_wait),
        cmocka_unit_test(a_gentle_stop_meets_nobody_with_a_closed_connection),
        cmocka_unit_test(names_bad_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
