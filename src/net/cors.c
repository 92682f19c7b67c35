#include "net/cors.h"

/* An origin is short, visible ASCII: what is echoed must not be able to carry anything else. */
static bool is_origin(struct view origin)
{
    for (size_t i = 0; i < origin.len; i++) {
        unsigned char byte = (unsigned char)origin.at[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == ',' || byte == '*') {
            return false;
        }
    }
    return origin.len > 0 && origin.len <= 512;
}

/* Browsers send scheme and host in small letters; the person who writes the list may not. */
static bool is_same(struct view a, struct view b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        char x = a.at[i];
        char y = b.at[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x + ('a' - 'A')) : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y + ('a' - 'A')) : y;
        if (x != y) {
            return false;
        }
    }
    return true;
}

static bool is_listed(const struct cors *cors, struct view origin)
{
    for (size_t i = 0; i < cors->origin_count; i++) {
        if (is_same(cors->origins[i], origin)) {
            return true;
        }
    }
    return cors->origin_count == 0;
}

static void add_preflight(const struct cors *cors, struct http_reply *reply)
{
    const char *methods = cors->methods ? cors->methods : "GET, POST, OPTIONS";
    const char *headers =
        cors->headers ? cors->headers : "Content-Type, Content-Encoding, Authorization";
    http_reply_header(reply, "Access-Control-Allow-Methods", view_from_text(methods));
    http_reply_header(reply, "Access-Control-Allow-Headers", view_from_text(headers));
    http_reply_header(reply, "Access-Control-Max-Age", VIEW_LITERAL("86400"));
}

bool cors_apply(const struct cors *cors, struct view origin, bool is_preflight,
                struct http_reply *reply)
{
    http_reply_header(reply, "Vary", VIEW_LITERAL("Origin"));
    if (origin.len == 0) {
        return true;
    }
    if (!is_origin(origin) || !is_listed(cors, origin)) {
        return false;
    }
    http_reply_header(reply, "Access-Control-Allow-Origin", origin);
    http_reply_header(reply, "Access-Control-Allow-Credentials", VIEW_LITERAL("true"));
    http_reply_header(reply, "Access-Control-Expose-Headers", VIEW_LITERAL("Retry-After"));
    if (is_preflight) {
        add_preflight(cors, reply);
    }
    return true;
}
