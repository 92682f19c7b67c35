/*
 * hex.h - hexadecimal digits: bytes as text and back.
 *
 *     char text[2 * sizeof(sum) + 1] = {0};
 *     hex_write(text, sum, sizeof(sum));                lower case, two digits a byte
 *     if (!hex_read(view_from_text(text), sum, sizeof(sum))) { ... }
 */
#ifndef PIPES_BASE_HEX_H
#define PIPES_BASE_HEX_H

#include "base/view.h"

/* 0 to 15, of a digit in either case; -1 of anything else. */
static inline int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    char letter = (char)(byte | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Two digits, the higher first: 0 to 255; -1 when one of them is none. */
static inline int hex_pair(const char digits[2])
{
    int high = hex_digit(digits[0]);
    int low = hex_digit(digits[1]);
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/* Writes 2 * len digits, no zero byte behind them. */
void hex_write(char *to, const unsigned char *bytes, size_t len);
/* False when the text is not `len` bytes in digits; then what is in `bytes` means nothing. */
bool hex_read(struct view text, unsigned char *bytes, size_t len);

#endif
