/*
 * bench.h - what every row of the benchmark is given, and the list of the rows.
 */
#ifndef PIPES_BENCH_BENCH_H
#define PIPES_BENCH_BENCH_H

#include "collector/load_child.h"
#include "collector/report.h"
#include "collector/server.h"

struct bench {
    struct server_place place;
    struct report report;
    size_t rounds;
    double seconds; /* of one load */
    bool is_quick;
};

struct bench_row {
    const char *name;
    const char *title;
    enum status (*run)(struct bench *bench, const struct bench_row *row, struct fault *fault);
    const struct server_kind *const *kinds; /* where a row is a series */
    struct load_plan load;                  /* its seconds are those of the bench */
    bool is_long;                           /* only when asked for */
};

/* Ends with a row without a name. */
extern const struct bench_row bench_rows[];

enum status row_series(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_delay(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_health(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_slow(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_disk(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_memory(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_start(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_recovery(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;
enum status row_long(struct bench *bench, const struct bench_row *row, struct fault *fault)
    MUST_CHECK;

/* Makes and starts a server of that kind; on failure there is nothing to remove. */
enum status bench_server(const struct bench *bench, const struct server_kind *kind,
                         struct server *server, struct fault *fault) MUST_CHECK;

/* Sorts the values. */
double bench_median(double *values, size_t count);

#endif
