/*
 * plan.h - what happens in the lake: visitors one after the other, each in the order of time.
 *
 * Visits follow the day, are heavy-tailed and come back; carts lead to orders, some visitors say
 * who they are, from two browsers at times, a few are renamed; batches are late or sent twice.
 * Between two sessions of a visitor there are at least 35 minutes, within one at most 25.
 *
 *     plan_make(&plan, &world, &options, &truth, &fault);
 *     plan_sort(&plan);   by received_ms, as the collector saw it
 *     plan_free(&plan);
 */
#ifndef PIPES_BENCH_PLAN_H
#define PIPES_BENCH_PLAN_H

#include "base/status.h"
#include "bench/lake/step.h"
#include "bench/lake/truth.h"
#include "bench/lake/world.h"

struct plan_options {
    uint32_t events; /* not counting what is sent again */
    int64_t start_ms;
    uint32_t days;
    bool is_drifting;
};

struct plan {
    struct plan_options options;
    struct step *steps;
    size_t count;
    size_t room;
};

/* Tells `truth` of every step, repeats apart, visitor by visitor. */
enum status plan_make(struct plan *plan, const struct world *world,
                      const struct plan_options *options, struct truth *truth, struct fault *fault)
    MUST_CHECK;
void plan_sort(struct plan *plan);
/* Accepts a zeroed one. */
void plan_free(struct plan *plan);

#endif
