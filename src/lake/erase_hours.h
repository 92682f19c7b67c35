/*
 * erase_hours.h - takes a subject out of the Parquet files of the lake.
 *
 * Every file is looked at: first only the columns that may hold the subject. One that does is
 * written anew beside it (rows in the same order, the same columns), read back and compared, and
 * handed to the job's commit() with its day's manifest. It changes nothing that
 * anybody reads by itself, and may be killed at any instant.
 *
 *     struct erase_hours_options options = {.data_fd = fd, .job = &job, ...};
 *     erase_hours(&options, &counts, &fault);
 */
#ifndef PIPES_LAKE_ERASE_HOURS_H
#define PIPES_LAKE_ERASE_HOURS_H

#include "lake/erase_job.h"

enum { ERASE_HOURS_THREADS_MAX = 16 };

struct erase_hours_options {
    int data_fd;           /* borrowed */
    const char *library;   /* of DuckDB; NULL or empty: looked for */
    uint64_t memory_bytes; /* of DuckDB, each thread's */
    unsigned threads;      /* that work at the same time, each on an hour */
    const struct erase_job *job;
};

/* Without Parquet files DuckDB is not asked for. Adds to *counts; a damaged file is counted and
 * left. */
enum status erase_hours(const struct erase_hours_options *options, struct erase_counts *counts,
                        struct fault *fault) MUST_CHECK;

#endif
