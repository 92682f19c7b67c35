#include "base/view.h"

struct view view_from_text(const char *text)
{
    return text ? view_make(text, strlen(text)) : view_make(NULL, 0);
}

bool view_equal(struct view a, struct view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool view_is(struct view v, const char *text)
{
    return view_equal(v, view_from_text(text));
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool view_is_ignoring_case(struct view v, const char *text)
{
    if (strlen(text) != v.len) {
        return false;
    }
    for (size_t i = 0; i < v.len; i++) {
        if (lower(v.at[i]) != lower(text[i])) {
            return false;
        }
    }
    return true;
}

bool view_starts_with(struct view v, const char *text)
{
    return view_equal(view_part(v, 0, strlen(text)), view_from_text(text));
}

bool view_ends_with(struct view v, const char *text)
{
    size_t len = strlen(text);
    return v.len >= len && view_equal(view_part(v, v.len - len, len), view_from_text(text));
}

struct view view_part(struct view v, size_t start, size_t len)
{
    if (start >= v.len) {
        return view_make(NULL, 0);
    }
    size_t left = v.len - start;
    return view_make(v.at + start, len < left ? len : left);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct view view_trim(struct view v)
{
    while (v.len > 0 && is_blank(v.at[0])) {
        v.at++;
        v.len--;
    }
    while (v.len > 0 && is_blank(v.at[v.len - 1])) {
        v.len--;
    }
    return v;
}

size_t view_find(struct view v, char byte)
{
    const char *found = v.len > 0 ? memchr(v.at, byte, v.len) : NULL;
    return found ? (size_t)(found - v.at) : v.len;
}

struct view view_cut(struct view *rest, char separator)
{
    size_t end = view_find(*rest, separator);
    struct view head = view_part(*rest, 0, end);
    *rest = view_part(*rest, end + 1, rest->len);
    return head;
}

bool view_to_uint64(struct view v, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < v.len; i++) {
        unsigned digit = (unsigned)(unsigned char)v.at[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return v.len > 0;
}

bool view_to_int64(struct view v, int64_t *value)
{
    bool negative = view_starts_with(v, "-");
    uint64_t size = 0;
    if (!view_to_uint64(view_part(v, negative ? 1 : 0, v.len), &size)) {
        return false;
    }
    if (size > (uint64_t)INT64_MAX) {
        return false;
    }
    *value = negative ? -(int64_t)size : (int64_t)size;
    return true;
}
