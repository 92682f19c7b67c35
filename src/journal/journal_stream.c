#include "journal/journal_stream.h"

#include "journal/data_folder.h"

#include <stdio.h>
#include <unistd.h>

enum { THREAD_NAME_BYTES = 16 };

void journal_stream_name(uint64_t id, char name[STREAM_NAME_BYTES])
{
    snprintf(name, STREAM_NAME_BYTES, "%020llu", (unsigned long long)id);
}

/* A worker that never gets an event leaves no folder. */
static enum status enter_folder(struct journal_stream *stream)
{
    if (stream->folder_fd >= 0) {
        return STATUS_OK;
    }
    char name[STREAM_NAME_BYTES];
    journal_stream_name(stream->id, name);
    enum status status =
        data_folder_enter(stream->journal_fd, name, true, &stream->folder_fd, &stream->fault);
    if (status == STATUS_OK) {
        segment_writer_set_folder(stream->writer, stream->folder_fd);
        if (stream->spares) {
            segment_spares_set_folder(stream->spares, stream->folder_fd);
        }
    }
    return status;
}

/* In the worker's thread or the committer's. */
static void write_detached(void *self)
{
    struct journal_stream *stream = self;
    stream->begin_ns = clock_stopwatch_ns();
    stream->status = enter_folder(stream);
    if (stream->status == STATUS_OK) {
        stream->status = segment_writer_write(stream->writer, stream->sync, &stream->fault);
    }
    stream->took_ns = clock_stopwatch_ns() - stream->begin_ns;
}

/* Without one everything works as well, but slower. */
static void open_ring(struct journal_stream *stream)
{
    if (stream->options->has_ring && stream->options->sync == JOURNAL_DURABLE &&
        disk_ring_create(&stream->ring, committer_fd(stream->committer), &stream->ring_fault) !=
            STATUS_OK) {
        stream->ring = NULL;
    }
}

enum status journal_stream_open(struct journal_stream *stream, struct fault *fault)
{
    const struct journal_options *options = stream->options;
    stream->folder_fd = -1;
    stream->gathered_first = SEQUENCE_NOTHING;
    stream->synced_ms = clock_monotonic_ms(options->clock);
    atomic_store(&stream->needed, 1);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_mutex_init(&stream->gate, NULL);
    char name[THREAD_NAME_BYTES];
    snprintf(name, sizeof(name), "journal-%u", stream->worker % 1000);
    enum status status = sequence_take(stream->sequence, stream->worker, 1, &stream->id, fault);
    sequence_settle(stream->sequence, stream->worker, SEQUENCE_NOTHING);
    if (status == STATUS_OK && options->has_keeper) {
        status =
            segment_spares_create(&stream->spares, options->segment_bytes, options->clock, fault);
    }
    struct segment_writer_options writer = {
        .stream = stream->id,
        .segment_bytes = options->segment_bytes,
        .gather_bytes = options->gather_bytes,
        .clock = options->clock,
        .spares = stream->spares,
        .is_direct = options->has_ring && options->sync == JOURNAL_DURABLE,
        .disk = options->disk,
    };
    if (status == STATUS_OK) {
        status = segment_writer_open(&stream->writer, &writer, fault);
    }
    if (status == STATUS_OK) {
        status = committer_start(&stream->committer, name, write_detached, stream, fault);
    }
    if (status == STATUS_OK) {
        open_ring(stream);
    }
    return status;
}

void journal_stream_close(struct journal_stream *stream)
{
    if (!stream->options) {
        return;
    }
    disk_ring_destroy(stream->ring);
    committer_stop(stream->committer);
    segment_writer_close(stream->writer);
    segment_spares_destroy(stream->spares);
    pthread_mutex_destroy(&stream->lock);
    pthread_mutex_destroy(&stream->gate);
    if (stream->folder_fd >= 0) {
        close(stream->folder_fd);
    }
}

/* A busy worker learns of the end when it is through with what it has at hand; how long the disk
 * took is another matter. */
static void look_at_ring(struct journal_stream *stream)
{
    /* The ring first: without a write in it the times are the committer's. */
    if (stream->ring && disk_ring_has_ended(stream->ring) && stream->took_ns < 0) {
        stream->took_ns = clock_stopwatch_ns() - stream->begin_ns;
    }
}

