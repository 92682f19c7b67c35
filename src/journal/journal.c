#include "journal/journal.h"

#include "base/file.h"
#include "journal/data_folder.h"
#include "journal/sequence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STREAM_NAME_BYTES = 24, OLD_STREAMS_MAX = 4096 };

struct stream {
    uint64_t id;
    int folder_fd; /* -1 until the first append */
    struct segment_writer *writer;
    struct buf rows; /* of the request that is being appended */
    pthread_mutex_t lock;
    uint32_t durable_number; /* under the lock */
    uint64_t durable_offset;
};

struct journal {
    struct journal_options options;
    int folder_fd;
    struct sequence *sequence;
    struct stream *streams;
    uint64_t *old_streams;
    size_t old_count;
};

static void stream_name(uint64_t id, char name[STREAM_NAME_BYTES])
{
    snprintf(name, STREAM_NAME_BYTES, "%020llu", (unsigned long long)id);
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static enum status list_old_streams(struct journal *journal, struct fault *fault)
{
    int own_fd = openat(journal->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read the journal's folder");
    }
    journal->old_streams = calloc(OLD_STREAMS_MAX, sizeof(*journal->old_streams));
    enum status status = journal->old_streams
                             ? STATUS_OK
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory for streams");
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        struct view name = view_from_text(entry->d_name);
        uint64_t id;
        if (name.len != 20 || !view_to_uint64(name, &id)) {
            continue;
        }
        if (journal->old_count == OLD_STREAMS_MAX) {
            status = fault_set(fault, STATUS_TOO_BIG,
                               "over %d streams wait in the journal; the lake must take them first",
                               OLD_STREAMS_MAX);
            break;
        }
        journal->old_streams[journal->old_count++] = id;
    }
    closedir(folder);
    if (journal->old_count > 1) {
        qsort(journal->old_streams, journal->old_count, sizeof(*journal->old_streams), by_value);
    }
    return status;
}

static enum status open_streams(struct journal *journal, struct fault *fault)
{
    unsigned workers = journal->options.workers;
    journal->streams = calloc(workers, sizeof(*journal->streams));
    if (!journal->streams) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %u workers", workers);
    }
    for (unsigned i = 0; i < workers; i++) {
        journal->streams[i].folder_fd = -1;
        pthread_mutex_init(&journal->streams[i].lock, NULL);
        buf_init(&journal->streams[i].rows, FRAME_BYTES_MAX);
    }
    for (unsigned i = 0; i < workers; i++) {
        enum status status = sequence_take(journal->sequence, i, 1, &journal->streams[i].id, fault);
        sequence_settle(journal->sequence, i);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status journal_open(struct journal **journal, const struct journal_options *options,
                         struct fault *fault)
{
    struct journal *made = calloc(1, sizeof(*made));
    *journal = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the journal");
    }
    made->options = *options;
    made->folder_fd = -1;
    enum status status =
        data_folder_enter(options->data_fd, "journal", true, &made->folder_fd, fault);
    if (status == STATUS_OK) {
        status = list_old_streams(made, fault);
    }
    if (status == STATUS_OK) {
        status = sequence_open(&made->sequence, made->folder_fd, options->workers, fault);
    }
    if (status == STATUS_OK) {
        status = open_streams(made, fault);
    }
    if (status != STATUS_OK) {
        journal_close(made);
        return status;
    }
    *journal = made;
    return STATUS_OK;
}

static void close_stream(struct stream *stream)
{
    segment_writer_close(stream->writer);
    buf_free(&stream->rows);
    pthread_mutex_destroy(&stream->lock);
    if (stream->folder_fd >= 0) {
        close(stream->folder_fd);
    }
}

void journal_close(struct journal *journal)
{
    if (!journal) {
        return;
    }
    for (unsigned i = 0; journal->streams && i < journal->options.workers; i++) {
        close_stream(&journal->streams[i]);
    }
    sequence_close(journal->sequence);
    if (journal->folder_fd >= 0) {
        close(journal->folder_fd);
    }
    free(journal->streams);
    free(journal->old_streams);
    free(journal);
}

