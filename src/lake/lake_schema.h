/*
 * lake_schema.h - the statistics of everything that was stored, up to the last second.
 *
 * Compacted hours have theirs in a file beside their rows (schema_file.h); what is not compacted is
 * counted now. Where a file is missing, damaged or of other rows, its hour is counted again, with a
 * note; and kept, if nobody else writes to the data folder.
 *
 *     struct lake_schema_range range = {.data_fd = fd, .data = "data", ...};
 *     lake_schema_add(&range, stats, &fault);
 *
 * And for who writes a new Parquet file of an hour (compaction, erasure), in one step:
 *
 *     lake_schema_propose(duck, data_fd, hour, parquet_fd, &change, &fault);
 *     lake_commit(..., change, ...)
 */
#ifndef PIPES_LAKE_LAKE_SCHEMA_H
#define PIPES_LAKE_LAKE_SCHEMA_H

#include "lake/duck.h"
#include "lake/schema_stats.h"

struct lake_schema_range {
    int data_fd;        /* borrowed */
    const char *data;   /* the folder's path, for taking its lock */
    const char *duckdb; /* where the library is; NULL or empty: looked for */
    uint64_t seed;      /* of the statistics: lake_schema_seed() */
    int64_t from_ms;    /* full hours of received_at, UTC; 0: from the beginning */
    int64_t to_ms;      /* not in it; 0: without end */
    void (*on_note)(void *self, const char *sentence);
    void *self;
};

/* STATUS_DAMAGED when rows cannot be read: the fault names the file. */
enum status lake_schema_add(const struct lake_schema_range *range, struct schema_stats *stats,
                            struct fault *fault) MUST_CHECK;

/* Counts a finished Parquet file (open for reading), writes the statistics beside those that the
 * hour has, and appends to the change the line that puts them in place. The duck is used for one
 * statement. */
enum status lake_schema_propose(struct duck *duck, int data_fd, int64_t hour, int parquet_fd,
                                struct buf *change, struct fault *fault) MUST_CHECK;
/* The same of rows that were counted already, with the seed of lake_schema_seed(). */
enum status lake_schema_propose_counted(struct schema_stats *stats, int data_fd, int64_t hour,
                                        int parquet_fd, struct buf *change, struct fault *fault)
    MUST_CHECK;
/* Appends the line that removes the statistics of an hour that goes; none where there are none. */
void lake_schema_propose_removal(int lake_fd, int64_t hour, struct buf *change);

/* The seed of the data folder's hashes; 0 where nothing was collected yet. */
enum status lake_schema_seed(int data_fd, uint64_t *seed, struct fault *fault) MUST_CHECK;

#endif
