/*
 * histogram.h - how long something took, counted in buckets that any thread adds to.
 *
 * Bounds are fixed, from 50 microseconds to 10 seconds, about two and a half between neighbours, as
 * Prometheus' cumulative histograms want them ("le" is at most).
 *
 *     histogram_add(&histogram, took_ns);
 *     for (i = 0; i <= HISTOGRAM_BOUNDS; i++) histogram_at_most(&histogram, i);
 */
#ifndef PIPES_BASE_HISTOGRAM_H
#define PIPES_BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 17 };

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* the last is of what is above all bounds */
    _Atomic uint64_t sum_ns;
};

/* Microseconds. */
extern const uint32_t histogram_bounds_us[HISTOGRAM_BOUNDS];

/* Below 0 counts as 0. */
void histogram_add(struct histogram *histogram, int64_t took_ns);
/* How many took at most bound `i`; with HISTOGRAM_BOUNDS, all. */
uint64_t histogram_at_most(struct histogram *histogram, unsigned i);

#endif
