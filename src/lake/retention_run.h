/*
 * retention_run.h - takes away what has been kept for as long as was asked.
 *
 * An hour that is over as a whole is unlinked, an hour of which some rows are over is written anew
 * without them. With `keep_bytes`, the oldest hours go as well until the lake is no larger.
 * Nothing changes but by the commit of the caller, who holds lake/WORK.
 */
#ifndef PIPES_LAKE_RETENTION_RUN_H
#define PIPES_LAKE_RETENTION_RUN_H

#include "lake/erase.h"

struct retention_run {
    int data_fd;         /* borrowed */
    const char *library; /* of DuckDB; NULL or empty: looked for */
    const struct retention *retention;
    uint64_t keep_bytes; /* 0: however much there is */
    bool is_dry;
    void *self;
    enum status (*commit)(void *self, const struct erase_change *change, struct fault *fault);
};

struct retention_report {
    uint64_t hours; /* that went as a whole */
    uint64_t rows;  /* in them */
    uint64_t bytes;
    uint64_t quarantine_files;
    uint64_t quarantine_rows;
    struct erase_report partial; /* hours that lost some rows */
};

enum status retention_run(const struct retention_run *run, struct retention_report *report,
                          struct fault *fault) MUST_CHECK;

#endif