enum status journal_stream_append(struct journal_stream *stream, struct frame_event *events,
                                  uint32_t count, journal_row_fn *write_row, void *self,
                                  struct fault *fault)
{
    uint64_t first = 0;
    look_at_ring(stream);
    enum status status = sequence_take(stream->sequence, stream->worker, count, &first, fault);
    if (status != STATUS_OK) {
        return status;
    }
    size_t frame_at;
    struct buf *out = segment_writer_begin(stream->writer, &frame_at);
    for (uint32_t i = 0; i < count && buf_status(out) == STATUS_OK; i++) {
        events[i].ingest_seq = first + i;
        size_t at = frame_event_begin(out);
        if (write_row(self, i, events[i].ingest_seq, out) != STATUS_OK &&
            buf_status(out) == STATUS_OK) {
            out->status = STATUS_TOO_BIG;
        }
        frame_event_end(out, at, &events[i]);
    }
    status = segment_writer_end(stream->writer, frame_at, count, fault);
    if (status == STATUS_OK && stream->gathered_first == SEQUENCE_NOTHING) {
        stream->gathered_first = first;
    }
    return status;
}

static enum segment_sync choose_sync(const struct journal_stream *stream)
{
    const struct journal_options *options = stream->options;
    int64_t age_ms = clock_monotonic_ms(options->clock) - stream->synced_ms;
    bool is_due = options->sync == JOURNAL_DURABLE ||
                  (options->sync == JOURNAL_INTERVAL && age_ms >= options->interval_ms);
    return is_due ? SEGMENT_SYNC_NOW : SEGMENT_SYNC_LATER;
}

static void note_sync(struct journal_stream *stream)
{
    if (stream->sync == SEGMENT_SYNC_NOW) {
        stream->synced_ms = clock_monotonic_ms(stream->options->clock);
        sync_pace_note(&stream->pace, stream->took_ns, stream->committed_bytes);
        atomic_store(&stream->mean_sync_ns, stream->pace.mean_ns);
    }
    stream->owes_sync =
        stream->options->sync == JOURNAL_INTERVAL && stream->sync == SEGMENT_SYNC_LATER;
}

static void note_durable(struct journal_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    segment_writer_durable(stream->writer, &stream->durable_number, &stream->durable_offset);
    atomic_store(&stream->newest, stream->durable_number);
    atomic_store(&stream->written, segment_writer_written(stream->writer));
    pthread_mutex_unlock(&stream->lock);
}

/* With the gate closed, between two commits. */
static enum status renew(struct journal_stream *stream, struct fault *fault)
{
    uint32_t number;
    uint64_t offset;
    stream->wants_renewal = false;
    if (stream->spares) {
        segment_spares_purge(stream->spares);
    }
    enum status status = segment_writer_renew(stream->writer, fault);
    segment_writer_durable(stream->writer, &number, &offset);
    /* What failed is left all the same: its successor is the next commit's. */
    atomic_store(&stream->clean_from, status == STATUS_OK ? number : number + 1);
    note_durable(stream);
    return status;
}

static enum status end_commit(struct journal_stream *stream, struct fault *fault)
{
    segment_writer_attach(stream->writer);
    note_sync(stream);
    stream->is_under_way = false;
    struct fault ignored;
    if (stream->wants_renewal && renew(stream, &ignored) != STATUS_OK) {
        stream->wants_renewal = true; /* with the next one */
    }
    note_durable(stream);
    /* Only now: who sees the number settled must also see how far the stream is durable. */
    sequence_settle(stream->sequence, stream->worker, stream->gathered_first);
    return stream->status == STATUS_OK ? STATUS_OK
                                       : fault_set(fault, stream->status, "%s", stream->fault.text);
}

/* False when the ring cannot take it. */
static bool start_in_ring(struct journal_stream *stream)
{
    if (!stream->ring) {
        return false;
    }
    stream->begin_ns = clock_stopwatch_ns();
    stream->took_ns = -1;
    return segment_writer_start(stream->writer, stream->ring);
}

