/*
 * journal_tail.h - a copy of what the journal holds beyond a cursor: rows that the lake may not
 * have yet, in the order of their numbers.
 *
 * For readers beside a running collector. The journal's segments are taken back and written again
 * while they are read, so each frame is copied first and its checksum looked at in the copy; what
 * was taken back is in the lake by then. Copies beyond a few MiB go to a file without a name.
 *
 *     journal_tail_read(&tail, data_fd, &cursor, &options, &fault);
 *     for (size_t i = 0; i < journal_tail_count(tail); i++) {
 *         const struct tail_row *row = journal_tail_row(tail, i);
 *         struct view text = journal_tail_text(tail, row);
 *     }
 *     journal_tail_close(tail);
 *
 * Frames are taken as soon as they are whole: the last ones may not be acknowledged yet.
 */
#ifndef PIPES_LAKE_JOURNAL_TAIL_H
#define PIPES_LAKE_JOURNAL_TAIL_H

#include "journal/stream_reader.h"
#include "lake/cursor.h"
#include "lake/key_run.h"

#include <stdbool.h>

enum {
    JOURNAL_TAIL_ROWS_MAX = 4 * 1024 * 1024,
    JOURNAL_TAIL_MEMORY_BYTES = 16 * 1024 * 1024, /* of rows; more go to a file */
};

struct journal_tail;

struct tail_row {
    uint64_t ingest_seq;
    int64_t received_ms; /* UTC */
    uint64_t stream;
    struct key key;
    uint64_t offset; /* of its text among all */
    uint32_t bytes;
    bool is_left_out; /* for the caller; false at first */
};

struct journal_tail_options {
    const char *spill_folder; /* where a large copy lies, nameless */
    stream_damage_fn *on_damage;
    void *self; /* of on_damage */
};

/* Events beyond `done`, whose rows say what is in the lake and with its key saved. STATUS_TOO_BIG
 * when over JOURNAL_TAIL_ROWS_MAX wait. A data folder without a journal gives an empty tail. */
enum status journal_tail_read(struct journal_tail **tail, int data_fd, const struct cursor *done,
                              const struct journal_tail_options *options, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void journal_tail_close(struct journal_tail *tail);

size_t journal_tail_count(const struct journal_tail *tail);
/* In rising order of ingest_seq; no number twice. */
struct tail_row *journal_tail_row(struct journal_tail *tail, size_t index);
/* Lent for as long as the tail is open; may be asked from several threads. */
struct view journal_tail_text(const struct journal_tail *tail, const struct tail_row *row);

#endif
