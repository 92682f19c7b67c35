/* What RFC 9113 asks of a server, frame by frame. One server answers all of these tests: what one
 * connection does wrong must not be felt by the next. */
#include "http2_server.h"
#include "http2_wire.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define GET ":method: GET\n:scheme: http\n:authority: a\n:path: /x\n"
#define POST ":method: POST\n:scheme: http\n:authority: a\n:path: /x\n"
#define END NGHTTP2_FLAG_END_STREAM
#define END_HEADERS NGHTTP2_FLAG_END_HEADERS

static struct wire *open_wire(void **state)
{
    const struct http2_server *server = *state;
    return wire_open(server->port);
}

/* After a stream error: the connection goes on. */
static void assert_serves(struct wire *w, uint32_t stream)
{
    assert_true(wire_get(w, stream, "/alive"));
    assert_int_equal(wire_answer(w, stream)->status, 200);
    assert_string_equal(wire_answer(w, stream)->body, "</alive|>");
    assert_int_equal(w->goaways, 0);
}

static void assert_ends(struct wire *w, uint32_t error)
{
    assert_int_equal(wire_end(w), error);
    wire_close(w);
}

static void assert_reset(struct wire *w, uint32_t stream, uint32_t error)
{
    const struct wire_stream *s = wire_answer(w, stream);
    assert_true(s->is_reset);
    assert_int_equal(s->error, error);
}

/* 3.4 */
static void settings_come_first_and_are_acknowledged(void **state)
{
    struct wire *w = open_wire(state);
    while (w->settings == 0 || w->settings_acks == 0) {
        assert_true(wire_hear(w));
    }
    assert_int_equal(w->first_type, NGHTTP2_SETTINGS);
    assert_int_equal(w->setting[NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS], 100);
    assert_true(w->setting[NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE] >= 1 << 20);
    assert_serves(w, 1);
    wire_close(w);
}

/* 3.4 */
static void a_preface_that_breaks_off_is_no_http2(void **state)
{
    static const struct view wrong[] = {
        VIEW_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\rx"),
        VIEW_LITERAL("PRI * HTTP/2.0\r\n\r\n\r\n\r\n"),
        VIEW_LITERAL("\0\0\0\4\0\0\0\0\0\r\n\r\n"),
    };
    const struct http2_server *server = *state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct wire *w = wire_dial(server->port);
        char status[13] = "";
        assert_true(wire_send(w, wrong[i]));
        assert_int_equal(recv(w->fd, status, 12, MSG_WAITALL), 12);
        assert_true(view_starts_with(view_from_text(status), "HTTP/1.1 400"));
        wire_close(w);
    }
}

