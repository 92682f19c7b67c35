/*
 * compact_inside.h - what compact.c and compact_merge.c share; nobody else includes it.
 */
#ifndef PIPES_LAKE_COMPACT_INSIDE_H
#define PIPES_LAKE_COMPACT_INSIDE_H

#include "lake/compact.h"
#include "lake/lake_manifest.h"

#define COMPACT_FINISHED "events.parquet"
#define COMPACT_UNFINISHED "_events.parquet"

struct compact {
    int data_fd;
    int lake_fd;
    int raw_fd;
    int events_fd;
    struct compact_options options;
    struct duck *duck;
    struct compact_run *run;
    struct promoted promoted;
    int64_t newest; /* hour that has a Parquet file; INT64_MIN: none has */
};

/* An hour being worked on. */
struct compact_work {
    struct compact *compact;
    struct compact_outcome *outcome;
    int64_t hour;
    char path[LAKE_HOUR_PATH_BYTES];
    int raw_fd; /* folders of the hour */
    int events_fd;
    struct lake_parts parts;
    bool *is_out; /* by part: not to be taken */
    bool has_old;
    struct lake_manifest manifest;
    unsigned runs;             /* that were written to files of their own */
    struct compact_sums added; /* by these */
};

/* "_run-0.parquet" and so on. */
enum { COMPACT_SPILL_NAME_BYTES = 32 };
void compact_spill_name(char name[COMPACT_SPILL_NAME_BYTES], unsigned number);

void compact_add_sums(struct compact_sums *sums, const struct compact_sums *more);
/* The sums of what stands behind FROM. */
enum status compact_read_sums(struct compact_work *work, const char *from,
                              struct compact_sums *sums, struct fault *fault) MUST_CHECK;
/* Runs, and the file that the hour has, become _events.parquet; *expected what it must hold. */
enum status compact_merge(struct compact_work *work, struct compact_sums *expected,
                          struct fault *fault) MUST_CHECK;

#endif
