/* Windows, the number of streams, and how a connection of HTTP/2 ends (RFC 9113, 5.1.2, 5.2, 6.8
 * and 6.9). */
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

enum { CHUNK_BYTES = 16384 };

#define END NGHTTP2_FLAG_END_STREAM

/* Waits where the connection's window is used up. */
static void send_body(struct wire *w, uint32_t stream, size_t len)
{
    char *bytes = calloc(1, CHUNK_BYTES);
    for (size_t sent = 0; sent < len; sent += CHUNK_BYTES) {
        size_t part = len - sent < CHUNK_BYTES ? len - sent : CHUNK_BYTES;
        while (w->sent + part > 65535 + w->window) {
            assert_true(wire_hear(w));
        }
        wire_frame(w, NGHTTP2_DATA, 0, stream, view_make(bytes, part));
    }
    free(bytes);
}

static void end_body(struct wire *w, uint32_t stream)
{
    wire_frame(w, NGHTTP2_DATA, END, stream, VIEW_LITERAL(""));
}

/* 6.9 */
static void the_window_is_given_back_with_every_request(void **state)
{
    (void)state;
    enum { BODY_BYTES = 1000 * 1000, ROUNDS = 5 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_wide(server.port);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        wire_post(w, 2 * i + 1, "/x");
        send_body(w, 2 * i + 1, BODY_BYTES);
        end_body(w, 2 * i + 1);
        const struct wire_stream *s = wire_answer(w, 2 * i + 1);
        assert_int_equal(s->status, 200);
        assert_int_equal(s->body_bytes, BODY_BYTES + 5);
        assert_true(wire_sync(w));
        assert_true(65535 + w->window >= (i + 2) * (size_t)BODY_BYTES);
    }
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.9.1: what no one reads any more was received all the same. */
static void the_window_is_given_back_for_streams_that_were_reset(void **state)
{
    (void)state;
    enum { BODY_BYTES = 500 * 1000, ROUNDS = 8 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        wire_post(w, 2 * i + 1, "/x");
        send_body(w, 2 * i + 1, BODY_BYTES / 2);
        wire_reset(w, 2 * i + 1);
        send_body(w, 2 * i + 1, BODY_BYTES / 2);
        assert_true(wire_sync(w));
    }
    wire_post(w, 101, "/x");
    send_body(w, 101, 1000 * 1000);
    assert_true(wire_sync(w));
    assert_true(65535 + w->window >= ROUNDS * (size_t)BODY_BYTES);
    assert_int_equal(w->goaways, 0);
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.9: padding is given back at once. */
static void padding_uses_up_no_window(void **state)
{
    (void)state;
    enum { FRAMES = 10000, PADDING = 255 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_wide(server.port);
    char padded[2 + PADDING] = {(char)PADDING, 'x'};
    wire_post(w, 1, "/x");
    for (int i = 0; i < FRAMES; i++) {
        wire_frame(w, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, view_make(padded, sizeof(padded)));
    }
    end_body(w, 1);
    assert_int_equal(wire_answer(w, 1)->body_bytes, FRAMES + 5);
    assert_true(w->window > FRAMES * (size_t)PADDING / 2);
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.9.1 */
static void more_than_the_window_ends_the_connection(void **state)
{
    (void)state;
    enum { STREAMS = 6, BODY_BYTES = 90 * 1000 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.body_bytes = 100 * 1000;
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    w->window = 1 << 30; /* believes in more than it was given */
    for (uint32_t i = 0; i < STREAMS; i++) {
        wire_post(w, 2 * i + 1, "/held");
        send_body(w, 2 * i + 1, BODY_BYTES);
        end_body(w, 2 * i + 1);
    }
    assert_int_equal(wire_end(w), NGHTTP2_FLOW_CONTROL_ERROR);
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.9.2 */
static void a_reply_comes_as_the_window_lets_it(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1});
    wire_get(w, 1, "/ab");
    for (size_t i = 1; i <= 5; i++) {
        const struct wire_stream *s = wire_stream(w, 1);
        while (s->body_bytes < i) {
            assert_true(wire_hear(w));
        }
        assert_true(wire_sync(w));
        assert_int_equal(s->body_bytes, i);
        assert_false(s->has_ended);
        wire_window_update(w, 1, 1);
    }
    assert_string_equal(wire_answer(w, 1)->body, "</ab|>");
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.9.1 */
static void the_connections_window_holds_for_all_streams(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_get(w, 1, "/bytes?50000");
    wire_get(w, 3, "/bytes?50000");
    const struct wire_stream *one = wire_stream(w, 1);
    const struct wire_stream *two = wire_stream(w, 3);
    while (one->body_bytes + two->body_bytes < 65535) {
        assert_true(wire_hear(w));
    }
    assert_true(wire_sync(w));
    assert_int_equal(one->body_bytes + two->body_bytes, 65535);
    wire_window_update(w, 0, 100000);
    assert_int_equal(wire_answer(w, 1)->body_bytes, 50000);
    assert_int_equal(wire_answer(w, 3)->body_bytes, 50000);
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.9.2: smaller settings make a window negative. */
static void a_window_may_shrink_below_zero(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000});
    wire_get(w, 1, "/bytes?2000");
    while (wire_stream(w, 1)->body_bytes < 1000) {
        assert_true(wire_hear(w));
    }
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0});
    wire_window_update(w, 1, 1000);
    assert_true(wire_sync(w));
    assert_int_equal(wire_stream(w, 1)->body_bytes, 1000);
    wire_window_update(w, 1, 1000);
    assert_int_equal(wire_answer(w, 1)->body_bytes, 2000);
    wire_close(w);
    http2_server_stop(&server);
}

/* A reply larger than what is gathered at once, to a client that says nothing more. */
static void a_large_reply_comes_without_further_frames(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_wide(server.port);
    wire_get(w, 1, "/bytes?5000000");
    assert_int_equal(wire_answer(w, 1)->body_bytes, 5000000);
    assert_int_equal(wire_answer(w, 1)->length, 5000000);
    wire_close(w);
    http2_server_stop(&server);
}

static void send_large_bodies(struct wire *w, size_t body_bytes)
{
    wire_post(w, 1, "/other");
    wire_head(w, 3, 0,
              ":method: POST\n:scheme: http\n:authority: a\n:path: /x\n"
              "content-length: 1000000000\n");
    assert_int_equal(wire_answer(w, 3)->status, 413);
    wire_post(w, 5, "/x");
    send_body(w, 5, body_bytes + 1);
    assert_int_equal(wire_answer(w, 5)->status, 413);
}

/* 8.1: the answer comes before the body has, and the rest of that need not come. */
static void a_body_too_large_is_refused_while_others_go_on(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.body_bytes = 100 * 1000;
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_wide(server.port);
    send_large_bodies(w, limits.body_bytes);
    while (!wire_stream(w, 3)->is_reset || !wire_stream(w, 5)->is_reset) {
        assert_true(wire_hear(w));
    }
    assert_int_equal(wire_stream(w, 3)->error, NGHTTP2_NO_ERROR);
    assert_int_equal(wire_stream(w, 5)->error, NGHTTP2_NO_ERROR);
    send_body(w, 5, 10 * 1000); /* was under way */
    wire_frame(w, NGHTTP2_DATA, END, 1, VIEW_LITERAL("body"));
    assert_string_equal(wire_answer(w, 1)->body, "</other|body>");
    wire_post(w, 7, "/x");
    send_body(w, 7, limits.body_bytes);
    end_body(w, 7);
    assert_int_equal(wire_answer(w, 7)->status, 200);
    wire_close(w);
    http2_server_stop(&server);
}

/* What was given back in part must not be missing for the next. */
static void a_large_body_follows_smaller_ones(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    static const size_t sizes[] = {400 * 1000, 1 << 20, 100 * 1000, 1 << 20, 500 * 1000, 1 << 20};
    struct wire *w = wire_open_wide(server.port);
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        wire_post(w, 2 * i + 1, "/length");
        send_body(w, 2 * i + 1, sizes[i]);
        end_body(w, 2 * i + 1);
        assert_int_equal(wire_answer(w, 2 * i + 1)->status, 200);
    }
    wire_close(w);
    http2_server_stop(&server);
}

/* Each is as large as allowed; together they are more than the connection's window. None may wait
 * for ever, and who is refused comes through when it tries again. */
static void large_bodies_side_by_side_do_not_wait_for_each_other(void **state)
{
    (void)state;
    enum { STREAMS = 8, PIECES = 10, PIECE_BYTES = 10000 };
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.body_bytes = PIECES * PIECE_BYTES;
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_wide(server.port);
    for (uint32_t stream = 1; stream < 2 * STREAMS; stream += 2) {
        wire_post(w, stream, "/x");
    }
    for (size_t i = 0; i < PIECES * STREAMS; i++) {
        uint32_t stream = (uint32_t)(2 * (i % STREAMS) + 1);
        assert_true(wire_sync(w));
        if (!wire_stream(w, stream)->is_reset) {
            send_body(w, stream, PIECE_BYTES);
        }
    }
    size_t answered = 0;
    for (uint32_t stream = 1; stream < 2 * STREAMS; stream += 2) {
        const struct wire_stream *s = wire_stream(w, stream);
        if (s->is_reset) {
            assert_int_equal(s->error, NGHTTP2_REFUSED_STREAM);
            wire_post(w, 100 + stream, "/again");
            send_body(w, 100 + stream, limits.body_bytes);
            end_body(w, 100 + stream);
            assert_int_equal(wire_answer(w, 100 + stream)->status, 200);
        } else {
            end_body(w, stream);
            assert_int_equal(wire_answer(w, stream)->status, 200);
            answered++;
        }
    }
    assert_true(answered >= 2);
    wire_close(w);
    http2_server_stop(&server);
}

enum { STREAMS_MAX = 100, MORE = 20 };

/* 5.1.2: a client that does not know the maximum yet. */
static void streams_over_the_maximum_are_refused(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open(server.port);
    for (uint32_t i = 0; i < STREAMS_MAX + MORE; i++) {
        wire_get(w, 2 * i + 1, "/held");
    }
    for (uint32_t i = STREAMS_MAX; i < STREAMS_MAX + MORE; i++) {
        assert_int_equal(wire_answer(w, 2 * i + 1)->error, NGHTTP2_REFUSED_STREAM);
    }
    http2_server_release(&server);
    for (uint32_t i = 0; i < STREAMS_MAX; i++) {
        assert_int_equal(wire_answer(w, 2 * i + 1)->status, 200);
    }
    wire_get(w, 2 * (STREAMS_MAX + MORE) + 1, "/x");
    assert_int_equal(wire_answer(w, 2 * (STREAMS_MAX + MORE) + 1)->status, 200);
    assert_int_equal(server.handled, STREAMS_MAX + 1);
    wire_close(w);
    http2_server_stop(&server);
}

/* 5.1.2: who has acknowledged the maximum does it on purpose. */
static void breaking_the_agreed_maximum_ends_the_connection(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    for (uint32_t i = 0; i <= STREAMS_MAX; i++) {
        wire_get(w, 2 * i + 1, "/held");
    }
    assert_int_equal(wire_end(w), NGHTTP2_PROTOCOL_ERROR);
    assert_true(server.handled <= STREAMS_MAX);
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.8 */
static void a_client_that_says_goodbye_gets_its_answers(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_get(w, 1, "/held");
    wire_frame(w, NGHTTP2_GOAWAY, 0, 0, VIEW_LITERAL("\0\0\0\0\0\0\0\0bye"));
    assert_true(wire_sync(w));
    http2_server_release(&server);
    assert_string_equal(wire_answer(w, 1)->body, "</held|>");
    wire_close(w);
    http2_server_stop(&server);
}

static void a_client_that_sends_no_more_gets_its_answers(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_get(w, 1, "/held");
    assert_true(wire_sync(w));
    shutdown(w->fd, SHUT_WR);
    http2_server_release(&server);
    assert_string_equal(wire_answer(w, 1)->body, "</held|>");
    wire_end(w);
    wire_close(w);
    http2_server_stop(&server);
}

/* 6.8 */
static void stopping_finishes_the_streams_that_are_open(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *busy = wire_open_agreed(server.port);
    struct wire *idle = wire_open_agreed(server.port);
    wire_get(busy, 1, "/held");
    wire_get(busy, 3, "/held");
    wire_post(busy, 5, "/x");
    assert_true(wire_sync(busy));
    assert_true(wire_sync(idle));
    http2_server_stop_begin(&server);
    assert_int_equal(wire_end(idle), NGHTTP2_NO_ERROR);
    while (busy->goaways == 0) {
        assert_true(wire_hear(busy));
    }
    assert_int_equal(busy->goaway_error, NGHTTP2_NO_ERROR);
    assert_int_equal(busy->last_stream, 5);
    wire_get(busy, 7, "/late");
    wire_frame(busy, NGHTTP2_DATA, END, 5, VIEW_LITERAL("body"));
    assert_string_equal(wire_answer(busy, 5)->body, "</x|body>");
    http2_server_release(&server);
    assert_string_equal(wire_answer(busy, 1)->body, "</held|>");
    assert_string_equal(wire_answer(busy, 3)->body, "</held|>");
    assert_int_equal(wire_end(busy), NGHTTP2_NO_ERROR);
    assert_int_equal(wire_stream(busy, 7)->status, 0);
    wire_close(busy);
    wire_close(idle);
    http2_server_stop_end(&server);
}

/* 6.8: GOAWAY twice, so that no stream is in between. */
static void stopping_gently_answers_what_begins_before_the_client_may_know(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *idle = wire_open_agreed(server.port);
    struct wire *busy = wire_open_agreed(server.port);
    wire_get(busy, 1, "/held");
    assert_true(wire_sync(busy));
    assert_true(wire_sync(idle));
    http2_server_stop_gently(&server);
    while (busy->goaways == 0 || idle->goaways == 0) {
        assert_true(wire_hear(busy->goaways == 0 ? busy : idle));
    }
    assert_int_equal(idle->last_stream, INT32_MAX);
    assert_int_equal(busy->last_stream, INT32_MAX);
    wire_get(idle, 1, "/late");
    wire_get(busy, 3, "/late");
    assert_string_equal(wire_answer(idle, 1)->body, "</late|>");
    assert_string_equal(wire_answer(busy, 3)->body, "</late|>");
    assert_int_equal(wire_end(idle), NGHTTP2_NO_ERROR);
    assert_int_equal(idle->last_stream, 1);
    while (busy->goaways == 1) {
        assert_true(wire_hear(busy));
    }
    assert_int_equal(busy->last_stream, 3);
    http2_server_release(&server);
    assert_string_equal(wire_answer(busy, 1)->body, "</held|>");
    assert_int_equal(wire_end(busy), NGHTTP2_NO_ERROR);
    wire_close(busy);
    wire_close(idle);
    http2_server_stop_end(&server);
}

/* 5.4.2 */
static void a_reset_tells_the_handler(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_get(w, 1, "/held");
    wire_get(w, 3, "/held");
    wire_reset(w, 1);
    assert_true(wire_sync(w));
    assert_int_equal(server.gone, 1);
    http2_server_release(&server);
    assert_int_equal(wire_answer(w, 3)->status, 200);
    assert_int_equal(wire_stream(w, 1)->status, 0);
    wire_close(w);
    http2_server_stop(&server);
}

static void what_takes_too_long_is_told_so(void **state)
{
    (void)state;
    struct http2_server server;
    struct net_limits limits = net_limits_default();
    limits.body_ms = limits.wait_ms = 100;
    http2_server_start(&server, &limits);
    struct wire *w = wire_open_agreed(server.port);
    wire_get(w, 1, "/never");
    wire_post(w, 3, "/x");
    assert_int_equal(wire_answer(w, 1)->status, 503);
    assert_int_equal(wire_answer(w, 3)->status, 408);
    assert_int_equal(server.gone, 1);
    wire_get(w, 5, "/x");
    assert_int_equal(wire_answer(w, 5)->status, 200);
    wire_close(w);
    http2_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_given_back_with_every_request),
        cmocka_unit_test(the_window_is_given_back_for_streams_that_were_reset),
        cmocka_unit_test(padding_uses_up_no_window),
        cmocka_unit_test(more_than_the_window_ends_the_connection),
        cmocka_unit_test(a_reply_comes_as_the_window_lets_it),
        cmocka_unit_test(the_connections_window_holds_for_all_streams),
        cmocka_unit_test(a_window_may_shrink_below_zero),
        cmocka_unit_test(a_large_reply_comes_without_further_frames),
        cmocka_unit_test(a_body_too_large_is_refused_while_others_go_on),
        cmocka_unit_test(a_large_body_follows_smaller_ones),
        cmocka_unit_test(large_bodies_side_by_side_do_not_wait_for_each_other),
        cmocka_unit_test(streams_over_the_maximum_are_refused),
        cmocka_unit_test(breaking_the_agreed_maximum_ends_the_connection),
        cmocka_unit_test(a_client_that_says_goodbye_gets_its_answers),
        cmocka_unit_test(a_client_that_sends_no_more_gets_its_answers),
        cmocka_unit_test(stopping_finishes_the_streams_that_are_open),
        cmocka_unit_test(stopping_gently_answers_what_begins_before_the_client_may_know),
        cmocka_unit_test(a_reset_tells_the_handler),
        cmocka_unit_test(what_takes_too_long_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
