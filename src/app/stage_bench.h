/*
 * stage_bench.h - the stages of a request's way, measured one by one on this machine: what
 * `pipes bench pipeline` prints.
 *
 * Each stage runs alone, over and over, on what the one before it made of a typical request; a
 * figure is the median of several slices.
 */
#ifndef PIPES_APP_STAGE_BENCH_H
#define PIPES_APP_STAGE_BENCH_H

#include "base/clock.h"
#include "base/status.h"

/* What a request holds. */
struct stage_bench_load {
    const char *name;
    unsigned events;
    unsigned event_bytes; /* about */
};

struct stage_bench_options {
    const char *folder; /* exists and is empty; a journal is written there */
    const struct clock *clock;
    int out_fd; /* the table, and before it a line of progress */
};

enum status stage_bench_run(const struct stage_bench_options *options, struct fault *fault)
    MUST_CHECK;

#endif
