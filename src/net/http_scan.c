#include "net/http_scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>

enum { STEP = 16 };

static __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* A bit for each byte that is no letter and no hyphen; it may be a token's all the same. */
static unsigned odd_in_token(const char *at)
{
    __m128i bytes = load(at);
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    /* Signed: bytes from 0x80 are below 'a'. */
    __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(small, _mm_set1_epi8('a' - 1)),
                                    _mm_cmplt_epi8(small, _mm_set1_epi8('z' + 1)));
    __m128i plain = _mm_or_si128(letters, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
    return (unsigned)_mm_movemask_epi8(plain) ^ 0xffff;
}

/* A bit for each byte that no value may hold. */
static unsigned odd_in_field(const char *at)
{
    __m128i bytes = load(at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, control), del));
}
#endif

/* The rest, or all of it, byte by byte. */
static size_t go_on(struct view v, size_t at, enum http_byte kind)
{
    return at + http_bytes_run(view_make(v.at + at, v.len - at), kind);
}

size_t http_scan_token(struct view v)
{
    size_t at = 0;
#if defined(__SSE2__)
    for (; v.len - at >= STEP; at += STEP) {
        unsigned odd = odd_in_token(v.at + at);
        if (odd != 0) {
            at += (size_t)__builtin_ctz(odd);
            break;
        }
    }
#endif
    return go_on(v, at, HTTP_BYTE_TOKEN);
}

size_t http_scan_field(struct view v)
{
    size_t at = 0;
#if defined(__SSE2__)
    for (; v.len - at >= STEP; at += STEP) {
        unsigned odd = odd_in_field(v.at + at);
        if (odd != 0) {
            return at + (size_t)__builtin_ctz(odd);
        }
    }
#endif
    return go_on(v, at, HTTP_BYTE_FIELD);
}
