/*
 * http2.h - inside of the server: HTTP/2 on a connection, taking requests (http2.c) and answering
 * them (http2_reply.c).
 */
#ifndef PIPES_NET_HTTP2_H
#define PIPES_NET_HTTP2_H

#include "net/connection.h"

#include <nghttp2/nghttp2.h>

enum {
    HTTP2_STREAMS_MAX = 100,
    HTTP2_FRAME_BYTES_MAX = 64 * 1024, /* of input that do not end a frame: endless CONTINUATION */
    /* Frames that make work and carry no request (SETTINGS, PING, RST_STREAM, PRIORITY,
     * WINDOW_UPDATE, empty DATA): so many at once, and so many a second. */
    HTTP2_CHEAP_FRAMES_BURST = 1000,
    HTTP2_CHEAP_FRAMES_A_SECOND = 200,
};

struct http2 {
    nghttp2_session *session;
    struct exchange *streams; /* all that are open */
    size_t stream_count;
    uint64_t unended_bytes; /* of input since a frame began or ended */
    int64_t cheap_frames;   /* left to take */
    int64_t cheap_ms;       /* when that was counted */
    bool is_ending;         /* GOAWAY was sent */
};

void http2_set_deadline(struct exchange *x, int64_t limit_ms);
/* error is an NGHTTP2_ code (RFC 9113, 7). */
void http2_reset(struct exchange *x, uint32_t error);

/* For struct protocol. */
void http2_reply(struct exchange *x);
enum status http2_write(struct exchange *x, struct view bytes);
void http2_end_stream(struct exchange *x);

#endif
