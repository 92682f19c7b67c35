/*
 * http_chunked.h - decodes a chunked request body as it arrives, strictly (RFC 9112, 7.1).
 *
 *     struct http_chunked chunked;
 *     http_chunked_init(&chunked, 1 << 20);
 *     size_t used = 0;
 *     switch (http_chunked_feed(&chunked, bytes, &used, &body, &refusal)) { ... }
 *
 * Extensions and trailers must be well formed and are skipped, within bounds. Lines end with CR LF
 * and nothing else.
 */
#ifndef PIPES_NET_HTTP_CHUNKED_H
#define PIPES_NET_HTTP_CHUNKED_H

#include "base/buf.h"
#include "net/http_head.h"

enum {
    HTTP_CHUNK_DIGITS_MAX = 8,
    HTTP_CHUNK_EXTENSION_BYTES_MAX = 256, /* of one chunk */
    HTTP_TRAILER_BYTES_MAX = 4 * 1024,
};

/* Zeroed is not enough: http_chunked_init(). Holds no memory. */
struct http_chunked {
    int state;
    uint32_t left;    /* of the chunk's size or data */
    size_t counted;   /* digits, extension or trailer bytes so far */
    size_t body_room; /* bytes the body may still grow */
    bool line_has_bytes;
};

void http_chunked_init(struct http_chunked *chunked, size_t body_ceiling);

/* Takes bytes and appends what they carry to body. *used says how many were taken: all of them
 * when more are needed, up to the end of the body when done. Refused: 400, 413 over the ceiling,
 * 500 when body has no room. */
enum http_progress http_chunked_feed(struct http_chunked *chunked, struct view bytes, size_t *used,
                                     struct buf *body, struct http_refusal *refusal);

#endif
