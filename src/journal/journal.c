#include "journal/journal.h"

#include "base/file.h"
#include "journal/data_folder.h"
#include "journal/journal_keeper.h"
#include "journal/journal_stream.h"
#include "journal/stream_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OLD_STREAMS_MAX = 4096 };

struct journal {
    struct journal_options options;
    int folder_fd;
    struct sequence *sequence;
    struct journal_stream *streams;
    struct journal_keeper *keeper;
    _Atomic bool has_room; /* of the file system */
    _Atomic bool is_closed;
    _Atomic uint64_t old_bytes;   /* of streams of earlier starts */
    _Atomic uint64_t spool_bytes; /* as last counted */
    uint64_t *old_streams;
    size_t old_count;
    _Atomic size_t old_left; /* of these, not released yet */
};

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
    atomic_store(&journal->old_left, journal->old_count);
    if (journal->old_count > 1) {
        qsort(journal->old_streams, journal->old_count, sizeof(*journal->old_streams), by_value);
    }
    return status;
}

/* What cannot be looked at counts nothing here: whoever reads it will say why. */
static void count_old_bytes(struct journal *journal)
{
    for (size_t i = 0; i < journal->old_count; i++) {
        int fd;
        struct fault ignored;
        if (journal_stream_folder(journal, journal->old_streams[i], &fd, &ignored) == STATUS_OK) {
            atomic_fetch_add(&journal->old_bytes, stream_folder_bytes(fd));
            close(fd);
        }
    }
}

static void count_spool(struct journal *journal)
{
    uint64_t bytes = atomic_load(&journal->old_bytes);
    for (unsigned i = 0; i < journal->options.workers; i++) {
        bytes += journal_stream_spool_bytes(&journal->streams[i]);
    }
    atomic_store(&journal->spool_bytes, bytes);
}

