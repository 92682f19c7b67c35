#include "net/cors.h"

#include "net/http_bytes.h"

enum { ORIGIN_BYTES_MAX = 512 };

/* An origin is short, visible ASCII: what is echoed must not be able to carry anything else. */
static bool is_origin(struct view origin)
{
    return origin.len > 0 && origin.len <= ORIGIN_BYTES_MAX &&
           http_bytes_are(origin, HTTP_BYTE_ORIGIN);
}

/* Browsers send scheme and host in small letters; the person who writes the list may not. */
static bool is_same(struct view a, struct view b)
{
    return a.len == b.len && view_is_text_ignoring_case(a, b.at);
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
    http_reply_lines(reply, "Access-Control-Max-Age: 86400\r\n");
}

bool cors_apply(const struct cors *cors, struct view origin, bool is_preflight,
                struct http_reply *reply)
{
    http_reply_lines(reply, "Vary: Origin\r\n");
    if (origin.len == 0) {
        return true;
    }
    if (!is_origin(origin) || !is_listed(cors, origin)) {
        return false;
    }
    http_reply_header(reply, "Access-Control-Allow-Origin", origin);
    http_reply_lines(reply, "Access-Control-Allow-Credentials: true\r\n"
                            "Access-Control-Expose-Headers: Retry-After\r\n");
    if (is_preflight) {
        add_preflight(cors, reply);
    }
    return true;
}
