/*
 * series.h - several servers under the same load, in turn, some rounds; medians, and ratios within
 * a round: what disturbs the machine for a while disturbs all of them.
 *
 *     series_run(&series, &plan, &bench, &fault);
 *     series_print(&series, &bench->report);
 *     series_free(&series);
 */
#ifndef PIPES_BENCH_SERIES_H
#define PIPES_BENCH_SERIES_H

#include "collector/bench.h"
#include "collector/trial.h"

enum { SERIES_SERVERS_MAX = 8 };

struct series_plan {
    const struct server_kind *const *kinds; /* ends with NULL; what is not present is left out */
    struct load_plan load;
};

struct series_server {
    const struct server_kind *kind;
    struct trial *trials; /* one each round */
};

struct series {
    struct series_server servers[SERIES_SERVERS_MAX];
    size_t server_count;
    size_t rounds;
};

/* On failure there is nothing to free. */
enum status series_run(struct series *series, const struct series_plan *plan,
                       const struct bench *bench, struct fault *fault) MUST_CHECK;
void series_free(struct series *series);
void series_print(const struct series *series, struct report *report);

/* The median over the rounds of the double at that offset in struct trial. */
double series_median(const struct series_server *server, size_t rounds, size_t offset);
#define SERIES_MEDIAN(series, server, field) \
    series_median((server), (series)->rounds, offsetof(struct trial, field))

#endif
