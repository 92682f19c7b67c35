/*
 * http_bytes.h - which bytes may stand where in a head: one table instead of comparisons.
 *
 *     if (!http_bytes_are(name, HTTP_BYTE_TOKEN)) { ... refuse ... }
 */
#ifndef PIPES_NET_HTTP_BYTES_H
#define PIPES_NET_HTTP_BYTES_H

#include "base/view.h"

enum http_byte {
    HTTP_BYTE_TOKEN = 1,  /* tchar (RFC 9110, 5.6.2) */
    HTTP_BYTE_FIELD = 2,  /* field values: visible, blanks, over 127 (obs-text; 5.5) */
    HTTP_BYTE_TARGET = 4, /* visible (VCHAR; RFC 5234, B.1), but no hash: no fragment is sent */
    HTTP_BYTE_HOST = 8,   /* unreserved, sub-delims but the comma, which makes lists (RFC 3986) */
    HTTP_BYTE_HEX = 16,
    HTTP_BYTE_DIGIT = 32,
    HTTP_BYTE_ORIGIN = 64, /* visible, but no comma, which makes lists, and no asterisk */
};

extern const uint8_t http_byte_table[256];

static inline bool http_byte_is(char byte, enum http_byte kind)
{
    return (http_byte_table[(unsigned char)byte] & kind) != 0;
}

/* How many there are of that kind before the first other byte. */
static inline size_t http_bytes_run(struct view v, enum http_byte kind)
{
    size_t run = 0;
    while (run < v.len && http_byte_is(v.at[run], kind)) {
        run++;
    }
    return run;
}

/* All of them; also none at all. */
static inline bool http_bytes_are(struct view v, enum http_byte kind)
{
    unsigned both = kind;
    for (size_t i = 0; i < v.len; i++) {
        both &= http_byte_table[(unsigned char)v.at[i]];
    }
    return both != 0;
}

#endif
