/*
 * http2_budget.h - inside of the server: what the frames of an HTTP/2 connection may cost.
 *
 *     http2_budget_init(&budget, now_ms);
 *     http2_budget_take(&budget, bytes, now_ms);    as they come, the preface first
 *     http2_budget_give_back(&budget, 1);           it was worth it
 *     if (http2_budget_is_spent(&budget)) { ... the client has to calm down }
 *
 * Frames make work, also those that carry no request (SETTINGS, PING, RST_STREAM, PRIORITY,
 * WINDOW_UPDATE, empty DATA, what nobody knows or waits for): of these a client has so many at
 * once, and so many a second. And a header block, however many frames it comes in, has a ceiling.
 * The frames are counted here and not by callbacks of nghttp2, which keeps quiet about those that
 * it ignores.
 */
#ifndef PIPES_NET_HTTP2_BUDGET_H
#define PIPES_NET_HTTP2_BUDGET_H

#include "base/view.h"

#include <nghttp2/nghttp2.h>

enum {
    HTTP2_FRAME_HEAD_BYTES = 9,
    HTTP2_FRAMES_BURST = 1000,
    HTTP2_FRAMES_A_SECOND = 200,
    HTTP2_BLOCK_BYTES_MAX = 64 * 1024,
};

struct http2_budget {
    int64_t frames; /* left to take */
    int64_t counted_ms;
    size_t block_bytes; /* of the last header block */
    size_t skipped;     /* bytes to come before the next frame */
    size_t head_len;
    uint8_t head[HTTP2_FRAME_HEAD_BYTES]; /* of the next frame, so far */
};

void http2_budget_init(struct http2_budget *budget, int64_t now_ms);
/* Charges the frames that begin in bytes. */
void http2_budget_take(struct http2_budget *budget, struct view bytes, int64_t now_ms);
void http2_budget_spend(struct http2_budget *budget);
void http2_budget_give_back(struct http2_budget *budget, int64_t frames);
bool http2_budget_is_spent(const struct http2_budget *budget);

/* Whether such a frame was charged. */
bool http2_budget_has_charged(const nghttp2_frame_hd *head);

#endif
