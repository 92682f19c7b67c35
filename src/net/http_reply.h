/*
 * http_reply.h - one response: filled by a handler, then written out as bytes.
 *
 *     reply->status = 200;
 *     http_reply_header(reply, "Content-Type", VIEW_LITERAL("application/json"));
 *     buf_append_text(&reply->body, "{}");
 *
 * Date, Content-Length and Connection are the writer's business: never add them as headers.
 */
#ifndef PIPES_NET_HTTP_REPLY_H
#define PIPES_NET_HTTP_REPLY_H

#include "base/buf.h"

enum { HTTP_REPLY_HEADERS_BYTES_MAX = 16 * 1024 };

struct http_reply {
    unsigned status;    /* 200 from init and clear */
    struct buf headers; /* whole lines; add with http_reply_header() */
    struct buf body;
};

/* How it is to be written. */
struct http_reply_frame {
    struct view date; /* "Sun, 06 Nov 1994 08:49:37 GMT"; no Date line when empty */
    bool is_head;     /* answers a HEAD request: all headers, no body */
    bool is_stream;   /* head only; the body follows and ends with the connection */
    bool keep_alive;
};

void http_reply_init(struct http_reply *reply, size_t body_ceiling);
void http_reply_free(struct http_reply *reply);
void http_reply_clear(struct http_reply *reply);

/* Adds a line. A name that is no token, or control characters in the value, add nothing and mark
 * the headers failed: http_reply_write() then refuses. */
void http_reply_header(struct http_reply *reply, const char *name, struct view value);

/* Adds whole lines that the program itself is made of, like "Vary: Origin\r\n". Nothing of them is
 * checked: what comes from outside goes through http_reply_header(). */
static inline void http_reply_lines(struct http_reply *reply, const char *lines)
{
    buf_append_text(&reply->headers, lines);
}

/* Replaces status and body by a small JSON object with one sentence; headers stay. */
void http_reply_error(struct http_reply *reply, unsigned status, const char *sentence);

/* Adds Retry-After: when asking again makes sense, rounded up to whole seconds (RFC 9110,
 * 10.2.3). */
void http_reply_retry_after(struct http_reply *reply, int64_t wait_ms);

/* Appends the response to out. Fails when an append to headers or body failed before, or out is
 * full; out is then as it was (but marked failed if it was out that failed). */
enum status http_reply_write(const struct http_reply *reply, const struct http_reply_frame *frame,
                             struct buf *out) MUST_CHECK;

/* "Not Found"; "Unknown" for codes without a name here. */
const char *http_reason(unsigned status);

#endif
