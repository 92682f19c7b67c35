/*
 * journal_stream.h - inside of the journal: one worker's stream of this start.
 *
 * A worker gathers frames, and commits what it gathered either itself or through a committer, while
 * it goes on gathering. What a function is called from stands beside it; the journal's header says
 * what the calls mean.
 */
#ifndef PIPES_JOURNAL_JOURNAL_STREAM_H
#define PIPES_JOURNAL_JOURNAL_STREAM_H

#include "journal/committer.h"
#include "journal/journal.h"
#include "journal/segment_spares.h"
#include "journal/sequence.h"
#include "journal/sync_pace.h"

#include <pthread.h>
#include <stdatomic.h>

enum { STREAM_NAME_BYTES = 24 };

struct journal_stream {
    uint64_t id;
    unsigned worker;
    const struct journal_options *options;
    struct sequence *sequence;
    int journal_fd; /* the journal's folder */
    int folder_fd;  /* -1 until the first commit */
    struct segment_writer *writer;
    struct segment_spares *spares; /* NULL without a keeper */
    struct committer *committer;
    struct disk_ring *ring; /* NULL: there is none, or it is not wanted */
    struct fault ring_fault;
    /* Held while the worker starts or ends a commit, and by who goes over to a new segment. */
    pthread_mutex_t gate;
    bool is_under_way;           /* a commit, while the gate is open */
    bool wants_renewal;          /* when it ends */
    _Atomic uint32_t clean_from; /* first segment since the last renewal; 0: there was none */
    /* of the commit under way */
    enum segment_sync sync;
    enum status status;
    struct fault fault;
    size_t committed_bytes;
    int64_t begin_ns;
    int64_t took_ns; /* -1 while nobody saw the end */
    /* of the worker */
    struct sync_pace pace;
    uint64_t gathered_first; /* lowest number gathered, SEQUENCE_NOTHING: none */
    int64_t synced_ms;       /* monotonic */
    bool owes_sync;
    _Atomic uint64_t written;     /* bytes, for others */
    _Atomic int64_t mean_sync_ns; /* the pace's, for others */
    /* segments that are on disk, for the spool's size */
    _Atomic uint32_t newest;
    _Atomic uint32_t needed;
    pthread_mutex_t lock;
    uint32_t durable_number; /* under the lock */
    uint64_t durable_offset;
};

void journal_stream_name(uint64_t id, char name[STREAM_NAME_BYTES]);

/* Before the worker runs. The stream may be closed after a failure. */
enum status journal_stream_open(struct journal_stream *stream, struct fault *fault) MUST_CHECK;
/* Waits for a commit under way. Accepts a zeroed one. */
void journal_stream_close(struct journal_stream *stream);

/* From the worker: see journal.h. */
enum status journal_stream_append(struct journal_stream *stream, struct frame_event *events,
                                  uint32_t count, journal_row_fn *write_row, void *self,
                                  struct fault *fault) MUST_CHECK;
bool journal_stream_commit_start(struct journal_stream *stream, bool may_wait, enum status *status,
                                 struct fault *fault) MUST_CHECK;
bool journal_stream_is_committing(const struct journal_stream *stream);
enum status journal_stream_commit_end(struct journal_stream *stream, struct fault *fault)
    MUST_CHECK;

/* From anywhere: see journal.h. */
enum status journal_stream_renew(struct journal_stream *stream, struct fault *fault) MUST_CHECK;
bool journal_stream_is_renewed(struct journal_stream *stream);
uint64_t journal_stream_spool_bytes(struct journal_stream *stream);

#endif