/* 3.4 */
static void the_first_frame_must_be_settings(void **state)
{
    const struct http2_server *server = *state;
    struct wire *w = wire_dial(server->port);
    wire_send(w, VIEW_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    wire_get(w, 1, "/x");
    assert_ends(w, NGHTTP2_PROTOCOL_ERROR);
    w = wire_dial(server->port);
    wire_send(w, VIEW_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    wire_frame(w, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, VIEW_LITERAL(""));
    assert_ends(w, NGHTTP2_PROTOCOL_ERROR);
}

/* Frames that end the connection, sent behind a request for stream 1 that has been answered and
 * while the body of stream 3 is still to come. */
struct wrong_frame {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    struct view payload;
    uint32_t error;
};

static void assert_all_end(void **state, const struct wrong_frame *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct wire *w = open_wire(state);
        assert_serves(w, 1);
        wire_post(w, 3, "/x");
        wire_frame(w, list[i].type, list[i].flags, list[i].stream, list[i].payload);
        uint32_t error = wire_end(w);
        if (error != list[i].error) {
            fail_msg("case %zu: error %u instead of %u", i, error, list[i].error);
        }
        wire_close(w);
    }
}

/* 6.5, 6.5.2 */
static void wrong_settings_end_the_connection(void **state)
{
    static const struct wrong_frame list[] = {
        {NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("\0\1\0\0\0"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("\0\1\0\0\0\0\0"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_SETTINGS, 1, 0, VIEW_LITERAL("\0\1\0\0\0\0"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_SETTINGS, 0, 3, VIEW_LITERAL("\0\1\0\0\0\0"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("\0\2\0\0\0\2"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("\0\4\x80\0\0\0"), NGHTTP2_FLOW_CONTROL_ERROR},
        {NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("\0\5\0\0\x3f\xff"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_SETTINGS, 0, 0, VIEW_LITERAL("\0\5\1\0\0\0"), NGHTTP2_PROTOCOL_ERROR},
    };
    assert_all_end(state, list, sizeof(list) / sizeof(list[0]));
}

/* 6.5.2 */
static void unknown_settings_are_ignored(void **state)
{
    struct wire *w = open_wire(state);
    wire_settings(w, (struct wire_settings){0x0a0a, 0xffffffff});
    wire_settings(w, (struct wire_settings){0, 7});
    assert_serves(w, 1);
    while (w->settings_acks < 3) {
        assert_true(wire_hear(w));
    }
    wire_close(w);
}

/* 4.2 */
static void a_frame_over_the_maximum_size_ends_the_connection(void **state)
{
    static const uint8_t types[] = {NGHTTP2_DATA, NGHTTP2_HEADERS, NGHTTP2_SETTINGS, 0x77};
    for (size_t i = 0; i < sizeof(types); i++) {
        struct wire *w = open_wire(state);
        wire_post(w, 1, "/x");
        wire_frame_of_length(w, types[i], 16385, VIEW_LITERAL("begin"));
        assert_ends(w, NGHTTP2_FRAME_SIZE_ERROR);
    }
}

/* 5.1, 5.1.1, 6.1 to 6.10: what stands on a stream it must not stand on. */
static void frames_on_wrong_streams_end_the_connection(void **state)
{
    static const struct wrong_frame list[] = {
        {NGHTTP2_DATA, 0, 0, VIEW_LITERAL("x"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_DATA, 0, 99, VIEW_LITERAL("x"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_DATA, 0, 2, VIEW_LITERAL("x"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_HEADERS, END | END_HEADERS, 0, VIEW_LITERAL("\x82"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_HEADERS, END | END_HEADERS, 4, VIEW_LITERAL("\x82"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_RST_STREAM, 0, 0, VIEW_LITERAL("\0\0\0\0"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_RST_STREAM, 0, 99, VIEW_LITERAL("\0\0\0\0"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_RST_STREAM, 0, 3, VIEW_LITERAL("\0\0\0"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_WINDOW_UPDATE, 0, 99, VIEW_LITERAL("\0\0\0\1"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_WINDOW_UPDATE, 0, 3, VIEW_LITERAL("\0\0\0"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_PING, 0, 3, VIEW_LITERAL("12345678"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_GOAWAY, 0, 3, VIEW_LITERAL("\0\0\0\0\0\0\0\0"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_GOAWAY, 0, 0, VIEW_LITERAL("\0\0\0\0\0\0\0"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_PUSH_PROMISE, END_HEADERS, 3, VIEW_LITERAL("\0\0\0\2"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_PRIORITY, 0, 0, VIEW_LITERAL("\0\0\0\0\1"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_CONTINUATION, END_HEADERS, 3, VIEW_LITERAL("\x82"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_CONTINUATION, END_HEADERS, 0, VIEW_LITERAL("\x82"), NGHTTP2_PROTOCOL_ERROR},
    };
    assert_all_end(state, list, sizeof(list) / sizeof(list[0]));
}

/* 5.1.1. What stands on a closed stream may have been under way when it closed (5.1): it is read,
 * for the header table's sake, and opens nothing. */
static void a_lower_stream_number_opens_nothing(void **state)
{
    struct wire *w = open_wire(state);
    assert_serves(w, 5);
    wire_get(w, 3, "/x");
    assert_true(wire_sync(w));
    assert_serves(w, 7);
    assert_int_equal(wire_stream(w, 3)->status, 0);
    wire_close(w);
}

/* 5.1: half-closed (remote) */
static void nothing_follows_the_end_of_a_stream(void **state)
{
    struct wire *w = open_wire(state);
    wire_get(w, 1, "/never");
    wire_frame(w, NGHTTP2_DATA, 0, 1, VIEW_LITERAL("x"));
    assert_ends(w, NGHTTP2_STREAM_CLOSED);
    w = open_wire(state);
    wire_get(w, 1, "/never");
    wire_head(w, 1, END, "trailer: x\n");
    assert_ends(w, NGHTTP2_STREAM_CLOSED);
}

/* 5.1: closed; what was under way when the server reset the stream is ignored. */
static void what_was_under_way_to_a_closed_stream_does_no_harm(void **state)
{
    struct wire *w = open_wire(state);
    wire_post(w, 1, "/x");
    wire_reset(w, 1);
    wire_window_update(w, 1, 1);
    wire_reset(w, 1);
    assert_serves(w, 3);
    wire_window_update(w, 3, 1);
    wire_reset(w, 3);
    assert_serves(w, 5);
    wire_close(w);
}

/* 6.9 */
static void an_update_of_zero_is_an_error(void **state)
{
    struct wire *w = open_wire(state);
    wire_window_update(w, 0, 0);
    assert_ends(w, NGHTTP2_PROTOCOL_ERROR);
    w = open_wire(state);
    wire_get(w, 1, "/never");
    wire_window_update(w, 1, 0);
    /* A stream error may be treated as one of the connection (5.4.1). */
    assert_ends(w, NGHTTP2_PROTOCOL_ERROR);
}

/* 6.9.1 */
static void a_window_that_overflows_ends_its_stream_or_the_connection(void **state)
{
    struct wire *w = open_wire(state);
    wire_get(w, 1, "/never");
    wire_window_update(w, 1, 0x7fffffff);
    assert_reset(w, 1, NGHTTP2_FLOW_CONTROL_ERROR);
    assert_serves(w, 3);
    wire_window_update(w, 0, 0x7fffffff);
    assert_ends(w, NGHTTP2_FLOW_CONTROL_ERROR);
}

/* 6.9.2 */
static void settings_that_make_a_window_overflow_end_its_stream(void **state)
{
    struct wire *w = open_wire(state);
    wire_get(w, 1, "/never");
    wire_window_update(w, 1, 0x7fffffff - 65535);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65536});
    assert_reset(w, 1, NGHTTP2_FLOW_CONTROL_ERROR);
    assert_serves(w, 3);
    wire_close(w);
}

/* 6.7 */
static void a_ping_is_answered_with_its_own_bytes(void **state)
{
    struct wire *w = open_wire(state);
    wire_frame(w, NGHTTP2_PING, 0, 0, VIEW_LITERAL("\0\1\2\3abcd"));
    wire_frame(w, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, VIEW_LITERAL("mine----"));
    while (w->pongs == 0) {
        assert_true(wire_hear(w));
    }
    assert_memory_equal(w->pong, "\0\1\2\3abcd", 8);
    assert_serves(w, 1);
    assert_int_equal(w->pongs, 1);
    wire_close(w);
}

/* 6.7 */
static void a_ping_of_another_length_ends_the_connection(void **state)
{
    static const struct wrong_frame list[] = {
        {NGHTTP2_PING, 0, 0, VIEW_LITERAL("1234567"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_PING, 0, 0, VIEW_LITERAL("123456789"), NGHTTP2_FRAME_SIZE_ERROR},
        {NGHTTP2_PING, 0, 0, VIEW_LITERAL(""), NGHTTP2_FRAME_SIZE_ERROR},
    };
    assert_all_end(state, list, sizeof(list) / sizeof(list[0]));
}

/* 5.3.2, 6.3 */
static void priorities_are_ignored(void **state)
{
    static const char head[] = "\x80\0\0\0\xff\x82\x86\x84\x41\1a"; /* GET http / on a */
    struct wire *w = open_wire(state);
    wire_frame(w, NGHTTP2_PRIORITY, 0, 7, VIEW_LITERAL("\0\0\0\5\xff"));
    wire_frame(w, NGHTTP2_PRIORITY, 0, 2, VIEW_LITERAL("\x80\0\0\0\0"));
    wire_frame(w, NGHTTP2_HEADERS, END | END_HEADERS | NGHTTP2_FLAG_PRIORITY, 1,
               view_make(head, sizeof(head) - 1));
    assert_string_equal(wire_answer(w, 1)->body, "</|>");
    wire_frame(w, NGHTTP2_PRIORITY, 0, 1, VIEW_LITERAL("\0\0\0\0\1"));
    assert_serves(w, 3);
    wire_close(w);
}

/* 5.3.2: no longer an error; 6.3: a wrong length is one. */
static void a_wrong_priority_harms_its_stream_at_most(void **state)
{
    struct wire *w = open_wire(state);
    wire_frame(w, NGHTTP2_PRIORITY, 0, 9, VIEW_LITERAL("\0\0\0\x9\1"));
    bool is_going_on = wire_sync(w);
    assert_true(is_going_on || w->goaway_error == NGHTTP2_PROTOCOL_ERROR);
    wire_close(w);
    w = open_wire(state);
    wire_frame(w, NGHTTP2_PRIORITY, 0, 9, VIEW_LITERAL("\0\0\0\0"));
    assert_ends(w, NGHTTP2_FRAME_SIZE_ERROR);
}

/* 4.1, 5.5 */
static void unknown_frames_and_flags_are_ignored(void **state)
{
    struct wire *w = open_wire(state);
    wire_frame(w, 0x77, 0xff, 0, VIEW_LITERAL("anything"));
    wire_frame(w, 0x0b, 0, 1, VIEW_LITERAL(""));
    wire_frame(w, NGHTTP2_PING, 0xfe, 0x80000000, VIEW_LITERAL("12345678"));
    wire_post(w, 1, "/x");
    wire_frame(w, 0x77, 1, 1, VIEW_LITERAL("anything"));
    wire_frame(w, NGHTTP2_DATA, END | 0x42, 1, VIEW_LITERAL("ab"));
    assert_string_equal(wire_answer(w, 1)->body, "</x|ab>");
    assert_serves(w, 3);
    wire_close(w);
}

/* 6.10 */
static void a_header_block_may_come_in_pieces(void **state)
{
    struct wire *w = open_wire(state);
    struct view block = wire_block(w, GET);
    wire_frame(w, NGHTTP2_HEADERS, END, 1, view_part(block, 0, 1));
    wire_frame(w, NGHTTP2_CONTINUATION, 0, 1, view_make("", 0));
    wire_frame(w, NGHTTP2_CONTINUATION, 0, 1, view_part(block, 1, 10));
    wire_frame(w, NGHTTP2_CONTINUATION, END_HEADERS, 1, view_part(block, 11, block.len));
    assert_string_equal(wire_answer(w, 1)->body, "</x|>");
    assert_serves(w, 3);
    wire_close(w);
}

/* 4.3, 6.10 */
static void nothing_stands_between_the_pieces_of_a_header_block(void **state)
{
    static const struct wrong_frame list[] = {
        {NGHTTP2_PING, 0, 0, VIEW_LITERAL("12345678"), 0},
        {NGHTTP2_DATA, 0, 1, VIEW_LITERAL("x"), 0},
        {NGHTTP2_HEADERS, END | END_HEADERS, 3, VIEW_LITERAL("\x82"), 0},
        {NGHTTP2_CONTINUATION, END_HEADERS, 3, VIEW_LITERAL("\x82"), 0},
        {0x77, 0, 1, VIEW_LITERAL("x"), 0},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        struct wire *w = open_wire(state);
        wire_frame(w, NGHTTP2_HEADERS, END, 1, view_part(wire_block(w, GET), 0, 10));
        wire_frame(w, list[i].type, list[i].flags, list[i].stream, list[i].payload);
        assert_ends(w, NGHTTP2_PROTOCOL_ERROR);
    }
}

/* 6.1, 6.2 */
static void padding_longer_than_the_frame_ends_the_connection(void **state)
{
    static const struct wrong_frame list[] = {
        {NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 3, VIEW_LITERAL("\2x"), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 3, VIEW_LITERAL(""), NGHTTP2_PROTOCOL_ERROR},
        {NGHTTP2_HEADERS, NGHTTP2_FLAG_PADDED | END | END_HEADERS, 5, VIEW_LITERAL("\5\x82"),
         NGHTTP2_PROTOCOL_ERROR},
    };
    assert_all_end(state, list, sizeof(list) / sizeof(list[0]));
}

/* 8.2.1, 8.2.2, 8.3, 8.3.1 */
static void malformed_requests_cost_their_stream_only(void **state)
{
    static const char *const heads[] = {
        GET "Upper: x\n",
        GET "connection: close\n",
        GET "keep-alive: 5\n",
        GET "proxy-connection: close\n",
        GET "upgrade: h2c\n",
        GET "transfer-encoding: chunked\n",
        GET "te: gzip\n",
        GET "te: trailers, gzip\n",
        GET "a: b\x01\n",
        GET "a b: c\n",
        GET ": empty\n",
        GET ":path: /again\n",
        GET ":method: GET\n",
        GET ":status: 200\n",
        GET ":unknown: x\n",
        GET "content-length: 1\ncontent-length: 2\n",
        GET "content-length: -1\n",
        GET "content-length: 1x\n",
        GET "host: a\n:path: /late\n",
        "x: y\n" GET,
        ":scheme: http\n:authority: a\n:path: /x\n",
        ":method: GET\n:authority: a\n:path: /x\n",
        ":method: GET\n:scheme: http\n:authority: a\n",
        ":method: GET\n:scheme: http\n:authority: a\n:path: \n",
        ":method: GET\n:scheme: http\n:authority: a\n:path: x\n",
        ":method: GET\n:scheme: http\n:authority: a\n:path: *\n",
        ":method: CONNECT\n:authority: a\n:path: /x\n",
        ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: a\n:path: /x\n",
    };
    struct wire *w = open_wire(state);
    wire_post(w, 1, "/other");
    for (uint32_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        wire_head(w, 2 * i + 3, END, heads[i]);
        const struct wire_stream *s = wire_answer(w, 2 * i + 3);
        bool is_refused = s->is_reset ? s->error == NGHTTP2_PROTOCOL_ERROR : s->status == 400;
        if (!is_refused || s->status == 200) {
            fail_msg("taken: %s", heads[i]);
        }
    }
    wire_frame(w, NGHTTP2_DATA, END, 1, VIEW_LITERAL("body"));
    assert_string_equal(wire_answer(w, 1)->body, "</other|body>");
    assert_serves(w, 101);
    wire_close(w);
}

/* 8.2.2, 8.3.1 */
static void headers_that_only_look_odd_are_taken(void **state)
{
    static const char *const heads[] = {
        GET "te: trailers\n",
        GET "cookie: a\ncookie: b\n",
        GET "empty: \n",
        ":path: /x\n:authority: a\n:scheme: https\n:method: GET\n",
        ":method: GET\n:scheme: http\n:path: /x\nhost: a\n",
        GET "content-length: 0\n",
    };
    struct wire *w = open_wire(state);
    for (uint32_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        wire_head(w, 2 * i + 1, END, heads[i]);
        assert_string_equal(wire_answer(w, 2 * i + 1)->body, "</x|>");
    }
    wire_close(w);
}

/* 8.1.1 */
static void a_body_of_another_length_than_said_costs_its_stream(void **state)
{
    struct wire *w = open_wire(state);
    wire_post(w, 1, "/other");
    wire_head(w, 3, 0, POST "content-length: 3\n");
    wire_frame(w, NGHTTP2_DATA, END, 3, VIEW_LITERAL("ab"));
    assert_reset(w, 3, NGHTTP2_PROTOCOL_ERROR);
    wire_head(w, 5, 0, POST "content-length: 3\n");
    wire_frame(w, NGHTTP2_DATA, END, 5, VIEW_LITERAL("abcd"));
    assert_reset(w, 5, NGHTTP2_PROTOCOL_ERROR);
    wire_head(w, 7, END, POST "content-length: 3\n");
    assert_reset(w, 7, NGHTTP2_PROTOCOL_ERROR);
    wire_head(w, 9, 0, POST "content-length: 3\n");
    wire_frame(w, NGHTTP2_DATA, END, 9, VIEW_LITERAL("abc"));
    assert_string_equal(wire_answer(w, 9)->body, "</x|abc>");
    wire_frame(w, NGHTTP2_DATA, END, 1, VIEW_LITERAL("body"));
    assert_string_equal(wire_answer(w, 1)->body, "</other|body>");
    wire_close(w);
}

/* 8.1 */
static void trailers_end_a_body(void **state)
{
    struct wire *w = open_wire(state);
    wire_post(w, 1, "/x");
    wire_frame(w, NGHTTP2_DATA, 0, 1, VIEW_LITERAL("ab"));
    wire_head(w, 1, END, "checksum: 1\n");
    assert_string_equal(wire_answer(w, 1)->body, "</x|ab>");
    wire_close(w);
}

/* 8.1 */
static void trailers_with_pseudo_headers_or_without_an_end_are_refused(void **state)
{
    static const char *const trailers[] = {":path: /y\n", ":status: 200\n", "Upper: x\n"};
    struct wire *w = open_wire(state);
    for (uint32_t i = 0; i < 3; i++) {
        wire_post(w, 2 * i + 1, "/x");
        wire_head(w, 2 * i + 1, END, trailers[i]);
        assert_reset(w, 2 * i + 1, NGHTTP2_PROTOCOL_ERROR);
        assert_int_equal(wire_answer(w, 2 * i + 1)->status, 0);
    }
    wire_post(w, 7, "/x");
    wire_head(w, 7, 0, "checksum: 1\n");
    assert_reset(w, 7, NGHTTP2_PROTOCOL_ERROR);
    assert_serves(w, 9);
    wire_close(w);
}

/* 8.1 */
static void a_body_may_come_in_many_padded_frames(void **state)
{
    struct wire *w = open_wire(state);
    wire_post(w, 1, "/x");
    wire_frame(w, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, VIEW_LITERAL("\3ab\0\0\0"));
    wire_frame(w, NGHTTP2_DATA, 0, 1, VIEW_LITERAL(""));
    wire_frame(w, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, VIEW_LITERAL("\0c"));
    wire_frame(w, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED | END, 1, VIEW_LITERAL("\2\0\0"));
    assert_string_equal(wire_answer(w, 1)->body, "</x|abc>");
    wire_close(w);
}

/* 8.1, 8.6 of RFC 9110 */
static void a_head_request_has_no_body(void **state)
{
    struct wire *w = open_wire(state);
    wire_head(w, 1, END, ":method: HEAD\n:scheme: http\n:authority: a\n:path: /x\n");
    const struct wire_stream *s = wire_answer(w, 1);
    assert_int_equal(s->status, 200);
    assert_int_equal(s->length, 5);
    assert_int_equal(s->data_frames, 0);
    assert_true(s->has_ended);
    wire_close(w);
}

/* 8.1 */
static void a_body_is_invited_when_that_is_asked(void **state)
{
    struct wire *w = open_wire(state);
    wire_head(w, 1, 0, POST "expect: 100-continue\n");
    while (wire_stream(w, 1)->status == 0) {
        assert_true(wire_hear(w));
    }
    assert_int_equal(wire_stream(w, 1)->first_status, 100);
    wire_frame(w, NGHTTP2_DATA, END, 1, VIEW_LITERAL("hi"));
    assert_string_equal(wire_answer(w, 1)->body, "</x|hi>");
    assert_int_equal(wire_answer(w, 1)->status, 200);
    wire_close(w);
}

/* 10.5.1 */
static void a_head_that_is_too_large_costs_its_stream(void **state)
{
    char *lines = calloc(1, 32 * 1024);
    int len = snprintf(lines, 1024, "%s", GET "large: ");
    memset(lines + len, 'l', 20 * 1024);
    struct wire *w = open_wire(state);
    struct view block = wire_block(w, lines);
    wire_frame(w, NGHTTP2_HEADERS, END, 1, view_part(block, 0, 16384));
    wire_frame(w, NGHTTP2_CONTINUATION, END_HEADERS, 1, view_part(block, 16384, block.len));
    assert_int_equal(wire_answer(w, 1)->status, 431);
    len = snprintf(lines, 1024, "%s", GET);
    for (int i = 0; i < 70; i++) {
        len += snprintf(lines + len, 64, "name: %d\n", i);
    }
    wire_head(w, 3, END, lines);
    assert_int_equal(wire_answer(w, 3)->status, 431);
    assert_serves(w, 5);
    wire_close(w);
    free(lines);
}

/* 4.3; RFC 7541, 2.3.3, 4.2, 5.1, 6.3 */
static void broken_header_compression_ends_the_connection(void **state)
{
    static const struct view blocks[] = {
        VIEW_LITERAL("\x80"),                             /* index 0 */
        VIEW_LITERAL("\xbf"),                             /* an entry that is not there */
        VIEW_LITERAL("\x82\x86\x84\x3f\xe2\x1f"),         /* a table size behind a field */
        VIEW_LITERAL("\x3f\xe2\x1f\x82\x86\x84"),         /* a table of 4097 bytes */
        VIEW_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff"), /* an integer without an end */
        VIEW_LITERAL("\x82\x86\x84\x40\x7f"),             /* a name that breaks off */
        VIEW_LITERAL("\x82\x86\x84\x41\x81\xff\xff"),     /* Huffman: padded with too much */
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        struct wire *w = open_wire(state);
        wire_frame(w, NGHTTP2_HEADERS, END | END_HEADERS, 1, blocks[i]);
        assert_ends(w, NGHTTP2_COMPRESSION_ERROR);
    }
}

/* RFC 7541, 4.2: the reply's encoder stays within the table the client allows. */
static void the_client_may_forbid_the_header_table(void **state)
{
    struct wire *w = open_wire(state);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0});
    assert_int_equal(nghttp2_hd_inflate_change_table_size(w->inflater, 0), 0);
    while (w->settings_acks < 2) {
        assert_true(wire_hear(w));
    }
    for (uint32_t i = 0; i < 5; i++) {
        assert_serves(w, 2 * i + 1);
    }
    assert_int_equal(nghttp2_hd_inflate_get_dynamic_table_size(w->inflater), 0);
    wire_settings(w, (struct wire_settings){NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0xffffffff});
    assert_int_equal(nghttp2_hd_inflate_change_table_size(w->inflater, 0xffffffff), 0);
    for (uint32_t i = 5; i < 10; i++) {
        assert_serves(w, 2 * i + 1);
    }
    assert_true(nghttp2_hd_inflate_get_max_dynamic_table_size(w->inflater) <= 4096);
    wire_close(w);
}

static int start_server(void **state)
{
    struct net_limits limits = net_limits_default();
    struct http2_server *server = malloc(sizeof(*server));
    limits.linger_ms = 200;
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
        cmocka_unit_test(settings_come_first_and_are_acknowledged),
        cmocka_unit_test(a_preface_that_breaks_off_is_no_http2),
        cmocka_unit_test(the_first_frame_must_be_settings),
        cmocka_unit_test(wrong_settings_end_the_connection),
        cmocka_unit_test(unknown_settings_are_ignored),
        cmocka_unit_test(a_frame_over_the_maximum_size_ends_the_connection),
        cmocka_unit_test(frames_on_wrong_streams_end_the_connection),
        cmocka_unit_test(a_lower_stream_number_opens_nothing),
        cmocka_unit_test(nothing_follows_the_end_of_a_stream),
        cmocka_unit_test(what_was_under_way_to_a_closed_stream_does_no_harm),
        cmocka_unit_test(an_update_of_zero_is_an_error),
        cmocka_unit_test(a_window_that_overflows_ends_its_stream_or_the_connection),
        cmocka_unit_test(settings_that_make_a_window_overflow_end_its_stream),
        cmocka_unit_test(a_ping_is_answered_with_its_own_bytes),
        cmocka_unit_test(a_ping_of_another_length_ends_the_connection),
        cmocka_unit_test(priorities_are_ignored),
        cmocka_unit_test(a_wrong_priority_harms_its_stream_at_most),
        cmocka_unit_test(unknown_frames_and_flags_are_ignored),
        cmocka_unit_test(a_header_block_may_come_in_pieces),
        cmocka_unit_test(nothing_stands_between_the_pieces_of_a_header_block),
        cmocka_unit_test(padding_longer_than_the_frame_ends_the_connection),
        cmocka_unit_test(malformed_requests_cost_their_stream_only),
        cmocka_unit_test(headers_that_only_look_odd_are_taken),
        cmocka_unit_test(a_body_of_another_length_than_said_costs_its_stream),
        cmocka_unit_test(trailers_end_a_body),
        cmocka_unit_test(trailers_with_pseudo_headers_or_without_an_end_are_refused),
        cmocka_unit_test(a_body_may_come_in_many_padded_frames),
        cmocka_unit_test(a_head_request_has_no_body),
        cmocka_unit_test(a_body_is_invited_when_that_is_asked),
        cmocka_unit_test(a_head_that_is_too_large_costs_its_stream),
        cmocka_unit_test(broken_header_compression_ends_the_connection),
        cmocka_unit_test(the_client_may_forbid_the_header_table),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
