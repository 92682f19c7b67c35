/*
 * lake_out.h - writes a plan as a data folder that `pipes` itself might have filled: parts of two
 * streams by hour, the cursor, the keys of what was seen, the next number.
 *
 *     lake_out_write(&plan, &world, &options, &truth, &fault);
 */
#ifndef PIPES_BENCH_LAKE_OUT_H
#define PIPES_BENCH_LAKE_OUT_H

#include "bench/lake/plan.h"

struct lake_out_options {
    const char *folder; /* must not have a lake yet */
    uint32_t part_rows; /* a part is closed when it has so many */
    bool has_repeats;   /* what was sent again is written, too, as if no key had been kept */
};

/* The plan must be sorted. Tells `truth` of every row. */
enum status lake_out_write(const struct plan *plan, const struct world *world,
                           const struct lake_out_options *options, struct truth *truth,
                           struct fault *fault) MUST_CHECK;

#endif
