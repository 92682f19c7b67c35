/*
 * compact.h - turns the closed parts of an hour into one Parquet file.
 *
 * Writes files whose names begin with '_', and says what a commit is to do with them; it changes
 * nothing that anybody reads. It may be killed at any instant: what it leaves is written over the
 * next time.
 *
 *     lake/events/date=2026-11-24/hour=07/_events.parquet     sorted by site, anonymous_id, time;
 *                                                             each (site, event_id) once
 *     lake/manifest/_2026-11-24                               what that file must be
 *
 * An hour that has a Parquet file already (parts came late) gets a new one of both. A part that is
 * damaged is named and left where it is. Before anything is proposed the new file is read back and
 * compared with what went in.
 *
 *     compact_open(&compact, data_fd, &options, &fault);
 *     compact_hour(compact, hour, &outcome, &fault);
 *     ... commits outcome.change: lake_commit.h ...
 *     compact_close(compact);
 */
#ifndef PIPES_LAKE_COMPACT_H
#define PIPES_LAKE_COMPACT_H

#include "base/buf.h"
#include "base/logger.h"
#include "lake/compact_run.h"
#include "lake/lake_hour.h"

struct compact;

enum {
    COMPACT_MEMORY_MIN = 128 * 1024 * 1024,
    COMPACT_FILE_BYTES = 512 /* of a name within the lake, and more */
};

struct compact_options {
    const char *library;      /* of DuckDB; NULL or empty: looked for */
    uint64_t memory_bytes;    /* of the whole process, about */
    uint64_t room_bytes;      /* of the disk that must stay free */
    bool has_variant;         /* write `properties` as a VARIANT, too */
    const struct logger *log; /* borrowed */
};

struct compact_outcome {
    struct compact_sums sums; /* of the new file */
    uint64_t rows_in;         /* read from parts and from the file before */
    uint64_t duplicates;      /* dropped */
    uint64_t parts;
    uint64_t part_bytes;
    uint64_t damaged;  /* parts that were left where they are */
    uint64_t bytes;    /* of the new file */
    struct buf change; /* for lake_commit(); to be freed with compact_outcome_free() */
};

enum status compact_open(struct compact **compact, int data_fd,
                         const struct compact_options *options, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void compact_close(struct compact *compact);

/* STATUS_END: there is nothing to do (no part, or only damaged ones). STATUS_FULL: there is not
 * enough room. After a failure nothing of it is left. */
enum status compact_hour(struct compact *compact, int64_t hour, struct compact_outcome *outcome,
                         struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void compact_outcome_free(struct compact_outcome *outcome);

#endif
