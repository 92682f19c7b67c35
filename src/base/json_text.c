#include "base/json.h"

#include "base/json_node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CODE_REPLACEMENT = 0xFFFD,
    /* More digits cannot change how a double is rounded, but for being zero or not. */
    DIGITS_MAX = 780,
    SHORT_NUMBER_BYTES = 64,
    SHORT_WHOLE_BYTES = 18,
};

static size_t encode(int code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Resolves the \uXXXX (or the pair) at *p and moves behind it. */
static size_t decode_unit(const char **p, const char *end, char out[4])
{
    int unit = json_unit(*p, end);
    *p += 6;
    if (json_is_high(unit)) {
        int low = json_unit(*p, end);
        if (json_is_low(low)) {
            *p += 6;
            return encode(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out);
        }
    }
    bool is_lone = json_is_high(unit) || json_is_low(unit);
    return encode(is_lone ? CODE_REPLACEMENT : unit, out);
}

/* Resolves the escape at *p, known to be valid, and moves behind it. */
static size_t decode_escape(const char **p, const char *end, char out[4])
{
    char letter = (*p)[1];
    if (letter == 'u') {
        return decode_unit(p, end, out);
    }
    *p += 2;
    switch (letter) {
    case 'b':
        out[0] = '\b';
        break;
    case 'f':
        out[0] = '\f';
        break;
    case 'n':
        out[0] = '\n';
        break;
    case 'r':
        out[0] = '\r';
        break;
    case 't':
        out[0] = '\t';
        break;
    default:
        out[0] = letter;
    }
    return 1;
}

/* out has room for the escaped text: an escape is never shorter than what it stands for. */
static size_t decode(struct view escaped, char *out)
{
    const char *p = escaped.at;
    const char *end = p + escaped.len;
    char *to = out;
    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        char bytes[4];
        size_t len = decode_escape(&p, end, bytes);
        memcpy(to, bytes, len);
        to += len;
    }
    return (size_t)(to - out);
}

enum status json_text(const struct json *doc, json_value value, struct arena *arena,
                      struct view *text)
{
    *text = view_make(NULL, 0);
    if (json_kind(doc, value) != JSON_STRING) {
        return STATUS_BAD_INPUT;
    }
    struct view inside = json_inside(doc, value);
    if (!(doc->nodes[value].flags & JSON_NODE_HAS_ESCAPE)) {
        *text = inside;
        return STATUS_OK;
    }
    char *copy = arena_alloc(arena, inside.len);
    if (!copy) {
        return STATUS_NO_MEMORY;
    }
    *text = view_make(copy, decode(inside, copy));
    return STATUS_OK;
}

static bool decodes_to(struct view escaped, struct view text)
{
    const char *p = escaped.at;
    const char *end = p + escaped.len;
    size_t used = 0;
    while (p < end) {
        char bytes[4] = {*p};
        size_t len = 1;
        if (*p == '\\') {
            len = decode_escape(&p, end, bytes);
        } else {
            ++p;
        }
        if (text.len - used < len || memcmp(text.at + used, bytes, len) != 0) {
            return false;
        }
        used += len;
    }
    return used == text.len;
}

bool json_text_is(const struct json *doc, json_value value, struct view text)
{
    if (json_kind(doc, value) != JSON_STRING) {
        return false;
    }
    struct view inside = json_inside(doc, value);
    if (doc->nodes[value].flags & JSON_NODE_HAS_ESCAPE) {
        return decodes_to(inside, text);
    }
    return view_equal(inside, text);
}

