/* Answers of HTTP/2 streams: headers, bodies, and bodies that are still being made. */
#include "net/http2.h"

#include <stdio.h>

enum {
    REPLY_HEADERS_MAX = 48,
    /* What is sent is answered with updates of the windows, so it earns frames for them; not where
     * the client has it sent in crumbs. */
    EARNING_BYTES = 1024,
    EARNED_FRAMES = 2,
};

void http2_set_deadline(struct exchange *x, int64_t limit_ms)
{
    x->deadline_ms = limit_ms == INT64_MAX ? INT64_MAX : x->connection->loop->now_ms + limit_ms;
}

void http2_reset(struct exchange *x, uint32_t error)
{
    nghttp2_submit_rst_stream(x->connection->http2->session, NGHTTP2_FLAG_NONE, x->stream_id,
                              error);
}

/* The reply's body, or what a stream has so far. */
static ssize_t read_reply(nghttp2_session *session, int32_t id, uint8_t *place, size_t room,
                          uint32_t *flags, nghttp2_data_source *source, void *self)
{
    (void)session;
    (void)id;
    (void)self;
    struct exchange *x = source->ptr;
    struct buf *from = &x->reply.body;
    size_t left = from->len - x->sent_bytes;
    size_t len = left < room ? left : room;
    if (len == 0 && x->state == EXCHANGE_STREAM) {
        x->deadline_ms = INT64_MAX; /* it waits for us, not for the client */
        return NGHTTP2_ERR_DEFERRED;
    }
    if (len > 0) {
        memcpy(place, from->at + x->sent_bytes, len);
    }
    x->sent_bytes += len;
    if (len >= EARNING_BYTES) {
        http2_budget_give_back(&x->connection->http2->budget, EARNED_FRAMES);
    }
    http2_set_deadline(x, x->connection->loop->limits.write_ms);
    if (x->state == EXCHANGE_STREAM) {
        buf_consume(from, x->sent_bytes);
        x->sent_bytes = 0;
    } else if (x->sent_bytes == from->len) {
        http2_budget_give_back(&x->connection->http2->budget, EARNED_FRAMES);
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)len;
}

struct reply_headers {
    nghttp2_nv list[REPLY_HEADERS_MAX];
    size_t count;
    char status[4];
    char length[24];
    struct buf names; /* in small letters */
};

static void add_header(struct reply_headers *headers, struct view name, struct view value)
{
    if (headers->count < REPLY_HEADERS_MAX) {
        headers->list[headers->count++] =
            (nghttp2_nv){(uint8_t *)(uintptr_t)name.at, (uint8_t *)(uintptr_t)value.at, name.len,
                         value.len, NGHTTP2_NV_FLAG_NONE};
    }
}

/* The lines that http_reply_header() wrote. The names buffer never grows past its first size. */
static void add_reply_lines(struct reply_headers *headers, const struct http_reply *reply)
{
    struct view rest = buf_view(&reply->headers);
    while (rest.len > 0) {
        struct view value = view_cut(&rest, '\r');
        rest = view_part(rest, 1, rest.len); /* the line feed */
        struct view name = view_cut(&value, ':');
        char *small = buf_reserve(&headers->names, name.len);
        if (!small) {
            return;
        }
        for (size_t i = 0; i < name.len; i++) {
            char byte = name.at[i];
            small[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
        }
        buf_used(&headers->names, name.len);
        add_header(headers, view_make(small, name.len), view_trim(value));
    }
}

void http2_reply(struct exchange *x)
{
    struct connection *c = x->connection;
    struct http_reply *reply = &x->reply;
    bool is_stream = x->state == EXCHANGE_STREAM;
    if (buf_status(&reply->headers) != STATUS_OK || buf_status(&reply->body) != STATUS_OK) {
        http2_reset(x, NGHTTP2_INTERNAL_ERROR);
        connection_mark_ready(c);
        return;
    }
    struct reply_headers headers = {.count = 0};
    buf_init(&headers.names, HTTP_REPLY_HEADERS_BYTES_MAX);
    buf_reserve(&headers.names, reply->headers.len);
    snprintf(headers.status, sizeof(headers.status), "%03u", reply->status % 1000);
    snprintf(headers.length, sizeof(headers.length), "%zu", reply->body.len);
    bool has_no_content = reply->status == 204 || reply->status == 304;
    add_header(&headers, VIEW_LITERAL(":status"), view_from_text(headers.status));
    add_header(&headers, VIEW_LITERAL("date"), view_from_text(c->loop->date));
    if (!is_stream && !has_no_content) {
        add_header(&headers, VIEW_LITERAL("content-length"), view_from_text(headers.length));
    }
    add_reply_lines(&headers, reply);
    bool is_head = x->request.head && x->request.head->method == HTTP_HEAD;
    nghttp2_data_provider body = {.source.ptr = x, .read_callback = read_reply};
    bool has_body = is_stream || (!is_head && !has_no_content && reply->body.len > 0);
    if (nghttp2_submit_response(c->http2->session, x->stream_id, headers.list, headers.count,
                                has_body ? &body : NULL) != 0) {
        http2_reset(x, NGHTTP2_INTERNAL_ERROR);
    }
    buf_free(&headers.names);
    http2_set_deadline(x, c->loop->limits.write_ms);
    connection_mark_ready(c);
}

enum status http2_write(struct exchange *x, struct view bytes)
{
    struct connection *c = x->connection;
    struct buf *body = &x->reply.body;
    size_t ceiling = c->loop->limits.stream_bytes;
    if (bytes.len > ceiling - (body->len < ceiling ? body->len : ceiling)) {
        return STATUS_FULL;
    }
    if (buf_append_view(body, bytes) != STATUS_OK) {
        body->status = STATUS_OK;
        return STATUS_NO_MEMORY;
    }
    if (x->deadline_ms == INT64_MAX) {
        http2_set_deadline(x, c->loop->limits.write_ms);
    }
    nghttp2_session_resume_data(c->http2->session, x->stream_id);
    connection_mark_ready(c);
    return STATUS_OK;
}

void http2_end_stream(struct exchange *x)
{
    x->state = EXCHANGE_REPLIED;
    nghttp2_session_resume_data(x->connection->http2->session, x->stream_id);
    connection_mark_ready(x->connection);
}
