/* Clients that make work and want nothing done (RFC 9113, 10.5), or do not take what they asked
 * for: each is sent away within bounds, and others are answered meanwhile. */
#include "http2_server.h"
#include "http2_wire.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    ROUND = 100,        /* frames between two looks at what the server says */
    FRAMES_MAX = 6000,  /* after so many it must have said enough */
    FRAMES_LEAST = 500, /* and after so few it need not yet */
};

#define END NGHTTP2_FLAG_END_STREAM
#define END_HEADERS NGHTTP2_FLAG_END_HEADERS

static void assert_others_are_served(const struct http2_server *server)
{
    struct wire *w = wire_open(server->port);
    wire_get(w, 1, "/x");
    assert_int_equal(wire_answer(w, 1)->status, 200);
    wire_close(w);
}

/* Sends until the server ends the connection; returns how many it took. */
static size_t flood(const struct http2_server *server, struct wire *w,
                    void (*send_one)(struct wire *w, uint32_t i))
{
    uint32_t sent = 0;
    bool is_open = true;
    while (is_open && sent < FRAMES_MAX) {
        for (int i = 0; i < ROUND; i++) {
            send_one(w, sent++);
        }
        is_open = wire_sync(w);
        assert_others_are_served(server);
    }
    assert_false(is_open);
    assert_int_equal(w->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    return sent;
}

/* On a connection that already has stream 1, a POST whose body is open. */
static size_t flood_with(void **state, void (*send_one)(struct wire *w, uint32_t i))
{
    const struct http2_server *server = *state;
    struct wire *w = wire_open_wide(server->port);
    wire_post(w, 1, "/x");
    size_t sent = flood(server, w, send_one);
    wire_close(w);
    return sent;
}

static void open_and_reset(struct wire *w, uint32_t i)
{
    wire_get(w, 2 * i + 3, "/never");
    wire_reset(w, 2 * i + 3);
}

/* CVE-2023-44487 */
static void rapid_resets(void **state)
{
    struct http2_server *server = *state;
    size_t before = server->handled;
    flood_with(state, open_and_reset);
    assert_true(server->handled - before <= FRAMES_MAX);
}

/* Of open streams: the server has to have sent its resets. */
static void keep_below_the_maximum(struct wire *w, uint32_t i)
{
    if (i % 50 == 49) {
        (void)wire_sync(w);
    }
}

static void open_and_provoke(struct wire *w, uint32_t i)
{
    wire_get(w, 2 * i + 3, "/never");
    wire_window_update(w, 2 * i + 3, 0x7fffffff);
    keep_below_the_maximum(w, i);
}

static void open_and_contradict(struct wire *w, uint32_t i)
{
    wire_head(w, 2 * i + 3, 0,
              ":method: POST\n:scheme: http\n:authority: a\n:path: /x\ncontent-length: 1\n");
    wire_frame(w, NGHTTP2_DATA, END, 2 * i + 3, VIEW_LITERAL("ab"));
    keep_below_the_maximum(w, i);
}

/* CVE-2025-8671 */
static void resets_that_the_client_provokes(void **state)
{
    flood_with(state, open_and_provoke);
    flood_with(state, open_and_contradict);
}

static void send_settings(struct wire *w, uint32_t i)
{
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, i});
}

static void acknowledge(struct wire *w, uint32_t i)
{
    (void)i;
    wire_frame(w, NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL(""));
}

/* CVE-2019-9515 */
static void settings(void **state)
{
    flood_with(state, send_settings);
    flood_with(state, acknowledge);
}

static void ping(struct wire *w, uint32_t i)
{
    (void)i;
    wire_frame(w, NGHTTP2_PING, 0, 0, VIEW_LITERAL("12345678"));
}

static void ping_back(struct wire *w, uint32_t i)
{
    (void)i;
    wire_frame(w, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, VIEW_LITERAL("12345678"));
}

/* CVE-2019-9512 */
static void pings(void **state)
{
    flood_with(state, ping);
    flood_with(state, ping_back);
}

static void send_nothing(struct wire *w, uint32_t i)
{
    (void)i;
    wire_frame(w, NGHTTP2_DATA, 0, 1, VIEW_LITERAL(""));
}

static void send_padding(struct wire *w, uint32_t i)
{
    (void)i;
    wire_frame(w, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, VIEW_LITERAL("\3\0\0\0"));
}

