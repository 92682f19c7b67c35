/*
 * journal.h - all streams of the journal: those of this start, one per worker, and what earlier
 * starts left behind.
 *
 *     journal_open(&journal, &options, &fault);
 *     journal_append(journal, worker, events, count, write_row, me, &fault);  gives their numbers
 *     if (journal_commit_start(journal, worker, true, &status, &fault)) { ... done: they are on
 * disk } else ... go on; when journal_commit_fd() is readable: status = journal_commit_end()
 *     journal_close(journal);
 *
 * A stream's id is a number of the sequence, so no two are ever the same. What is said of a worker
 * comes from one thread; everything else may come from any.
 *
 *     worker thread      appends; commits itself while the disk is quick (see sync_pace.h) and it
 *                        may wait, else through the kernel's ring (see disk_ring.h)
 *     "journal-N"        commits for worker N what those two do not
 *     "journal-keeper"   prepares segments, reserves numbers, watches space
 */
#ifndef PIPES_JOURNAL_JOURNAL_H
#define PIPES_JOURNAL_JOURNAL_H

#include "journal/frame.h"
#include "journal/segment_writer.h"

struct journal;

/* When a commit is done. */
enum journal_sync {
    JOURNAL_DURABLE,  /* when it is on disk */
    JOURNAL_INTERVAL, /* when the system has it; on disk every interval_ms: survives a crash of the
                         program, not a power cut */
    JOURNAL_OS,       /* when the system has it; on disk when that likes */
};

struct journal_options {
    int data_fd; /* borrowed; of the data folder, whose lock the caller holds */
    unsigned workers;
    size_t segment_bytes;
    size_t gather_bytes; /* ceiling per worker between two commits */
    enum journal_sync sync;
    int64_t interval_ms;          /* of JOURNAL_INTERVAL */
    _Atomic uint64_t spool_bytes; /* ceiling of what the lake has not taken yet; 0: none */
    _Atomic uint64_t free_bytes;  /* of the file system, below which nothing is taken; 0: none */
    bool has_ring;             /* commits by io_uring and direct writes, if the system has them */
    bool has_keeper;           /* prepares segments and numbers ahead, looks after free_bytes */
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
 * in but for row. STATUS_TOO_BIG: commit and try again; with nothing gathered it will never fit.
 * STATUS_FULL: the spool or the disk is, nothing is taken now. Nothing was taken when it fails,
 * but numbers may be lost. */
enum status journal_append(struct journal *journal, unsigned worker, struct frame_event *events,
                           uint32_t count, journal_row_fn *write_row, void *self,
                           struct fault *fault) MUST_CHECK;
/* Bytes the worker gathered since its last commit was started. */
size_t journal_gathered(const struct journal *journal, unsigned worker);

/* Starts making durable what the worker gathered; none may be under way. True when that is done
 * already: *status says how it went. may_wait: on a quick disk the worker would rather wait for it
 * than hear of it later; without a ring it does in any case. */
bool journal_commit_start(struct journal *journal, unsigned worker, bool may_wait,
                          enum status *status, struct fault *fault) MUST_CHECK;
/* True when commits go on beside a worker that does not want to wait, whatever the disk is like. */
bool journal_has_ring(const struct journal *journal, unsigned worker);
/* Why a ring that was wanted is not there; empty when none was, or it is. */
const char *journal_ring_fault(const struct journal *journal);
bool journal_is_committing(const struct journal *journal, unsigned worker);
/* Readable when the commit that was started ended. */
int journal_commit_fd(const struct journal *journal, unsigned worker);
/* STATUS_BUSY when it has not ended. Otherwise how it went: made durable, or given up. */
enum status journal_commit_end(struct journal *journal, unsigned worker, struct fault *fault)
    MUST_CHECK;
/* Both, waiting in between. */
enum status journal_commit(struct journal *journal, unsigned worker, struct fault *fault)
    MUST_CHECK;
/* When no worker runs any more: ends commits under way and commits what is still gathered (its
 * senders left before they were answered). Afterwards nothing is in flight, whatever it returns:
 * journal_stable() is above every number given. */
enum status journal_finish(struct journal *journal, struct fault *fault) MUST_CHECK;
/* How long to put off the next commit for more to come, and how long a pause in what comes ends
 * that; both 0 on a quick disk. */
int64_t journal_window_ns(const struct journal *journal, unsigned worker);
int64_t journal_lull_ns(const struct journal *journal, unsigned worker);
/* True while the worker's events are with the system only, to be synced by a commit of nothing in
 * interval_ms (JOURNAL_INTERVAL). */
bool journal_owes_sync(const struct journal *journal, unsigned worker);

/* While it is closed nothing is taken: STATUS_FULL. From any thread. */
void journal_set_closed(struct journal *journal, bool is_closed);
/* Whether what waits for the lake is within spool-max, and whether the disk has room: otherwise
 * STATUS_FULL, and why; nothing is taken then. From any thread. */
enum status journal_check_spool(struct journal *journal, struct fault *fault) MUST_CHECK;
enum status journal_check_disk(struct journal *journal, struct fault *fault) MUST_CHECK;
/* New values for the options of these names, from any thread. */
void journal_set_ceilings(struct journal *journal, uint64_t spool_bytes, uint64_t free_bytes);

/* Bytes on disk that the lake has not released. */
uint64_t journal_spool_bytes(struct journal *journal);
/* Bytes of all commits since it was opened. */
uint64_t journal_written_bytes(const struct journal *journal);
/* Moving mean of a commit's write and sync, of the slowest worker. */
int64_t journal_sync_ns(struct journal *journal);

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

/* Every stream goes over to a segment that never held anything, and those before it are removed,
 * not used again, once the lake released them: then the files of the journal hold nothing of what
 * was committed before this call. A stream that commits just now goes over when that ends. From any
 * thread; STATUS_IO or STATUS_FULL when one could not: call it again. */
enum status journal_renew(struct journal *journal, struct fault *fault) MUST_CHECK;
/* Whether nothing is left of what stood there before the last journal_renew(). */
bool journal_is_renewed(struct journal *journal);

#endif