static enum status open_streams(struct journal *journal, struct fault *fault)
{
    unsigned workers = journal->options.workers;
    journal->streams = calloc(workers, sizeof(*journal->streams));
    if (!journal->streams) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %u workers", workers);
    }
    for (unsigned i = 0; i < workers; i++) {
        struct journal_stream *stream = &journal->streams[i];
        stream->worker = i;
        stream->options = &journal->options;
        stream->sequence = journal->sequence;
        stream->journal_fd = journal->folder_fd;
        enum status status = journal_stream_open(stream, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    count_old_bytes(journal);
    count_spool(journal);
    return journal->options.has_keeper ? journal_keeper_start(&journal->keeper, journal->streams,
                                                              workers, &journal->has_room, fault)
                                       : STATUS_OK;
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
    atomic_store(&made->has_room, true);
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

void journal_close(struct journal *journal)
{
    if (!journal) {
        return;
    }
    journal_keeper_stop(journal->keeper);
    for (unsigned i = 0; journal->streams && i < journal->options.workers; i++) {
        journal_stream_close(&journal->streams[i]);
    }
    sequence_close(journal->sequence);
    if (journal->folder_fd >= 0) {
        close(journal->folder_fd);
    }
    free(journal->streams);
    free(journal->old_streams);
    free(journal);
}

enum status journal_check_spool(struct journal *journal, struct fault *fault)
{
    uint64_t ceiling = journal->options.spool_bytes;
    if (ceiling > 0 && atomic_load(&journal->spool_bytes) > ceiling) {
        return fault_set(fault, STATUS_FULL,
                         "the spool is full: %llu bytes wait for the lake (spool-max)",
                         (unsigned long long)atomic_load(&journal->spool_bytes));
    }
    return STATUS_OK;
}

enum status journal_check_disk(struct journal *journal, struct fault *fault)
{
    if (atomic_load(&journal->is_closed)) {
        return fault_set(fault, STATUS_FULL, "the data folder takes all that it may (disk-budget)");
    }
    if (!atomic_load(&journal->has_room)) {
        return fault_set(fault, STATUS_FULL,
                         "the disk is nearly full: less than %llu bytes are free (disk-reserve)",
                         (unsigned long long)journal->options.free_bytes);
    }
    return STATUS_OK;
}

enum status journal_append(struct journal *journal, unsigned worker, struct frame_event *events,
                           uint32_t count, journal_row_fn *write_row, void *self,
                           struct fault *fault)
{
    enum status status = journal_check_spool(journal, fault);
    status = status == STATUS_OK ? journal_check_disk(journal, fault) : status;
    return status == STATUS_OK ? journal_stream_append(&journal->streams[worker], events, count,
                                                       write_row, self, fault)
                               : status;
}

size_t journal_gathered(const struct journal *journal, unsigned worker)
{
    return segment_writer_gathered(journal->streams[worker].writer);
}

bool journal_commit_start(struct journal *journal, unsigned worker, bool may_wait,
                          enum status *status, struct fault *fault)
{
    bool is_done = journal_stream_commit_start(&journal->streams[worker], may_wait, status, fault);
    count_spool(journal);
    return is_done;
}

bool journal_has_ring(const struct journal *journal, unsigned worker)
{
    return journal->streams[worker].ring != NULL;
}

const char *journal_ring_fault(const struct journal *journal)
{
    return journal->streams[0].ring_fault.text;
}

bool journal_is_committing(const struct journal *journal, unsigned worker)
{
    return journal_stream_is_committing(&journal->streams[worker]);
}

int journal_commit_fd(const struct journal *journal, unsigned worker)
{
    return committer_fd(journal->streams[worker].committer);
}

enum status journal_commit_end(struct journal *journal, unsigned worker, struct fault *fault)
{
    enum status status = journal_stream_commit_end(&journal->streams[worker], fault);
    count_spool(journal);
    return status;
}

static enum status wait_for_commit(struct journal *journal, unsigned worker, struct fault *fault)
{
    struct pollfd done = {.fd = journal_commit_fd(journal, worker), .events = POLLIN};
    enum status status;
    while ((status = journal_commit_end(journal, worker, fault)) == STATUS_BUSY) {
        poll(&done, 1, -1);
    }
    return status;
}

enum status journal_commit(struct journal *journal, unsigned worker, struct fault *fault)
{
    enum status status;
    bool is_done = journal_commit_start(journal, worker, true, &status, fault);
    return is_done ? status : wait_for_commit(journal, worker, fault);
}

enum status journal_finish(struct journal *journal, struct fault *fault)
{
    enum status first = STATUS_OK;
    for (unsigned i = 0; i < journal->options.workers; i++) {
        enum status status = STATUS_OK;
        if (journal_is_committing(journal, i)) {
            status = wait_for_commit(journal, i, fault);
        }
        enum status last = journal_commit(journal, i, fault);
        status = status == STATUS_OK ? last : status;
        first = first == STATUS_OK ? status : first;
    }
    return first;
}

int64_t journal_window_ns(const struct journal *journal, unsigned worker)
{
    return sync_pace_window_ns(&journal->streams[worker].pace);
}

int64_t journal_lull_ns(const struct journal *journal, unsigned worker)
{
    return sync_pace_lull_ns(&journal->streams[worker].pace);
}

bool journal_owes_sync(const struct journal *journal, unsigned worker)
{
    return journal->streams[worker].owes_sync;
}

void journal_set_closed(struct journal *journal, bool is_closed)
{
    atomic_store(&journal->is_closed, is_closed);
}

void journal_set_ceilings(struct journal *journal, uint64_t spool_bytes, uint64_t free_bytes)
{
    atomic_store(&journal->options.spool_bytes, spool_bytes);
    atomic_store(&journal->options.free_bytes, free_bytes);
}

uint64_t journal_spool_bytes(struct journal *journal)
{
    count_spool(journal);
    return atomic_load(&journal->spool_bytes);
}

uint64_t journal_written_bytes(const struct journal *journal)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < journal->options.workers; i++) {
        bytes += atomic_load(&journal->streams[i].written);
    }
    return bytes;
}

int64_t journal_sync_ns(struct journal *journal)
{
    int64_t slowest = 0;
    for (unsigned i = 0; i < journal->options.workers; i++) {
        int64_t mean = atomic_load(&journal->streams[i].mean_sync_ns);
        slowest = mean > slowest ? mean : slowest;
    }
    return slowest;
}

