#include "base/view.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

static uint64_t eight_at(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

static uint64_t four_at(const char *at)
{
    uint32_t bytes;
    memcpy(&bytes, at, sizeof(bytes));
    return bytes;
}

/* Eight bytes at a time: where they differ, in the bit of small letters only, there are letters. */
static bool are_alike(uint64_t a, uint64_t b)
{
    uint64_t differing = a ^ b;
    if (differing == 0) {
        return true;
    }
    uint64_t small = (a | EACH(0x20)) & EACH(0x7f);
    uint64_t from_a = small + EACH(0x80 - 'a'); /* their highest bits say so */
    uint64_t behind_z = small + EACH(0x80 - 'z' - 1);
    uint64_t letters = from_a & ~behind_z & ~a & EACH(0x80);
    return (differing & ~EACH(0x20)) == 0 && (differing << 2 & ~letters) == 0;
}

/* The last eight, or four, may be among those before: so there is no rest. */
bool view_is_text_ignoring_case(struct view v, const char *text)
{
    if (v.len >= 8) {
        size_t last = v.len - 8;
        bool is_same = are_alike(eight_at(v.at + last), eight_at(text + last));
        for (size_t i = 0; i < last && is_same; i += 8) {
            is_same = are_alike(eight_at(v.at + i), eight_at(text + i));
        }
        return is_same;
    }
    if (v.len >= 4) {
        size_t last = v.len - 4;
        return are_alike(four_at(v.at) << 32 | four_at(v.at + last),
                         four_at(text) << 32 | four_at(text + last));
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

struct view view_trim(struct view v)
{
    while (v.len > 0 && view_is_blank(v.at[0])) {
        v.at++;
        v.len--;
    }
    while (v.len > 0 && view_is_blank(v.at[v.len - 1])) {
        v.len--;
    }
    return v;
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
        /* 19 digits always fit. */
        if (digit > 9 || (i >= 19 && sum > (UINT64_MAX - digit) / 10)) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return v.len > 0;
}

bool view_to_int64(struct view v, int64_t *value)
{
    bool negative = v.len > 0 && v.at[0] == '-';
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

struct view view_of_uint64(uint64_t value, char text[VIEW_INT64_BYTES])
{
    size_t start = VIEW_INT64_BYTES;
    do {
        text[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return view_make(text + start, VIEW_INT64_BYTES - start);
}

struct view view_of_int64(int64_t value, char text[VIEW_INT64_BYTES])
{
    if (value >= 0) {
        return view_of_uint64((uint64_t)value, text);
    }
    /* At most 19 digits: there is room for the sign. */
    struct view digits = view_of_uint64(0 - (uint64_t)value, text);
    text[VIEW_INT64_BYTES - digits.len - 1] = '-';
    return view_make(digits.at - 1, digits.len + 1);
}
