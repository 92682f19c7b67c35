/*
 * histogram.h - how long things took: counts in buckets whose width grows with the value, as an
 * HDR histogram has them.
 *
 *     histogram_add(&histogram, took_ns);
 *     histogram_quantile_ns(&histogram, 0.99);
 *
 * Up to 255 ns every value has its own bucket; above, each power of two is cut into 128, so that a
 * value read back is wrong by less than 0.8 %. What took longer than 2^40 ns (18 minutes) counts as
 * that. The greatest is kept exactly.
 */
#ifndef PIPES_BENCH_HISTOGRAM_H
#define PIPES_BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BITS = 7, HISTOGRAM_TOP_BITS = 40 };
enum { HISTOGRAM_BUCKETS = (HISTOGRAM_TOP_BITS - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS };

struct histogram {
    uint64_t count;
    int64_t max_ns;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *histogram, int64_t ns);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* What the given share (0 to 1) did not exceed; 0 when nothing was added. */
int64_t histogram_quantile_ns(const struct histogram *histogram, double share);

#endif