uint64_t journal_stable(struct journal *journal)
{
    return sequence_stable(journal->sequence);
}

void journal_durable(struct journal *journal, unsigned worker, uint64_t *stream_id,
                     uint32_t *number, uint64_t *offset)
{
    struct journal_stream *stream = &journal->streams[worker];
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
    journal_stream_name(stream, name);
    return data_folder_enter(journal->folder_fd, name, false, fd, fault);
}

/* One of this start, or NULL. */
static struct journal_stream *own_stream(struct journal *journal, uint64_t id)
{
    for (unsigned i = 0; i < journal->options.workers; i++) {
        if (journal->streams[i].id == id) {
            return &journal->streams[i];
        }
    }
    return NULL;
}

/* Whether the bytes of that segment may stay, in a spare. */
static bool may_recycle(struct journal_stream *own, uint64_t number)
{
    return own && own->spares && number >= atomic_load(&own->clean_from);
}

/* A segment of this start becomes a spare, of an earlier one goes. */
static enum status release_segment(struct journal_stream *own, int folder_fd, const char *name,
                                   struct fault *fault)
{
    struct stat facts;
    uint64_t number = 0;
    bool is_known = fstatat(folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
                    stream_folder_is_segment(name, &number);
    if (is_known && may_recycle(own, number) &&
        segment_spares_give(own->spares, name, (size_t)facts.st_size)) {
        return STATUS_OK;
    }
    return unlinkat(folder_fd, name, 0) == 0 || errno == ENOENT
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot remove segment %s", name);
}

static enum status release_segments(struct journal_stream *own, int folder_fd, uint32_t needed,
                                    struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read a stream's folder");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        uint64_t number;
        if (stream_folder_is_segment(entry->d_name, &number) && number < needed) {
            status = release_segment(own, folder_fd, entry->d_name, fault);
        }
    }
    closedir(folder);
    return status;
}

static enum status remove_stream(struct journal *journal, uint64_t stream, int folder_fd,
                                 struct fault *fault)
{
    char name[STREAM_NAME_BYTES];
    journal_stream_name(stream, name);
    uint64_t bytes = stream_folder_bytes(folder_fd);
    enum status status = stream_folder_empty(folder_fd, fault);
    if (status == STATUS_OK && unlinkat(journal->folder_fd, name, AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
        status = fault_errno(fault, errno, "cannot remove stream %s", name);
    }
    if (status == STATUS_OK && !own_stream(journal, stream)) {
        uint64_t held = atomic_load(&journal->old_bytes);
        atomic_store(&journal->old_bytes, held > bytes ? held - bytes : 0);
        atomic_fetch_sub(&journal->old_left, 1);
    }
    return status;
}

enum status journal_release(struct journal *journal, uint64_t stream, uint32_t needed, bool is_done,
                            struct fault *fault)
{
    int fd = -1;
    struct journal_stream *own = own_stream(journal, stream);
    enum status status = journal_stream_folder(journal, stream, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (is_done && own) {
        /* Nobody prepares segments for a stream that is over. */
        journal_keeper_stop(journal->keeper);
        journal->keeper = NULL;
    }
    status = is_done ? remove_stream(journal, stream, fd, fault)
                     : release_segments(own, fd, needed, fault);
    close(fd);
    if (own && status == STATUS_OK && !is_done && needed > 0) {
        atomic_store(&own->needed, needed);
    }
    count_spool(journal);
    return status;
}

enum status journal_renew(struct journal *journal, struct fault *fault)
{
    enum status first = STATUS_OK;
    for (unsigned i = 0; i < journal->options.workers; i++) {
        enum status status = journal_stream_renew(&journal->streams[i], fault);
        first = first == STATUS_OK ? status : first;
    }
    return first;
}

bool journal_is_renewed(struct journal *journal)
{
    bool is_renewed = atomic_load(&journal->old_left) == 0;
    for (unsigned i = 0; i < journal->options.workers && is_renewed; i++) {
        is_renewed = journal_stream_is_renewed(&journal->streams[i]);
    }
    return is_renewed;
}
