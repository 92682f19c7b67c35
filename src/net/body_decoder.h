/*
 * body_decoder.h - undoes the Content-Encoding of a request body (RFC 9110, 8.4).
 *
 * Knows gzip, x-gzip, deflate (zlib or raw), br, zstd and identity, two of them at most.
 *
 *     struct body_decoder *decoder = body_decoder_create(1 << 20);
 *     struct coded_body coded = {http_header_list(head, "content-encoding", &joined), body};
 *     if (body_decoder_is_needed(coded.codings) &&
 *         body_decoder_decode(decoder, coded, &out, &refusal) != HTTP_DONE) { ... }
 *     body_decoder_destroy(decoder);
 *
 * One per thread: it keeps the state of zlib and zstd from call to call, about 200 kB. A body of
 * zstd or brotli may need 8 to 13 MiB more, which are given back after the call.
 */
#ifndef PIPES_NET_BODY_DECODER_H
#define PIPES_NET_BODY_DECODER_H

#include "base/buf.h"
#include "net/http_head.h"

enum {
    BODY_CODINGS_MAX = 2,
    BODY_RATIO_MAX = 200, /* bytes out of one byte in */
    BODY_RATIO_FREE_BYTES = 64 * 1024,
    BODY_WINDOW_LOG_MAX = 23,         /* zstd: 8 MiB, as RFC 9659 has it */
    BODY_BROTLI_BYTES_MAX = 13 << 20, /* a window of 8 MiB while one of 4 is copied to it */
};

struct body_decoder;

/* Both views are borrowed for the call. */
struct coded_body {
    struct view codings; /* the value of Content-Encoding: comma-separated, applied left to right */
    struct view bytes;
};

/* body_ceiling bounds what stands between two codings. NULL when there is no memory. */
struct body_decoder *body_decoder_create(size_t body_ceiling);
/* Accepts NULL. */
void body_decoder_destroy(struct body_decoder *decoder);

/* False when the codings are none or identity only: the body can be used as it is. */
bool body_decoder_is_needed(struct view codings);

/* "gzip" when the body begins as gzip does, else empty. For senders who forget the header: JSON
 * never begins so. */
struct view body_decoder_sniff(struct view bytes);

/* Appends the decoded body to out; its ceiling is the bound. Refused: 415 for other codings, 413
 * over the ceiling or the ratio, 400 when damaged, cut off (an empty body is) or followed by
 * garbage, 500 without memory. out is then as it was, and may be used on. */
enum http_progress body_decoder_decode(struct body_decoder *decoder, struct coded_body coded,
                                       struct buf *out, struct http_refusal *refusal);

#endif
