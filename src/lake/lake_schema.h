/*
 * lake_schema.h - the statistics of everything that was stored, up to the last second.
 *
 * Compacted hours have theirs in a file beside their rows (schema_file.h); what is not compacted is
 * counted now. Where a file is missing, damaged or of other rows, its hour is counted again, with a
 * note; and kept, if nobody else writes to the data folder.
 *
 *     struct lake_schema_range range = {.data_fd = fd, .data = "data", .seed = seed, ...};
 *     lake_schema_add(&range, stats, &fault);
 */
#ifndef PIPES_LAKE_LAKE_SCHEMA_H
#define PIPES_LAKE_LAKE_SCHEMA_H

#include "lake/schema_stats.h"

struct lake_schema_range {
    int data_fd;        /* borrowed */
    const char *data;   /* the folder's path, for taking its lock */
    const char *duckdb; /* where the library is; NULL: looked for */
    uint64_t seed;
    int64_t from_ms; /* full hours of received_at, UTC; 0: from the beginning */
    int64_t to_ms;   /* not in it; 0: without end */
    void (*on_note)(void *self, const char *sentence);
    void *self;
};

/* STATUS_DAMAGED when rows cannot be read: the fault names the file. */
enum status lake_schema_add(const struct lake_schema_range *range, struct schema_stats *stats,
                            struct fault *fault) MUST_CHECK;

#endif
