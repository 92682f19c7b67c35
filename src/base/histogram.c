#include "base/histogram.h"

#include <stdatomic.h>

const uint32_t histogram_bounds_us[HISTOGRAM_BOUNDS] = {
    50,    100,    250,    500,    1000,    2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

void histogram_add(struct histogram *histogram, int64_t took_ns)
{
    uint64_t ns = took_ns > 0 ? (uint64_t)took_ns : 0;
    unsigned i = 0;
    while (i < HISTOGRAM_BOUNDS && ns > (uint64_t)histogram_bounds_us[i] * 1000) {
        i++;
    }
    atomic_fetch_add_explicit(&histogram->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_ns, ns, memory_order_relaxed);
}

uint64_t histogram_at_most(struct histogram *histogram, unsigned i)
{
    uint64_t sum = 0;
    for (unsigned n = 0; n <= i && n <= HISTOGRAM_BOUNDS; n++) {
        sum += atomic_load_explicit(&histogram->counts[n], memory_order_relaxed);
    }
    return sum;
}
