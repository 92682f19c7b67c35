/*
 * scrub_byte.h - what kind of byte it is, for those who look at texts byte by byte. ASCII only.
 */
#ifndef PIPES_PRIVACY_SCRUB_BYTE_H
#define PIPES_PRIVACY_SCRUB_BYTE_H

#include "base/view.h"

static inline bool byte_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool byte_is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static inline bool byte_is_letter(char byte)
{
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'z';
}

static inline bool byte_is_alnum(char byte)
{
    return byte_is_letter(byte) || byte_is_digit(byte);
}

static inline bool byte_is_hex(char byte)
{
    char lower = (char)(byte | 0x20);
    return byte_is_digit(byte) || (lower >= 'a' && lower <= 'f');
}

/* Of names of parameters and members. */
static inline bool byte_is_name(char byte)
{
    return byte_is_alnum(byte) || byte == '_' || byte == '-';
}

/* What e-mail addresses and web tokens are made of, percent-encoded or not. */
static inline bool byte_is_run(char byte)
{
    return byte_is_name(byte) || byte == '.' || byte == '%' || byte == '+' || byte == '@' ||
           byte == '\'' || (unsigned char)byte >= 0x80;
}

static inline char byte_lower(char byte)
{
    return byte_is_upper(byte) ? (char)(byte | 0x20) : byte;
}

/* The byte at a place, or a space outside of the text. */
static inline char byte_at(struct view text, size_t at)
{
    return at < text.len ? text.at[at] : ' ';
}

static inline char byte_before(struct view text, size_t at)
{
    return at > 0 && at <= text.len ? text.at[at - 1] : ' ';
}

#endif
