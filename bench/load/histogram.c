#include "load/histogram.h"

#include <math.h>
#include <string.h>

enum { FINE = 1 << HISTOGRAM_BITS };

static unsigned bucket_of(uint64_t ns)
{
    if (ns < 2 * FINE) {
        return (unsigned)ns;
    }
    unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_BITS;
    unsigned bucket = shift * FINE + (unsigned)(ns >> shift);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The middle of what falls into the bucket. */
static int64_t value_of(unsigned bucket)
{
    if (bucket < 2 * FINE) {
        return bucket;
    }
    unsigned shift = bucket / FINE - 1;
    uint64_t low = (uint64_t)(bucket - shift * FINE) << shift;
    return (int64_t)(low + ((1ULL << shift) >> 1));
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof(*histogram));
}

void histogram_add(struct histogram *histogram, int64_t ns)
{
    int64_t positive_ns = ns > 0 ? ns : 0;
    histogram->buckets[bucket_of((uint64_t)positive_ns)]++;
    histogram->count++;
    histogram->max_ns = positive_ns > histogram->max_ns ? positive_ns : histogram->max_ns;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->buckets[i] += from->buckets[i];
    }
    into->count += from->count;
    into->max_ns = from->max_ns > into->max_ns ? from->max_ns : into->max_ns;
}

int64_t histogram_quantile_ns(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->count);
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram->count > 0; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && seen >= wanted) {
            int64_t value = value_of(i);
            return value < histogram->max_ns ? value : histogram->max_ns;
        }
    }
    return histogram->max_ns;
}
