/*
 * compact_inside.h - what compact.c and compact_merge.c share; nobody else includes it.
 */
#ifndef PIPES_LAKE_COMPACT_INSIDE_H
#define PIPES_LAKE_COMPACT_INSIDE_H

#include "lake/compact.h"
#include "lake/lake_columns.h"
#include "lake/lake_manifest.h"
#include "lake/row_merge.h"

#define COMPACT_FINISHED "events.parquet"
#define COMPACT_UNFINISHED "_events.parquet"

enum { COMPACT_SELECT_BYTES = 4096 };

/* The table of rows that were set aside, merged: `merged()`. */
struct compact_merged {
    struct duck_source source;
    struct compact_columns columns;
    struct row_merge *merge; /* NULL: none is under way */
    struct arena texts;
    struct compact_sums sums; /* of what it gave */
};

struct compact {
    int data_fd;
    int lake_fd;
    int raw_fd;
    int events_fd;
    struct compact_options options;
    struct duck *duck;
    struct compact_run *run;
    struct compact_merged merged;
    struct promoted promoted;
    struct lake_columns columns;
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
    uint64_t late; /* columns that the file is not to have: newer than the hour, without a value */
    char select[COMPACT_SELECT_BYTES];
    unsigned runs;              /* that were set aside in files of their own, _run-N.ndjson.zst */
    struct row_keys *keys;      /* of their rows; NULL: there are none */
    struct schema_stats *stats; /* counted while the file was written; NULL: they were not */
};

enum { COMPACT_SPILL_NAME_BYTES = ROW_MERGE_NAME_BYTES };
void compact_spill_name(char name[COMPACT_SPILL_NAME_BYTES], unsigned number);
/* Sets the run's rows aside. The run is sorted, and stays as it is. */
enum status compact_spill(struct compact_work *work, struct fault *fault) MUST_CHECK;
/* What was set aside, and the file that the hour has, become _events.parquet; *expected what it
 * must hold. */
enum status compact_merge(struct compact_work *work, struct compact_sums *expected,
                          struct fault *fault) MUST_CHECK;
enum status compact_merged_register(struct compact_merged *merged, struct duck *duck,
                                    struct fault *fault) MUST_CHECK;
/* Which columns of columns.c the files have, and from which hour on: what lake/COLUMNS does not say
 * is looked up in all of them, once, and kept there. Hours that are newer than all of them have all
 * columns. */
enum status compact_late_open(struct compact *compact, struct fault *fault) MUST_CHECK;
/* Of an hour: which columns are newer. */
void compact_late_begin(struct compact_work *work);
/* A column of which a row has a value is in the file all the same. */
void compact_late_note(struct compact_work *work, struct view row);
/* All columns that the file is to have, of the table of the run or of what was merged; with them
 * `properties` as a VARIANT where the hour has that. Lent by the work until the next call. */
const char *compact_select(struct compact_work *work, bool is_merged);
/* Reads _events.parquet and compares: STATUS_IO when it is not what went in. */
enum status compact_prove(struct compact_work *work, const struct compact_sums *expected,
                          struct fault *fault) MUST_CHECK;

#endif
