#include "net/http_target.h"

#include "net/http_bytes.h"

static enum http_progress refuse(struct http_refusal *refusal, unsigned status,
                                 const char *sentence)
{
    *refusal = (struct http_refusal){status, sentence};
    return HTTP_REFUSED;
}

static bool has_only_digits(struct view v)
{
    return http_bytes_are(v, HTTP_BYTE_DIGIT);
}

/* RFC 3986, 3.2.2: unreserved, sub-delims but the comma (a list of hosts),
 * percent-encoded; `more` is what the place adds. */
static bool is_host_text(struct view v, const char *more)
{
    for (size_t i = 0; i < v.len; i++) {
        bool is_plain =
            http_byte_is(v.at[i], HTTP_BYTE_HOST) || (v.at[i] != '\0' && strchr(more, v.at[i]));
        bool is_encoded = v.at[i] == '%' && v.len - i > 2 &&
                          http_bytes_are(view_part(v, i + 1, 2), HTTP_BYTE_HEX);
        if (!is_plain && !is_encoded) {
            return false;
        }
    }
    return true;
}

bool http_is_host(struct view v)
{
    size_t plain = http_bytes_run(v, HTTP_BYTE_HOST);
    struct view port = view_part(v, plain + 1, v.len);
    if (plain == v.len || (v.at[plain] == ':' && has_only_digits(port))) {
        return true; /* as a rule */
    }
    if (view_starts_with(v, "[")) {
        size_t end = view_find(v, ']');
        struct view rest = view_part(v, end + 1, v.len);
        if (end < 2 || end == v.len || !is_host_text(view_part(v, 1, end - 1), ":") ||
            (rest.len > 0 && rest.at[0] != ':')) {
            return false;
        }
        port = view_part(rest, 1, rest.len);
    } else {
        port = v;
        if (!is_host_text(view_cut(&port, ':'), "")) {
            return false;
        }
    }
    return has_only_digits(port);
}

/* Absolute form: cuts scheme and authority off; false when they are not proper. */
static bool take_authority(struct view *target, struct view *authority)
{
    size_t start = 0;
    if (view_is_ignoring_case(view_part(*target, 0, 7), "http://")) {
        start = 7;
    } else if (view_is_ignoring_case(view_part(*target, 0, 8), "https://")) {
        start = 8;
    } else {
        return false;
    }
    struct view rest = view_part(*target, start, target->len);
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?') {
        end++;
    }
    *authority = view_part(rest, 0, end);
    *target = view_part(rest, end, rest.len);
    /* An empty host is no http URI (RFC 9110, 4.2.1). */
    return end > 0 && authority->at[0] != ':' && http_is_host(*authority);
}

/* RFC 9110, 9.3.6: its target is a host and a port, and nothing else. There are no tunnels here. */
static enum http_progress refuse_connect(struct view target, struct http_refusal *refusal)
{
    bool has_both = http_is_host(target) && target.at[0] != ':' &&
                    view_find(target, ':') < target.len &&
                    has_only_digits(view_part(target, target.len - 1, 1));
    return has_both ? refuse(refusal, 501, "CONNECT is not known here")
                    : refuse(refusal, 400, "the target of CONNECT must be a host and a port");
}

enum http_progress http_target_parse(struct http_head *head, struct view target,
                                     struct http_refusal *refusal)
{
    if (target.len > HTTP_TARGET_BYTES_MAX) {
        return refuse(refusal, 414, "the request target is longer than 8 kB");
    }
    if (target.len == 0 || !http_bytes_are(target, HTTP_BYTE_TARGET)) {
        return refuse(refusal, 400, "the request target holds bytes that must be encoded");
    }
    if (view_is(head->method_text, "CONNECT")) {
        return refuse_connect(target, refusal);
    }
    if (view_is(target, "*") && head->method == HTTP_OPTIONS) {
        head->path = target;
        return HTTP_DONE;
    }
    if (target.at[0] != '/' && !take_authority(&target, &head->authority)) {
        return refuse(refusal, 400, "the request target must be a path or an http URL");
    }
    head->path = view_cut(&target, '?');
    head->query = target;
    if (head->path.len == 0) {
        head->path = VIEW_LITERAL("/");
    }
    return HTTP_DONE;
}
