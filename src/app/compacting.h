/*
 * compacting.h - which hours of the lake are due to become Parquet.
 *
 *     compacting_due(&due, lake_fd, now_ms, after_ms, &fault);
 *     for (size_t i = 0; i < due.hours.count; i++) { ... due.hours.at[i] ... }
 *     compacting_free(&due);
 */
#ifndef PIPES_APP_COMPACTING_H
#define PIPES_APP_COMPACTING_H

#include "lake/lake_hour.h"

struct compacting {
    struct lake_hours hours; /* that have parts, oldest first */
    uint64_t print;          /* of all their parts' names: the same names, the same number */
};

/* Hours that ended `after_ms` ago or earlier; all when it is negative. */
enum status compacting_due(struct compacting *due, int lake_fd, int64_t now_ms, int64_t after_ms,
                           struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void compacting_free(struct compacting *due);

#endif
