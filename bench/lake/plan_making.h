/*
 * plan_making.h - a plan while it is made: what visits add their steps to.
 */
#ifndef PIPES_BENCH_PLAN_MAKING_H
#define PIPES_BENCH_PLAN_MAKING_H

#include "bench/lake/plan.h"

struct plan_making {
    struct plan *plan;
    const struct world *world;
    struct truth *truth;
    const struct visitor *visitor;
    int64_t end_ms; /* nothing is received at or after it */
    uint32_t events;
    uint32_t sessions;
    uint32_t loads;
    uint32_t views;
    uint32_t drifting;
    uint32_t identified[SITES];
    enum status status;
};

/* Adds the step, and tells the truth of it. False: there is no room for more. */
bool plan_making_add(struct plan_making *making, struct step *step);
/* Adds what is received a second time, later. */
void plan_making_repeat(struct plan_making *making, const struct step *step, int64_t delay_ms);

#endif
