#include "net/http_reply.h"

#include "net/http_scan.h"

#include <stdio.h>

void http_reply_init(struct http_reply *reply, size_t body_ceiling)
{
    reply->status = 200;
    buf_init(&reply->headers, HTTP_REPLY_HEADERS_BYTES_MAX);
    buf_init(&reply->body, body_ceiling);
}

void http_reply_free(struct http_reply *reply)
{
    buf_free(&reply->headers);
    buf_free(&reply->body);
}

void http_reply_clear(struct http_reply *reply)
{
    reply->status = 200;
    buf_clear(&reply->headers);
    buf_clear(&reply->body);
}

static bool is_all_token(struct view v)
{
    return http_token_end(v.at, v.at + v.len) == v.at + v.len;
}

static bool is_all_field(struct view v)
{
    return v.len == 0 || http_field_end(v.at, v.at + v.len) == v.at + v.len;
}

static char *put(char *at, struct view v)
{
    if (v.len > 0) {
        memcpy(at, v.at, v.len);
    }
    return at + v.len;
}

void http_reply_header(struct http_reply *reply, const char *name, struct view value)
{
    struct view token = view_from_text(name);
    bool is_clean = token.len > 0 && is_all_token(token) && is_all_field(value);
    if (!is_clean) {
        reply->headers.status = STATUS_BAD_INPUT;
        return;
    }
    size_t len = token.len + value.len + 4;
    char *at = buf_reserve(&reply->headers, len);
    if (at) {
        at = put(put(at, token), VIEW_LITERAL(": "));
        put(put(at, value), VIEW_LITERAL("\r\n"));
        buf_used(&reply->headers, len);
    }
}

static void append_quoted(struct buf *out, const char *sentence)
{
    buf_append_byte(out, '"');
    for (const char *at = sentence; *at; at++) {
        if (*at == '"' || *at == '\\') {
            buf_append_byte(out, '\\');
        }
        buf_append_byte(out, (unsigned char)*at < 0x20 ? ' ' : *at);
    }
    buf_append_byte(out, '"');
}

void http_reply_error(struct http_reply *reply, unsigned status, const char *sentence)
{
    reply->status = status;
    buf_clear(&reply->body);
    buf_append_text(&reply->body, "{\"error\":");
    append_quoted(&reply->body, sentence);
    buf_append_byte(&reply->body, '}');
    http_reply_lines(reply, "Content-Type: application/json\r\n");
}

static void append_status_line(unsigned status, struct buf *out)
{
    if (status == 200) {
        buf_append_text(out, "HTTP/1.1 200 OK\r\n"); /* as a rule */
        return;
    }
    buf_append_text(out, "HTTP/1.1 ");
    buf_append_uint64(out, status);
    buf_append_byte(out, ' ');
    buf_append_text(out, http_reason(status));
    buf_append_text(out, "\r\n");
}

static void append_frame_headers(const struct http_reply *reply,
                                 const struct http_reply_frame *frame, struct buf *out)
{
    bool has_no_content = reply->status == 204 || reply->status == 304 || reply->status < 200;
    if (frame->date.len > 0) {
        buf_append_text(out, "Date: ");
        buf_append_view(out, frame->date);
        buf_append_text(out, "\r\n");
    }
    if (!frame->is_stream && !has_no_content) {
        buf_append_text(out, "Content-Length: ");
        buf_append_uint64(out, reply->body.len);
        buf_append_text(out, "\r\n");
    }
    if (frame->keep_alive && !frame->is_stream) {
        buf_append_text(out, "Connection: keep-alive\r\n");
    } else {
        buf_append_text(out, "Connection: close\r\n");
    }
    buf_append_view(out, buf_view(&reply->headers));
    buf_append_text(out, "\r\n");
    if (!frame->is_head && !frame->is_stream && !has_no_content) {
        buf_append_view(out, buf_view(&reply->body));
    }
}

void http_reply_retry_after(struct http_reply *reply, int64_t wait_ms)
{
    char seconds[24];
    int len = snprintf(seconds, sizeof(seconds), "%lld", (long long)((wait_ms + 999) / 1000));
    http_reply_header(reply, "Retry-After", view_make(seconds, (size_t)len));
}

enum status http_reply_write(const struct http_reply *reply, const struct http_reply_frame *frame,
                             struct buf *out)
{
    if (buf_status(&reply->headers) != STATUS_OK) {
        return buf_status(&reply->headers);
    }
    if (buf_status(&reply->body) != STATUS_OK) {
        return buf_status(&reply->body);
    }
    size_t start = out->len;
    append_status_line(reply->status, out);
    append_frame_headers(reply, frame, out);
    if (buf_status(out) != STATUS_OK) {
        buf_truncate(out, start);
    }
    return buf_status(out);
}

const char *http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}
