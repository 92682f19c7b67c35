/*
 * load_child.h - bench_load as a child on core 1, and what it found.
 *
 *     load_child_start(&child, port, &plan, &fault);     all connections are open and warm
 *     load_child_go(&child);
 *     load_child_result(&child, &result, &fault);        when its time is over
 */
#ifndef PIPES_BENCH_LOAD_CHILD_H
#define PIPES_BENCH_LOAD_CHILD_H

#include "collector/command.h"

#include <stdint.h>

struct load_plan {
    const char *scenario;
    unsigned connections;
    double seconds;
    unsigned slices;  /* 0: one */
    unsigned rate;    /* 0: closed loop */
    unsigned streams; /* 0: HTTP/1.1 */
    bool is_tls;
    bool is_idle; /* only holds its connections, until the next load_child_go() */
};

struct load_result {
    double requests; /* answered with 2xx */
    double events;   /* in those */
    double errors;   /* other answers */
    double broken;
    double unanswered;
    double req_s;
    double events_s;
    double bytes_s;
    double p50_ms;
    double p90_ms;
    double p99_ms;
    double p999_ms;
    double max_ms;
};

enum status load_child_start(struct child *child, unsigned port, const struct load_plan *plan,
                             struct fault *fault) MUST_CHECK;
void load_child_go(const struct child *child);
/* The child has ended after it, whatever is returned. */
enum status load_child_result(struct child *child, struct load_result *result, struct fault *fault)
    MUST_CHECK;
/* All of it, without anything in between. */
enum status load_child_run(unsigned port, const struct load_plan *plan, struct load_result *result,
                           struct fault *fault) MUST_CHECK;

#endif
