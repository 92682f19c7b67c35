/*
 * http2.h - inside of the server: HTTP/2 on a connection, taking requests (http2.c, http2_head.c)
 * and answering them (http2_reply.c).
 */
#ifndef PIPES_NET_HTTP2_H
#define PIPES_NET_HTTP2_H

#include "net/connection.h"
#include "net/http2_budget.h"

#include <nghttp2/nghttp2.h>

enum { HTTP2_STREAMS_MAX = 100 };

struct http2 {
    nghttp2_session *session;
    struct exchange *streams; /* all that are open */
    size_t stream_count;
    size_t held_bytes;   /* of bodies */
    int64_t write_by_ms; /* while there is output: when the client must have taken some */
    struct http2_budget budget;
    int64_t last_call_ms; /* told that it is to come again: what begins until then is answered */
    bool is_ending;       /* GOAWAY was sent */
};

void http2_set_deadline(struct exchange *x, int64_t limit_ms);
/* error is an NGHTTP2_ code (RFC 9113, 7). */
void http2_reset(struct exchange *x, uint32_t error);

/* Once all headers are in x->text: takes pseudo-headers out of the list (nghttp2 saw to it that
 * they are there, once each) and fills the rest of the head. False when it is refused. */
bool http2_finish_head(struct exchange *x, struct http_refusal *refusal);

/* For struct protocol. */
void http2_reply(struct exchange *x);
enum status http2_write(struct exchange *x, struct view bytes);
void http2_end_stream(struct exchange *x);

#endif
