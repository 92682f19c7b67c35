/*
 * digits.h - decimal digits, two at a time: rows and times are full of them.
 *
 *     to = digits_put(to, 1042);
 *     digits_put_two(to, 7);      07
 */
#ifndef PIPES_BASE_DIGITS_H
#define PIPES_BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS_BYTES_MAX = 20 }; /* of any 64-bit number, its sign included */

/* 0 to 99. */
static inline void digits_put_two(char *to, uint32_t value)
{
    static const char PAIRS[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    memcpy(to, PAIRS + 2 * value, 2);
}

static inline size_t digits_count(uint64_t value)
{
    size_t count = 1;
    for (; value >= 10000; value /= 10000) {
        count += 4;
    }
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

/* Returns what is behind the last digit. */
static inline char *digits_put(char *to, uint64_t value)
{
    char *end = to + digits_count(value);
    char *at = end;
    for (; value >= 100; value /= 100) {
        at -= 2;
        digits_put_two(at, (uint32_t)(value % 100));
    }
    if (value >= 10) {
        digits_put_two(to, (uint32_t)value);
    } else {
        *to = (char)('0' + value);
    }
    return end;
}

/* With a minus where there is one. */
static inline char *digits_put_signed(char *to, int64_t value)
{
    if (value >= 0) {
        return digits_put(to, (uint64_t)value);
    }
    *to = '-';
    return digits_put(to + 1, 0 - (uint64_t)value);
}

#endif
