/*
 * clock.h - time as an argument, so that tests can hold it.
 *
 *     struct clock clock = clock_system();
 *     int64_t now = clock_now_ms(&clock);
 */
#ifndef PIPES_BASE_CLOCK_H
#define PIPES_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock {
    int64_t (*now_ms)(void *self);       /* UTC, milliseconds since 1970 */
    int64_t (*monotonic_ms)(void *self); /* never goes back; only differences mean something */
    void *self;
};

struct clock clock_system(void);
int64_t clock_now_ms(const struct clock *clock);
int64_t clock_monotonic_ms(const struct clock *clock);

/* Nanoseconds of a clock that never stops, for how long something really took: never for deciding
 * what happens when, which is for a struct clock. */
int64_t clock_stopwatch_ns(void);

enum { CLOCK_TEXT_BYTES = 25 }; /* "2026-11-24T02:03:04.005Z" and its zero byte */

/* RFC 3339 in UTC with milliseconds. Years 1970 to 9999; what lies outside is cut to that. */
void clock_format(int64_t utc_ms, char text[CLOCK_TEXT_BYTES]);
/* Reads RFC 3339 with 0 to 9 digits of fraction and any offset; false when it is not that. */
bool clock_parse(const char *text, size_t len, int64_t *utc_ms);

#endif