/* False when it goes on elsewhere. */
static bool run_commit(struct journal_stream *stream, bool may_wait)
{
    bool is_quick = sync_pace_is_quick(&stream->pace);
    bool is_waited_for = is_quick && (may_wait || !stream->ring);
    if (stream->sync == SEGMENT_SYNC_LATER || is_waited_for) {
        write_detached(stream);
        return true;
    }
    if (!start_in_ring(stream)) {
        committer_go(stream->committer);
    }
    return false;
}

static bool start_commit(struct journal_stream *stream, bool may_wait, enum status *status,
                         struct fault *fault)
{
    stream->sync = choose_sync(stream);
    bool has_gathered = segment_writer_gathered(stream->writer) > 0;
    *status = STATUS_OK;
    if (!has_gathered && !(stream->owes_sync && stream->sync == SEGMENT_SYNC_NOW)) {
        sequence_settle(stream->sequence, stream->worker, SEQUENCE_NOTHING);
        return true;
    }
    stream->committed_bytes = segment_writer_gathered(stream->writer);
    segment_writer_detach(stream->writer);
    stream->gathered_first = SEQUENCE_NOTHING;
    stream->is_under_way = true;
    if (!run_commit(stream, may_wait)) {
        return false;
    }
    *status = end_commit(stream, fault);
    return true;
}

bool journal_stream_commit_start(struct journal_stream *stream, bool may_wait, enum status *status,
                                 struct fault *fault)
{
    pthread_mutex_lock(&stream->gate);
    bool is_done = start_commit(stream, may_wait, status, fault);
    pthread_mutex_unlock(&stream->gate);
    return is_done;
}

bool journal_stream_is_committing(const struct journal_stream *stream)
{
    return committer_is_busy(stream->committer) ||
           (stream->ring && disk_ring_is_busy(stream->ring));
}

/* What the ring could not write goes into the next segment, by the committer. */
static enum status end_in_ring(struct journal_stream *stream, struct fault *fault)
{
    look_at_ring(stream);
    enum status status = disk_ring_end(stream->ring, &stream->fault);
    if (status == STATUS_BUSY) {
        return fault_set(fault, status, "the commit is under way");
    }
    stream->status = segment_writer_end_start(stream->writer, status, &stream->fault);
    if (stream->status == STATUS_OK) {
        return end_commit(stream, fault);
    }
    committer_go(stream->committer);
    return fault_set(fault, STATUS_BUSY, "the commit is tried elsewhere");
}

static enum status finish_commit(struct journal_stream *stream, struct fault *fault)
{
    bool has_run = committer_read(stream->committer); /* the ring raises its descriptor, too */
    if (stream->ring && disk_ring_is_busy(stream->ring)) {
        return end_in_ring(stream, fault);
    }
    if (!has_run) {
        return fault_set(fault, STATUS_BUSY, "the commit is under way");
    }
    return end_commit(stream, fault);
}

enum status journal_stream_commit_end(struct journal_stream *stream, struct fault *fault)
{
    pthread_mutex_lock(&stream->gate);
    enum status status = finish_commit(stream, fault);
    pthread_mutex_unlock(&stream->gate);
    return status;
}

enum status journal_stream_renew(struct journal_stream *stream, struct fault *fault)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&stream->gate);
    if (stream->is_under_way) {
        stream->wants_renewal = true;
    } else {
        status = renew(stream, fault);
    }
    pthread_mutex_unlock(&stream->gate);
    return status;
}

bool journal_stream_is_renewed(struct journal_stream *stream)
{
    pthread_mutex_lock(&stream->gate);
    bool is_waiting = stream->wants_renewal;
    pthread_mutex_unlock(&stream->gate);
    return !is_waiting && atomic_load(&stream->needed) >= atomic_load(&stream->clean_from);
}

uint64_t journal_stream_spool_bytes(struct journal_stream *stream)
{
    uint32_t newest = atomic_load(&stream->newest);
    uint32_t needed = atomic_load(&stream->needed);
    uint64_t segments = newest >= needed ? (uint64_t)newest - needed + 1 : 0;
    return segments * stream->options->segment_bytes;
}
