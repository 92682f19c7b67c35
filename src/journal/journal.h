/*
 * journal.h - all streams of the journal: those of this start, one per worker, and what earlier
 * starts left behind.
 *
 *     journal_open(&journal, &options, &fault);
 *     journal_append(journal, worker, events, count, &fault);   gives them their ingest_seq
 *     journal_commit(journal, worker, &fault);                  now they are on disk
 *     journal_close(journal);
 *
 * A stream's id is a number of the sequence, so no two are ever the same. Append and commit of one
 * worker come from one thread; everything else may come from any.
 */
#ifndef PIPES_JOURNAL_JOURNAL_H
#define PIPES_JOURNAL_JOURNAL_H

#include "journal/frame.h"
#include "journal/segment_writer.h"

struct journal;

struct journal_options {
    int data_fd; /* borrowed; of the data folder, whose lock the caller holds */
    unsigned workers;
    size_t segment_bytes;
    size_t gather_bytes;       /* ceiling per worker between two commits */
    const struct clock *clock; /* borrowed */
    struct segment_disk disk;
};

/* Called for each event once its number is known and before its row is copied, so that the row
 * can carry the number: appends the row to out. */
typedef enum status journal_row_fn(void *self, uint32_t index, uint64_t ingest_seq,
                                   struct buf *out);

enum status journal_open(struct journal **journal, const struct journal_options *options,
                         struct fault *fault) MUST_CHECK;
/* Gives up what was not committed; leaves the sequence exact. Accepts NULL. */
void journal_close(struct journal *journal);

/* One request as one frame. `write_row` makes the rows; events' own row and ingest_seq are filled
 * in. STATUS_TOO_BIG: commit and try again; with nothing
 * gathered it will never fit. Nothing was taken when it fails, but numbers may be lost. */
enum status journal_append(struct journal *journal, unsigned worker, struct frame_event *events,
                           uint32_t count, journal_row_fn *write_row, void *self,
                           struct fault *fault) MUST_CHECK;
/* Makes everything the worker appended durable, or gives it up. */
enum status journal_commit(struct journal *journal, unsigned worker, struct fault *fault)
    MUST_CHECK;

/* Below this nothing is in flight. */
uint64_t journal_stable(struct journal *journal);
/* A worker's stream and how far it is durable (number 0: nothing yet). */
void journal_durable(struct journal *journal, unsigned worker, uint64_t *stream, uint32_t *number,
                     uint64_t *offset);

/* The streams that earlier starts left: fills ids (up to `room`) in rising order and returns how
 * many there are. */
size_t journal_old_streams(struct journal *journal, uint64_t *ids, size_t room);
/* Opens a stream's folder for reading; the caller closes it. */
enum status journal_stream_folder(struct journal *journal, uint64_t stream, int *fd,
                                  struct fault *fault) MUST_CHECK;
/* Removes the stream's segments below `needed`, and with `is_done` the whole stream. Nothing is
 * lost when it fails: it is tried again the next time. */
enum status journal_release(struct journal *journal, uint64_t stream, uint32_t needed, bool is_done,
                            struct fault *fault) MUST_CHECK;

#endif
