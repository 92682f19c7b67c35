/*
 * http2_wire.h - a client of HTTP/2 that sends whatever a test wants, right or wrong, and keeps
 * account of what comes back.
 *
 *     struct wire *w = wire_open(port);           preface and empty SETTINGS are sent
 *     wire_get(w, 1, "/path");
 *     assert_int_equal(wire_answer(w, 1)->status, 200);
 *     wire_frame(w, NGHTTP2_PING, 0, 1, VIEW_LITERAL("12345678"));
 *     assert_int_equal(wire_end(w), NGHTTP2_PROTOCOL_ERROR);
 *     wire_close(w);
 *
 * Nothing is sent unasked: no acknowledgement, no update of a window. Waiting longer than
 * WIRE_PATIENCE_MS for a frame fails the test.
 */
#ifndef PIPES_TEST_HTTP2_WIRE_H
#define PIPES_TEST_HTTP2_WIRE_H

#include "base/view.h"

#include <nghttp2/nghttp2.h>

enum {
    WIRE_PATIENCE_MS = 20000,
    WIRE_STREAMS = 4096, /* of odd numbers that are accounted for */
    WIRE_BODY_BYTES = 128,
    WIRE_BLOCK_BYTES = 64 * 1024,
    WIRE_FRAME_BYTES = 9 + 16384,
    WIRE_NO_GOAWAY = 0xffff,
};

/* What came back on a stream. */
struct wire_stream {
    unsigned status; /* of the last header block: 100 is followed by another */
    unsigned first_status;
    size_t length; /* content-length */
    size_t body_bytes;
    size_t data_frames;
    size_t window; /* what was given back */
    bool has_ended;
    bool is_reset;
    uint32_t error;             /* of the reset */
    char body[WIRE_BODY_BYTES]; /* its beginning, as text */
};

struct wire {
    int fd;
    uint8_t frame[WIRE_FRAME_BYTES]; /* the last one read */
    nghttp2_hd_inflater *inflater;
    size_t frames;
    uint8_t first_type;
    size_t settings;
    size_t settings_acks;
    uint32_t setting[NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL + 1]; /* by number; 0: not said */
    size_t pongs;
    char pong[8];
    size_t window; /* of the connection: what was given back */
    size_t sent;   /* of it */
    size_t goaways;
    uint32_t goaway_error; /* WIRE_NO_GOAWAY until one comes */
    uint32_t last_stream;
    struct wire_stream stream[WIRE_STREAMS]; /* use wire_stream() */
    char block[WIRE_BLOCK_BYTES];
};

struct wire_settings {
    uint16_t id;
    uint32_t value;
};

/* Connects and sends nothing. */
struct wire *wire_dial(uint16_t port);
/* The same with a small buffer: what is not read waits with the server. */
struct wire *wire_dial_narrow(uint16_t port);
struct wire *wire_open(uint16_t port);
/* The same, and the server's SETTINGS are acknowledged: its windows are those it said. */
struct wire *wire_open_agreed(uint16_t port);
/* The same, and the client's own windows are as large as can be. */
struct wire *wire_open_wide(uint16_t port);
void wire_preface(struct wire *w);
void wire_close(struct wire *w);

/* False when the server does not listen any more. */
bool wire_send(struct wire *w, struct view bytes);
bool wire_frame(struct wire *w, uint8_t type, uint8_t flags, uint32_t stream, struct view payload);
/* The header of a frame that says another length than that of the payload. */
bool wire_frame_of_length(struct wire *w, uint8_t type, uint32_t length, struct view payload);
bool wire_settings(struct wire *w, struct wire_settings one);
bool wire_window_update(struct wire *w, uint32_t stream, uint32_t increment);
bool wire_reset(struct wire *w, uint32_t stream);

/* HPACK literals without indexing, from lines "name: value\n"; in w->block until the next call. */
struct view wire_block(struct wire *w, const char *lines);
/* One HEADERS frame with END_HEADERS. */
bool wire_head(struct wire *w, uint32_t stream, uint8_t flags, const char *lines);
/* A GET without a body, and the head of a POST. */
bool wire_get(struct wire *w, uint32_t stream, const char *path);
bool wire_post(struct wire *w, uint32_t stream, const char *path);

/* Reads one frame into the account; false at the end of the connection. */
bool wire_hear(struct wire *w);
/* Reads what is there, without waiting. */
void wire_hear_all(struct wire *w);
struct wire_stream *wire_stream(struct wire *w, uint32_t stream);
/* Reads until the stream has ended or was reset. */
const struct wire_stream *wire_answer(struct wire *w, uint32_t stream);
/* Reads until the server has taken all that was sent; false when the connection ended first. */
bool wire_sync(struct wire *w);
/* Reads to the end of the connection; the error of the GOAWAY that came. */
uint32_t wire_end(struct wire *w);

#endif