/* No sign, no fraction, and few enough digits that nothing can overflow; as nearly all are. */
static bool is_short_whole(struct view raw, int64_t *number)
{
    int64_t sum = 0;
    for (size_t i = 0; i < raw.len; ++i) {
        unsigned digit = (unsigned)(unsigned char)raw.at[i] - '0';
        if (digit > 9) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

/* A number taken apart: the value is 0.DIGITS * 10^point, where digits may hold a '.'. */
struct decimal {
    struct view digits;
    int64_t point;
    bool is_negative;
};

/* Bounded, so that a long exponent cannot overflow: texts are shorter than 2^28 bytes. */
static int64_t read_exponent(struct view v)
{
    bool is_negative = v.len > 0 && v.at[0] == '-';
    int64_t exponent = 0;
    for (size_t i = 0; i < v.len; ++i) {
        if (v.at[i] >= '0' && v.at[i] <= '9' && exponent < INT64_C(1) << 40) {
            exponent = exponent * 10 + (v.at[i] - '0');
        }
    }
    return is_negative ? -exponent : exponent;
}

static struct decimal take_apart(struct view number)
{
    struct decimal d = {.is_negative = number.at[0] == '-'};
    struct view left = view_part(number, d.is_negative, number.len);
    size_t len = 0;
    while (len < left.len && (left.at[len] | 0x20) != 'e') {
        ++len;
    }
    d.digits = view_part(left, 0, len);
    d.point = (int64_t)view_find(d.digits, '.');
    if (len < left.len) {
        d.point += read_exponent(view_part(left, len + 1, left.len));
    }
    return d;
}

static bool times_ten_plus(uint64_t *sum, unsigned digit)
{
    return !__builtin_mul_overflow(*sum, UINT64_C(10), sum) &&
           !__builtin_add_overflow(*sum, digit, sum);
}

/* The magnitude; false when it is not whole or does not fit. */
static bool whole(const struct decimal *d, uint64_t *sum)
{
    int64_t place = 0;
    *sum = 0;
    for (size_t i = 0; i < d->digits.len; ++i) {
        if (d->digits.at[i] == '.') {
            continue;
        }
        unsigned digit = (unsigned)(d->digits.at[i] - '0');
        bool is_fraction = place++ >= d->point;
        if (is_fraction ? digit != 0 : !times_ten_plus(sum, digit)) {
            return false;
        }
    }
    for (; *sum != 0 && place < d->point; ++place) {
        if (!times_ten_plus(sum, 0)) {
            return false;
        }
    }
    return true;
}

bool json_to_int64(const struct json *doc, json_value value, int64_t *number)
{
    if (json_kind(doc, value) != JSON_NUMBER) {
        return false;
    }
    struct view raw = json_raw(doc, value);
    if (raw.len <= SHORT_WHOLE_BYTES ? is_short_whole(raw, number) : view_to_int64(raw, number)) {
        return true;
    }
    struct decimal d = take_apart(raw);
    uint64_t sum = 0;
    if (!whole(&d, &sum) || sum > (uint64_t)INT64_MAX + d.is_negative) {
        return false;
    }
    if (sum > (uint64_t)INT64_MAX) {
        *number = INT64_MIN;
    } else {
        *number = d.is_negative ? -(int64_t)sum : (int64_t)sum;
    }
    return true;
}

/* The same value in at most DIGITS_MAX digits, rounded alike: strtod() needs a zero byte behind
 * the number, and a number may be as long as the document. */
static double long_to_double(struct view number)
{
    struct decimal d = take_apart(number);
    char text[DIGITS_MAX + SHORT_NUMBER_BYTES];
    size_t used = 0;
    bool dropped = false;
    text[used++] = d.is_negative ? '-' : '+';
    text[used++] = '.';
    for (size_t i = 0; i < d.digits.len; ++i) {
        char c = d.digits.at[i];
        if (c == '.') {
            continue;
        }
        if (used == 2 && c == '0') {
            --d.point;
        } else if (used < DIGITS_MAX) {
            text[used++] = c;
        } else {
            dropped |= c != '0';
        }
    }
    text[used++] = dropped ? '1' : '0';
    snprintf(text + used, sizeof(text) - used, "e%lld", (long long)d.point);
    return strtod(text, NULL);
}

bool json_to_double(const struct json *doc, json_value value, double *number)
{
    if (json_kind(doc, value) != JSON_NUMBER) {
        return false;
    }
    struct view raw = json_raw(doc, value);
    double result = 0;
    if (raw.len < SHORT_NUMBER_BYTES) {
        char text[SHORT_NUMBER_BYTES];
        memcpy(text, raw.at, raw.len);
        text[raw.len] = '\0';
        result = strtod(text, NULL);
    } else {
        result = long_to_double(raw);
    }
    if (!isfinite(result)) {
        return false;
    }
    *number = result;
    return true;
}