/* CVE-2019-9518 */
static void empty_data(void **state)
{
    flood_with(state, send_nothing);
    flood_with(state, send_padding);
}

static void update_the_connection(struct wire *w, uint32_t i)
{
    (void)i;
    wire_window_update(w, 0, 1);
}

static void update_a_stream(struct wire *w, uint32_t i)
{
    (void)i;
    wire_window_update(w, 1, 1);
}

static void tiny_window_updates(void **state)
{
    const struct http2_server *server = *state;
    flood_with(state, update_a_stream);
    struct wire *w = wire_open(server->port);
    flood(server, w, update_the_connection);
    wire_close(w);
}

/* Each update lets one byte of a reply go: what is sent like this earns nothing. CVE-2019-9511 */
static void replies_taken_in_crumbs(void **state)
{
    const struct http2_server *server = *state;
    struct wire *w = wire_open(server->port);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0});
    wire_get(w, 1, "/bytes?100000");
    flood(server, w, update_a_stream);
    assert_true(wire_stream(w, 1)->body_bytes < FRAMES_MAX);
    wire_close(w);
}

static void prioritize(struct wire *w, uint32_t i)
{
    wire_frame(w, NGHTTP2_PRIORITY, 0, 2 * (i % 1000) + 5, VIEW_LITERAL("\0\0\0\3\x10"));
}

/* CVE-2019-9513 */
static void priorities(void **state)
{
    flood_with(state, prioritize);
}

static void say_something_unknown(struct wire *w, uint32_t i)
{
    (void)i;
    wire_frame(w, 0x77, 0, 0, VIEW_LITERAL(""));
}

static void unknown_frames(void **state)
{
    flood_with(state, say_something_unknown);
}

static void reset_again(struct wire *w, uint32_t i)
{
    wire_head(w, 1, END, i == 0 ? "trailer: x\n" : "late: x\n");
}

static void headers_on_a_stream_that_is_over(void **state)
{
    const struct http2_server *server = *state;
    struct wire *w = wire_open(server->port);
    wire_post(w, 1, "/x");
    wire_reset(w, 1);
    assert_true(wire_sync(w));
    flood(server, w, reset_again);
    wire_close(w);
}

/* CVE-2024-27316: the block is neither ended nor kept. */
static void an_endless_header_block(void **state)
{
    const struct http2_server *server = *state;
    static const size_t sizes[] = {0, 1, 1000, 16000};
    char *bytes = calloc(1, 16000);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct wire *w = wire_open(server->port);
        struct view part = view_make(bytes, sizes[i]);
        size_t sent = 0;
        wire_frame(w, NGHTTP2_HEADERS, END, 1, wire_block(w, ":method: GET\n"));
        while (sent < FRAMES_MAX && wire_frame(w, NGHTTP2_CONTINUATION, 0, 1, part)) {
            sent++;
        }
        wire_end(w);
        assert_true(w->goaway_error != NGHTTP2_NO_ERROR);
        assert_others_are_served(server);
        wire_close(w);
    }
    free(bytes);
}

/* Much is asked for and nothing is read: the server stops listening, and then waiting. */
static void replies_that_no_one_reads(void **state)
{
    (void)state;
    enum { REQUESTS = 2000 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.write_ms = 300;
    http2_server_start_narrow(&server, &limits);
    struct wire *w = wire_dial_narrow(server.port);
    wire_preface(w);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff});
    wire_window_update(w, 0, 0x7fffffff - 65535);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        wire_get(w, 2 * i + 1, "/bytes?100000");
    }
    assert_others_are_served(&server);
    struct pollfd poll_fd = {.fd = w->fd, .events = POLLRDHUP};
    assert_int_equal(poll(&poll_fd, 1, WIRE_PATIENCE_MS), 1);
    assert_true(server.handled <= 100 + 1);
    wire_close(w);
    http2_server_stop(&server);
}

