/*
 * json_node.h - what json.c, json_text.c and json_write.c share; nobody else includes it.
 */
#ifndef PIPES_BASE_JSON_NODE_H
#define PIPES_BASE_JSON_NODE_H

#include "base/json.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The bytes between the quotes of a string. */
static inline struct view json_inside(const struct json *doc, json_value value)
{
    const struct json_node *node = &doc->nodes[value];
    return view_make(doc->text.at + node->start + 1, node->end - node->start - 2);
}

#if defined(__SSE2__)
/* A bit per byte: set unless it is a quote, a backslash, a control character or not ASCII. */
static inline unsigned json_plain_mask(const char *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    /* With this bit turned the quote comes right above the control characters, which stay among
     * themselves. The comparison is signed: bytes from 0x80 are below them. */
    __m128i turned = _mm_xor_si128(bytes, _mm_set1_epi8('"' ^ ' '));
    __m128i plain = _mm_cmpgt_epi8(turned, _mm_set1_epi8(' '));
    plain = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')), plain);
    return (unsigned)_mm_movemask_epi8(plain);
}
#endif

/* The first byte from p that is a quote, a backslash, a control character or not ASCII; or end. */
static inline const char *json_plain_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (size_t left = (size_t)(end - p); left >= 16; left -= 16) {
        unsigned mask = json_plain_mask(p);
        if (mask != 0xFFFF) {
            return p + __builtin_ctz(~mask);
        }
        p += 16;
    }
#endif
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\') {
        ++p;
    }
    return p;
}

/* Length of the UTF-8 sequence of two to four bytes at p; 0 when it is none (RFC 3629). */
static inline size_t json_utf8_len(const char *p, const char *end)
{
    const unsigned char *b = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    if (b[0] >= 0xC2 && b[0] <= 0xDF) {
        return left >= 2 && (b[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if ((b[0] & 0xF0) == 0xE0) {
        unsigned low = b[0] == 0xE0 ? 0xA0 : 0x80;
        unsigned high = b[0] == 0xED ? 0x9F : 0xBF;
        return left >= 3 && b[1] >= low && b[1] <= high && (b[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (b[0] >= 0xF0 && b[0] <= 0xF4) {
        unsigned low = b[0] == 0xF0 ? 0x90 : 0x80;
        unsigned high = b[0] == 0xF4 ? 0x8F : 0xBF;
        return left >= 4 && b[1] >= low && b[1] <= high && (b[2] & 0xC0) == 0x80 &&
                       (b[3] & 0xC0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

/* The four hex digits at p; -1 when they are not four. */
static inline int json_hex4(const char *p, const char *end)
{
    if (end - p < 4) {
        return -1;
    }
    int code = 0;
    for (int i = 0; i < 4; ++i) {
        char c = p[i];
        char lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9') {
            code = code * 16 + (c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            code = code * 16 + (lower - 'a' + 10);
        } else {
            return -1;
        }
    }
    return code;
}

/* The code unit of the \uXXXX at p; -1 when there is none. */
static inline int json_unit(const char *p, const char *end)
{
    return end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? json_hex4(p + 2, end) : -1;
}

static inline bool json_is_high(int unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool json_is_low(int unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

#endif