/* A worker that never gets an event leaves no folder. */
static enum status begin_stream(struct journal *journal, struct stream *stream, struct fault *fault)
{
    if (stream->writer) {
        return STATUS_OK;
    }
    char name[STREAM_NAME_BYTES];
    stream_name(stream->id, name);
    enum status status = STATUS_OK;
    if (stream->folder_fd < 0) {
        status = data_folder_enter(journal->folder_fd, name, true, &stream->folder_fd, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct segment_writer_options options = {
        .folder_fd = stream->folder_fd,
        .stream = stream->id,
        .segment_bytes = journal->options.segment_bytes,
        .gather_bytes = journal->options.gather_bytes,
        .clock = journal->options.clock,
        .disk = journal->options.disk,
    };
    return segment_writer_open(&stream->writer, &options, fault);
}

/* All rows of the request, one behind the other; views are set only when none can move any more. */
static enum status write_rows(struct stream *stream, struct frame_event *events, uint32_t count,
                              journal_row_fn *write_row, void *self, struct fault *fault)
{
    enum status status = STATUS_OK;
    buf_clear(&stream->rows);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        size_t begin = stream->rows.len;
        status = write_row(self, i, events[i].ingest_seq, &stream->rows);
        events[i].row = view_make(NULL, stream->rows.len - begin);
    }
    if (status != STATUS_OK) {
        return fault_set(fault, status, "the rows of %u events do not fit into one frame", count);
    }
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        events[i].row.at = stream->rows.at + at;
        at += events[i].row.len;
    }
    return STATUS_OK;
}

enum status journal_append(struct journal *journal, unsigned worker, struct frame_event *events,
                           uint32_t count, journal_row_fn *write_row, void *self,
                           struct fault *fault)
{
    struct stream *stream = &journal->streams[worker];
    uint64_t first = 0;
    enum status status = begin_stream(journal, stream, fault);
    if (status == STATUS_OK) {
        status = sequence_take(journal->sequence, worker, count, &first, fault);
    }
    for (uint32_t i = 0; i < count; i++) {
        events[i].ingest_seq = first + i;
    }
    if (status == STATUS_OK) {
        status = write_rows(stream, events, count, write_row, self, fault);
    }
    if (status == STATUS_OK) {
        status = segment_writer_append(stream->writer, events, count, fault);
    }
    return status;
}

enum status journal_commit(struct journal *journal, unsigned worker, struct fault *fault)
{
    struct stream *stream = &journal->streams[worker];
    enum status status = stream->writer ? segment_writer_commit(stream->writer, fault) : STATUS_OK;
    if (stream->writer) {
        pthread_mutex_lock(&stream->lock);
        segment_writer_durable(stream->writer, &stream->durable_number, &stream->durable_offset);
        pthread_mutex_unlock(&stream->lock);
    }
    /* Only now: who sees the number settled must also see how far the stream is durable. */
    sequence_settle(journal->sequence, worker);
    return status;
}

uint64_t journal_stable(struct journal *journal)
{
    return sequence_stable(journal->sequence);
}

void journal_durable(struct journal *journal, unsigned worker, uint64_t *stream_id,
                     uint32_t *number, uint64_t *offset)
{
    struct stream *stream = &journal->streams[worker];
    *stream_id = stream->id;
    pthread_mutex_lock(&stream->lock);
    *number = stream->durable_number;
    *offset = stream->durable_offset;
    pthread_mutex_unlock(&stream->lock);
}

size_t journal_old_streams(struct journal *journal, uint64_t *ids, size_t room)
{
    for (size_t i = 0; i < journal->old_count && i < room; i++) {
        ids[i] = journal->old_streams[i];
    }
    return journal->old_count;
}

enum status journal_stream_folder(struct journal *journal, uint64_t stream, int *fd,
                                  struct fault *fault)
{
    char name[STREAM_NAME_BYTES];
    stream_name(stream, name);
    return data_folder_enter(journal->folder_fd, name, false, fd, fault);
}

static enum status remove_segments(int folder_fd, uint32_t needed, struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read a stream's folder");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        struct view name = view_from_text(entry->d_name);
        uint64_t number;
        bool is_segment = name.len == 14 && view_ends_with(name, ".seg") &&
                          view_to_uint64(view_part(name, 0, 10), &number);
        if (is_segment && number < needed && unlinkat(folder_fd, entry->d_name, 0) != 0) {
            status = fault_errno(fault, errno, "cannot remove segment %s", entry->d_name);
        }
    }
    closedir(folder);
    return status;
}

enum status journal_release(struct journal *journal, uint64_t stream, uint32_t needed, bool is_done,
                            struct fault *fault)
{
    int fd = -1;
    enum status status = journal_stream_folder(journal, stream, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    status = remove_segments(fd, is_done ? UINT32_MAX : needed, fault);
    close(fd);
    char name[STREAM_NAME_BYTES];
    stream_name(stream, name);
    if (status == STATUS_OK && is_done && unlinkat(journal->folder_fd, name, AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
        status = fault_errno(fault, errno, "cannot remove stream %s", name);
    }
    return status;
}
