#include "base/url.h"

#include "base/hex.h"

struct url_parts url_split(struct view url)
{
    struct url_parts parts = {0};
    struct view rest = url;
    rest = view_cut(&rest, '#');
    size_t scheme = 0;
    while (scheme + 2 < rest.len && memcmp(rest.at + scheme, "://", 3) != 0) {
        scheme++;
    }
    if (scheme == 0 || scheme + 2 >= rest.len || scheme > 16) {
        return parts; /* relative, or something else altogether */
    }
    rest = view_part(rest, scheme + 3, rest.len);
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?') {
        end++;
    }
    struct view authority = view_part(rest, 0, end);
    rest = view_part(rest, end, rest.len);
    size_t user = authority.len;
    while (user > 0 && authority.at[user - 1] != '@') {
        user--;
    }
    parts.host = view_part(authority, user, authority.len);
    size_t bracket = view_find(parts.host, ']');
    size_t port = bracket < parts.host.len ? bracket + 1 : view_find(parts.host, ':');
    parts.host = view_part(parts.host, 0, port);
    size_t question = view_find(rest, '?');
    parts.path = view_part(rest, 0, question);
    parts.query = view_part(rest, question + 1, rest.len);
    if (parts.path.len == 0 && parts.host.len > 0) {
        parts.path = VIEW_LITERAL("/");
    }
    return parts;
}

bool url_next_parameter(struct view *query, struct view *name, struct view *value)
{
    while (query->len > 0) {
        *value = view_cut(query, '&');
        if (value->len > 0) {
            *name = view_cut(value, '=');
            return true;
        }
    }
    return false;
}

bool url_find_parameter(struct view query, const char *name, struct view *value)
{
    struct view found;
    while (url_next_parameter(&query, &found, value)) {
        if (view_is(found, name)) {
            return true;
        }
    }
    return false;
}

struct view url_decode(struct view text, struct arena *arena)
{
    if (view_find(text, '%') == text.len && view_find(text, '+') == text.len) {
        return text;
    }
    char *out = arena_alloc(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        int byte = text.at[i] == '%' && i + 2 < text.len ? hex_pair(text.at + i + 1) : -1;
        if (byte >= 0) {
            out[len++] = (char)byte;
            i += 2;
        } else {
            out[len++] = text.at[i] == '+' ? ' ' : text.at[i];
        }
    }
    return view_make(out, len);
}