/* Small talk is no reading: the deadline of what waits to be sent stays. */
static void small_talk_in_place_of_reading(void **state)
{
    (void)state;
    enum { PAUSE_MS = 20, TALK_MAX = 500 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.write_ms = 300;
    http2_server_start_narrow(&server, &limits);
    struct wire *w = wire_dial_narrow(server.port);
    wire_preface(w);
    wire_get(w, 1, "/bytes?60000");
    struct pollfd poll_fd = {.fd = w->fd, .events = POLLRDHUP};
    int talked = 0;
    while (talked < TALK_MAX && poll(&poll_fd, 1, PAUSE_MS) == 0) {
        wire_frame(w, 0x77, 0, 0, VIEW_LITERAL(""));
        talked++;
    }
    assert_true(talked < TALK_MAX);
    assert_others_are_served(&server);
    wire_close(w);
    http2_server_stop(&server);
}

/* The window stays shut: the stream ends at its deadline, the connection goes on. */
static void replies_that_no_one_takes(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.write_ms = 100;
    http2_server_start(&server, &limits);
    struct wire *w = wire_open(server.port);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0});
    for (uint32_t i = 0; i < 100; i++) {
        wire_get(w, 2 * i + 1, "/bytes?1000");
    }
    assert_others_are_served(&server);
    for (uint32_t i = 0; i < 100; i++) {
        const struct wire_stream *s = wire_answer(w, 2 * i + 1);
        assert_int_equal(s->status, 200);
        assert_int_equal(s->body_bytes, 0);
        assert_int_equal(s->error, NGHTTP2_CANCEL);
    }
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535});
    wire_get(w, 1001, "/x");
    assert_string_equal(wire_answer(w, 1001)->body, "</x|>");
    wire_close(w);
    http2_server_stop(&server);
}

/* A handler that answers late harms its own stream only, also while another's reply goes out. */
static void a_late_answer_beside_a_slow_reader(void **state)
{
    (void)state;
    enum { REPLY_BYTES = 400 * 1000, SIP_BYTES = 2000, PAUSE_MS = 5 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.wait_ms = 100;
    limits.write_ms = 5000;
    http2_server_start_narrow(&server, &limits);
    struct wire *w = wire_dial_narrow(server.port);
    wire_preface(w);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff});
    wire_window_update(w, 0, 0x7fffffff - 65535);
    wire_get(w, 1, "/bytes?400000");
    wire_get(w, 3, "/never");
    while (server.gone == 0) {
        struct pollfd none = {.fd = -1};
        assert_true(wire_hear(w));
        poll(&none, 1, PAUSE_MS);
    }
    assert_int_equal(wire_answer(w, 1)->body_bytes, REPLY_BYTES);
    assert_int_equal(wire_answer(w, 3)->status, 503);
    wire_close(w);
    http2_server_stop(&server);
}

static void ordinary_traffic_is_no_flood(void **state)
{
    enum { REQUESTS = 3000 };
    const struct http2_server *server = *state;
    struct wire *w = wire_open_wide(server->port);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        wire_post(w, 2 * i + 1, "/x");
        wire_frame(w, NGHTTP2_DATA, 0, 2 * i + 1, VIEW_LITERAL("a"));
        wire_frame(w, NGHTTP2_DATA, END, 2 * i + 1, VIEW_LITERAL(""));
        assert_string_equal(wire_answer(w, 2 * i + 1)->body, "</x|a>");
        wire_window_update(w, 0, 6);
    }
    wire_close(w);
}

static int start_server(void **state)
{
    struct net_limits limits = net_limits_default();
    struct http2_server *server = malloc(sizeof(*server));
    limits.linger_ms = 100;
    http2_server_start(server, &limits);
    *state = server;
    return 0;
}

static int stop_server(void **state)
{
    http2_server_stop(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rapid_resets),
        cmocka_unit_test(resets_that_the_client_provokes),
        cmocka_unit_test(settings),
        cmocka_unit_test(pings),
        cmocka_unit_test(empty_data),
        cmocka_unit_test(tiny_window_updates),
        cmocka_unit_test(replies_taken_in_crumbs),
        cmocka_unit_test(priorities),
        cmocka_unit_test(unknown_frames),
        cmocka_unit_test(headers_on_a_stream_that_is_over),
        cmocka_unit_test(an_endless_header_block),
        cmocka_unit_test(replies_that_no_one_reads),
        cmocka_unit_test(small_talk_in_place_of_reading),
        cmocka_unit_test(replies_that_no_one_takes),
        cmocka_unit_test(a_late_answer_beside_a_slow_reader),
        cmocka_unit_test(ordinary_traffic_is_no_flood),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
