/*
 * http_scan.h - how far the bytes of a kind reach, sixteen at a time where the processor can.
 *
 *     const char *colon = http_token_end(line, end);
 *
 * Inline, for this is done for each name and each value of a head.
 */
#ifndef PIPES_NET_HTTP_SCAN_H
#define PIPES_NET_HTTP_SCAN_H

#include "net/http_bytes.h"

#if defined(__SSE2__)
#include <emmintrin.h>

enum { HTTP_SCAN_STEP = 16 };

/* A bit for each byte that is no letter and no hyphen; it may be a token's all the same. */
static inline unsigned http_scan_odd_in_token(const char *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    /* Signed: bytes from 0x80 are below 'a'. */
    __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(small, _mm_set1_epi8('a' - 1)),
                                    _mm_cmplt_epi8(small, _mm_set1_epi8('z' + 1)));
    __m128i plain = _mm_or_si128(letters, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
    return (unsigned)_mm_movemask_epi8(plain) ^ 0xffff;
}

/* A bit for each byte that no value may hold. */
static inline unsigned http_scan_odd_in_field(const char *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, control), del));
}
#endif

/* The first byte from p that is not HTTP_BYTE_TOKEN, or end. */
static inline const char *http_token_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (; end - p >= HTTP_SCAN_STEP; p += HTTP_SCAN_STEP) {
        unsigned odd = http_scan_odd_in_token(p);
        if (odd != 0) {
            p += __builtin_ctz(odd);
            break;
        }
    }
#endif
    while (p < end && http_byte_is(*p, HTTP_BYTE_TOKEN)) {
        p++;
    }
    return p;
}

/* The first byte from p that is not HTTP_BYTE_FIELD, as a rule the CR at the end of the line; or
 * end. */
static inline const char *http_field_end(const char *p, const char *end)
{
#if defined(__SSE2__)
    for (; end - p >= HTTP_SCAN_STEP; p += HTTP_SCAN_STEP) {
        unsigned odd = http_scan_odd_in_field(p);
        if (odd != 0) {
            return p + __builtin_ctz(odd);
        }
    }
#endif
    while (p < end && http_byte_is(*p, HTTP_BYTE_FIELD)) {
        p++;
    }
    return p;
}

#endif
