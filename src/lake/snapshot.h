/*
 * snapshot.h - everything that was stored, each row once, as it was at one moment: for who reads
 * beside a running collector.
 *
 * Rows are in three places: Parquet, one file an hour; raw parts that were not compacted yet; the
 * journal's tail that is in no closed part. They move from the last to the first while somebody
 * reads. So the order is
 *
 *     1. the journal's tail is copied;
 *     2. lake/SNAPSHOT is locked (shared), both trees are listed, every file is opened, unlocked;
 *     3. of the tail only what the cursor and the parts' names do not claim stays, without what was
 *        stored before (lake/keys) and what stands in the tail twice.
 *
 * Files that are replaced or removed later stay readable by their descriptors, and raw rows are
 * handed out by a source for each part, and one for the tail:
 *
 *     snapshot_open(&snapshot, data_fd, &options, &fault);
 *     for (size_t i = 0; i < snapshot_file_count(snapshot); i++) { ... /proc/self/fd/N ... }
 *     for (size_t i = 0; i < snapshot_source_count(snapshot); i++) {
 *         snapshot_rows_open(&rows, snapshot, i, &fault);
 *         while (snapshot_rows_next(rows, &row, &fault) == STATUS_OK) { ... }
 *         snapshot_rows_close(rows);
 *     }
 *     snapshot_close(snapshot);
 */
#ifndef PIPES_LAKE_SNAPSHOT_H
#define PIPES_LAKE_SNAPSHOT_H

#include "base/status.h"
#include "base/view.h"
#include "journal/stream_reader.h"
#include "lake/promoted.h"

#include <stdbool.h>
#include <stdint.h>

enum { SNAPSHOT_PATH_BYTES = 160 };

struct snapshot;
struct snapshot_rows;

/* Only rows within both; zeros at the end of a range: without end. */
struct snapshot_range {
    int64_t from_ms, to_ms;    /* of received_at, UTC; to is not in it */
    uint64_t from_seq, to_seq; /* of ingest_seq; to is not in it */
};

struct snapshot_options {
    struct snapshot_range range;
    const char *spill_folder; /* for a large tail; NULL: /tmp */
    /* Leaves out a row of parts and tail (a subject's, erased ones); NULL keeps all. Called from
     * whichever thread reads. */
    bool (*is_kept)(void *self, struct view row);
    stream_damage_fn *on_damage; /* of the journal; may be NULL */
    void *self;
};

/* A Parquet file, open for reading. Its rows may lie outside of the range: an hour is whole. */
struct snapshot_file {
    int fd;
    int64_t hour; /* hours since 1970, UTC */
    uint64_t bytes;
    bool is_within;                 /* all its rows were received within the range of time */
    bool is_replaced;               /* of the inside: false for who asks */
    char path[SNAPSHOT_PATH_BYTES]; /* below the lake, for sentences */
};

/* data_fd is borrowed and not needed any more afterwards. STATUS_IO with a sentence that names what
 * to do when there are more files than may be open. */
enum status snapshot_open(struct snapshot **snapshot, int data_fd,
                          const struct snapshot_options *options, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void snapshot_close(struct snapshot *snapshot);

/* Oldest hour first. */
size_t snapshot_file_count(const struct snapshot *snapshot);
const struct snapshot_file *snapshot_file(const struct snapshot *snapshot, size_t index);

/* What is known of their columns: promoted ones (promoted.h); and the first hour from which on each
 * file has all of columns.c (lake_columns.h). */
const struct promoted *snapshot_promoted(const struct snapshot *snapshot);
int64_t snapshot_complete_since(const struct snapshot *snapshot);

/* Sources may be read at the same time, and each any number of times. The tail is the last one. */
size_t snapshot_source_count(const struct snapshot *snapshot);
/* Of the part, below the lake; "journal" for the tail. Borrowed. */
const char *snapshot_source_name(const struct snapshot *snapshot, size_t source);
enum status snapshot_rows_open(struct snapshot_rows **rows, struct snapshot *snapshot,
                               size_t source, struct fault *fault) MUST_CHECK;
/* Without its line end, borrowed until the next call. STATUS_END behind the last; STATUS_DAMAGED
 * when a part is, which the fault names. */
enum status snapshot_rows_next(struct snapshot_rows *rows, struct view *row, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void snapshot_rows_close(struct snapshot_rows *rows);

#endif
