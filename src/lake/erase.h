/*
 * erase.h - takes a subject out of all files of the lake: raw, Parquet, quarantine.
 *
 * The journal is not looked at: what it holds was taken into the lake before, and tombstones keep
 * what comes later away.
 *
 *     struct erase_report report = {0};
 *     erase_lake(data_fd, library, &job, &report, &fault);
 */
#ifndef PIPES_LAKE_ERASE_H
#define PIPES_LAKE_ERASE_H

#include "lake/erase_job.h"

struct erase_report {
    struct erase_counts raw;
    struct erase_counts parquet;
    struct erase_counts quarantine;
};

/* With a subject; or with ages, which leave the quarantine be. library: of DuckDB, NULL or empty:
 * looked for. Only whoever holds lake/WORK (lake_work.h) may. */
enum status erase_lake(int data_fd, const char *library, const struct erase_job *job,
                       struct erase_report *report, struct fault *fault) MUST_CHECK;

#endif
