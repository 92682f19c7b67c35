#include "journal/segment_writer.h"

#include "base/file.h"
#include "journal/frame_gathering.h"
#include "journal/segment_fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { REFUSALS_MAX = 3 };

struct segment_writer {
    struct segment_writer_options options;
    int folder_fd;
    int fd;           /* -1 before the first segment and after one was abandoned */
    int direct_fd;    /* the same file for the ring; -1: it cannot be */
    bool is_prepared; /* all of its blocks were written before */
    bool has_header;  /* else it goes with the first commit */
    char *header;     /* a block, aligned */
    struct frame_segment segment;
    uint64_t end;         /* of the segment: what stands behind was never promised */
    bool is_dirty;        /* some of it was left to the system to sync */
    uint32_t last_number; /* the segment before this one that holds something, and its end */
    uint64_t last_end;
    uint32_t durable_number;
    uint64_t durable_offset;
    uint64_t written;
    unsigned refusals; /* of direct writes, in a row, where others were taken */
    struct frame_gathering gathered;
    struct frame_gathering detached;
};

enum status segment_writer_open(struct segment_writer **writer,
                                const struct segment_writer_options *options, struct fault *fault)
{
    struct segment_writer *made = calloc(1, sizeof(*made));
    *writer = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a journal writer");
    }
    made->options = *options;
    made->folder_fd = made->fd = made->direct_fd = -1;
    made->segment.stream = options->stream;
    made->header = aligned_alloc(DISK_BLOCK_BYTES, DISK_BLOCK_BYTES); /* as a direct write wants */
    if (!made->header) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a journal writer");
    }
    memset(made->header, 0, DISK_BLOCK_BYTES);
    enum status status = frame_gathering_make(&made->gathered, options->gather_bytes, fault);
    return status == STATUS_OK ? frame_gathering_make(&made->detached, options->gather_bytes, fault)
                               : status;
}

static void close_files(struct segment_writer *writer)
{
    if (writer->direct_fd >= 0) {
        close(writer->direct_fd);
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    writer->fd = writer->direct_fd = -1;
}

void segment_writer_set_folder(struct segment_writer *writer, int folder_fd)
{
    writer->folder_fd = folder_fd;
}

struct buf *segment_writer_begin(struct segment_writer *writer, size_t *frame_at)
{
    *frame_at = frame_begin(&writer->gathered.bytes);
    return &writer->gathered.bytes;
}

enum status segment_writer_end(struct segment_writer *writer, size_t frame_at, uint32_t events,
                               struct fault *fault)
{
    size_t spare = writer->options.is_direct ? DISK_BLOCK_BYTES : 0;
    enum status status = frame_gathering_close(&writer->gathered, frame_at, events, spare);
    return status == STATUS_OK
               ? STATUS_OK
               : fault_set(fault, status, "%u events do not fit into one journal frame", events);
}

enum status segment_writer_append(struct segment_writer *writer, const struct frame_event *events,
                                  uint32_t count, struct fault *fault)
{
    size_t frame_at;
    struct buf *out = segment_writer_begin(writer, &frame_at);
    for (uint32_t i = 0; i < count; i++) {
        frame_add(out, &events[i]);
    }
    return segment_writer_end(writer, frame_at, count, fault);
}

size_t segment_writer_gathered(const struct segment_writer *writer)
{
    return writer->gathered.bytes.len;
}

static void remove_segment(struct segment_writer *writer)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name(writer->segment.number, name);
    unlinkat(writer->folder_fd, name, 0);
}

void segment_writer_close(struct segment_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->fd >= 0 && writer->end == writer->segment.first) {
        remove_segment(writer);
    } else if (writer->fd >= 0) {
        /* A courtesy: readers end at the last frame anyway. */
        int ignored = ftruncate(writer->fd, (off_t)writer->end);
        (void)ignored;
    }
    close_files(writer);
    frame_gathering_free(&writer->gathered);
    frame_gathering_free(&writer->detached);
    free(writer->header);
    free(writer);
}

/* Lets go of the open segment: the next one's header says where it ends. */
static void leave_segment(struct segment_writer *writer)
{
    if (writer->fd < 0) {
        return;
    }
    close_files(writer);
    writer->is_dirty = false;
    if (writer->end == writer->segment.first && writer->durable_number < writer->segment.number) {
        /* Nothing in it was ever promised. What it was to say of an earlier one, the next says. */
        remove_segment(writer);
        return;
    }
    writer->last_number = writer->segment.number;
    writer->last_end = writer->end;
}

static void abandon_segment(struct segment_writer *writer)
{
    if (writer->fd >= 0) {
        /* Only a courtesy to readers: the next segment's header is what counts. */
        int ignored = ftruncate(writer->fd, (off_t)writer->end);
        (void)ignored;
    }
    leave_segment(writer);
}

/* Where the file system has no such thing, all goes as it does without. */
static void open_direct(struct segment_writer *writer, const char *name)
{
    writer->direct_fd = writer->options.is_direct
                            ? openat(writer->folder_fd, name, O_RDWR | O_CLOEXEC | O_DIRECT)
                            : -1;
}

static enum status open_file(struct segment_writer *writer, struct segment_fresh *fresh,
                             struct fault *fault)
{
    struct segment_fresh_place place = {.folder_fd = writer->folder_fd,
                                        .number = writer->segment.number + 1,
                                        .spares = writer->options.spares};
    enum status status = segment_fresh_open(fresh, &place, fault);
    if (status == STATUS_OK) {
        writer->fd = fresh->fd;
        open_direct(writer, fresh->name);
    }
    return status;
}

static void make_header(struct segment_writer *writer)
{
    writer->segment.created_ms = clock_now_ms(writer->options.clock);
    writer->segment.ended_number = writer->last_number;
    writer->segment.ended_offset = writer->last_end;
    writer->segment.first =
        writer->options.is_direct ? DISK_BLOCK_BYTES : FRAME_SEGMENT_HEADER_BYTES;
    frame_write_segment(&writer->segment, writer->header);
    writer->end = writer->segment.first;
}

static struct view header_of(const struct segment_writer *writer)
{
    return view_make(writer->header, writer->segment.first);
}

/* Opens the next segment; its header is still to be written. */
static enum status open_segment(struct segment_writer *writer, struct segment_fresh *fresh,
                                struct fault *fault)
{
    enum status status = open_file(writer, fresh, fault);
    if (status == STATUS_OK) {
        writer->segment.number++;
        writer->is_prepared = fresh->is_spare;
        writer->has_header = false;
        make_header(writer);
    }
    return status;
}

static enum status begin_segment(struct segment_writer *writer, struct fault *fault)
{
    struct segment_fresh fresh;
    enum status status = open_segment(writer, &fresh, fault);
    if (status == STATUS_OK && !fresh.is_safe) {
        status = file_sync_folder(writer->folder_fd, fault);
        if (status != STATUS_OK) {
            leave_segment(writer);
        }
    }
    return status;
}

/* Where a commit of so many bytes would end in the open segment. */
static uint64_t end_behind(const struct segment_writer *writer, size_t bytes)
{
    uint64_t end = writer->end + bytes;
    uint64_t over = writer->options.is_direct ? end % DISK_BLOCK_BYTES : 0;
    return over > 0 ? end + DISK_BLOCK_BYTES - over : end;
}

/* Makes the detached frames ready for where the open segment ends. */
static enum status place_frames(struct segment_writer *writer, struct fault *fault)
{
    struct frame_gathering *detached = &writer->detached;
    size_t bytes = (size_t)(end_behind(writer, detached->closed) - writer->end);
    enum status status = frame_gathering_place(detached, &writer->segment, writer->end, bytes);
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "no room to pad a journal frame");
}

static enum status sync_segment(struct segment_writer *writer, struct fault *fault)
{
    struct segment_disk *disk = &writer->options.disk;
    enum status status = disk->sync(disk->self, writer->fd, fault);
    writer->is_dirty = writer->is_dirty && status != STATUS_OK;
    return status;
}

/* All of them stand in the segment now. */
static void frames_stand(struct segment_writer *writer)
{
    size_t bytes = writer->detached.bytes.len;
    writer->has_header = true;
    writer->end += bytes;
    writer->written += bytes;
    writer->durable_number = writer->segment.number;
    writer->durable_offset = writer->end;
}

/* What is still to be written of the header, and the frames. */
static struct disk_write write_of(const struct segment_writer *writer)
{
    struct view frames = buf_view(&writer->detached.bytes);
    return writer->has_header
               ? (struct disk_write){writer->direct_fd, writer->end, {frames}}
               : (struct disk_write){writer->direct_fd, 0, {header_of(writer), frames}};
}

static enum status write_plain(struct segment_writer *writer, enum segment_sync sync,
                               struct fault *fault)
{
    struct segment_disk *disk = &writer->options.disk;
    enum status status = STATUS_OK;
    if (!writer->has_header) {
        status = disk->write_at(disk->self, writer->fd, header_of(writer), 0, fault);
    }
    if (status == STATUS_OK) {
        status = disk->write_at(disk->self, writer->fd, buf_view(&writer->detached.bytes),
                                writer->end, fault);
    }
    return status == STATUS_OK && sync == SEGMENT_SYNC_NOW ? sync_segment(writer, fault) : status;
}

/* How a write is to reach the disk. */
enum way { WAY_DIRECT, WAY_PLAIN };

static enum way best_way(const struct segment_writer *writer, enum segment_sync sync)
{
    bool can_be = sync == SEGMENT_SYNC_NOW && writer->direct_fd >= 0 && !writer->is_dirty;
    return can_be ? WAY_DIRECT : WAY_PLAIN;
}

static enum status write_frames(struct segment_writer *writer, enum segment_sync sync, enum way way,
                                struct fault *fault)
{
    enum status status = place_frames(writer, fault);
    if (status == STATUS_OK && way == WAY_DIRECT) {
        struct disk_write write = write_of(writer);
        status = writer->options.disk.write_direct(writer->options.disk.self, &write, fault);
    } else if (status == STATUS_OK) {
        status = write_plain(writer, sync, fault);
    }
    if (status == STATUS_OK) {
        status = segment_fresh_is_there(writer->fd, writer->segment.number, fault);
    }
    if (status == STATUS_OK) {
        writer->is_dirty = writer->is_dirty || sync == SEGMENT_SYNC_LATER;
        frames_stand(writer);
    }
    return status;
}

/* A segment that is left must not keep what was only lent to the system. */
static enum status next_segment(struct segment_writer *writer, struct fault *fault)
{
    enum status status = writer->is_dirty ? sync_segment(writer, fault) : STATUS_OK;
    leave_segment(writer);
    return status == STATUS_OK ? begin_segment(writer, fault) : status;
}

void segment_writer_detach(struct segment_writer *writer)
{
    struct frame_gathering empty = writer->detached;
    writer->detached = writer->gathered;
    writer->gathered = empty;
}

static enum status sync_leftover(struct segment_writer *writer, enum segment_sync sync,
                                 struct fault *fault)
{
    if (!writer->is_dirty || sync != SEGMENT_SYNC_NOW) {
        return STATUS_OK;
    }
    enum status status = sync_segment(writer, fault);
    if (status != STATUS_OK) {
        leave_segment(writer);
    }
    return status;
}

static bool fits(const struct segment_writer *writer)
{
    return end_behind(writer, writer->detached.closed) <= writer->options.segment_bytes;
}

static bool has_prepared(const struct segment_writer *writer)
{
    struct segment_spares *spares = writer->options.spares;
    return spares && segment_spares_has(spares, writer->segment.number + 1);
}

/* A file that was not prepared is left for one that was as soon as there is one. */
static bool wants_next(const struct segment_writer *writer)
{
    bool is_better = writer->options.is_direct && !writer->is_prepared && has_prepared(writer);
    return writer->fd < 0 || !fits(writer) || is_better;
}

/* A file system may take direct writes when it is asked, and then refuse each. */
static void note_refusal(struct segment_writer *writer)
{
    if (++writer->refusals < REFUSALS_MAX) {
        return;
    }
    writer->options.is_direct = false;
    if (writer->direct_fd >= 0) {
        close(writer->direct_fd);
        writer->direct_fd = -1;
    }
}

enum status segment_writer_write(struct segment_writer *writer, enum segment_sync sync,
                                 struct fault *fault)
{
    if (writer->detached.frames == 0) {
        return sync_leftover(writer, sync, fault);
    }
    enum status status = wants_next(writer) ? next_segment(writer, fault) : STATUS_OK;
    enum way way = best_way(writer, sync);
    if (status == STATUS_OK) {
        status = write_frames(writer, sync, way, fault);
    }
    if (status == STATUS_OK) {
        writer->refusals = 0;
        return status;
    }
    abandon_segment(writer);
    status = begin_segment(writer, fault);
    if (status == STATUS_OK) {
        status = write_frames(writer, sync, WAY_PLAIN, fault);
    }
    if (status != STATUS_OK) {
        abandon_segment(writer);
    } else if (way == WAY_DIRECT) {
        note_refusal(writer);
    }
    return status;
}

void segment_writer_attach(struct segment_writer *writer)
{
    frame_gathering_clear(&writer->detached);
}

/* Goes over to the next segment when it was prepared to its name: nothing is waited for. */
static bool enter_prepared(struct segment_writer *writer)
{
    struct segment_fresh fresh;
    struct fault ignored;
    if (!has_prepared(writer)) {
        return false;
    }
    leave_segment(writer);
    return open_segment(writer, &fresh, &ignored) == STATUS_OK;
}

static bool can_start(const struct segment_writer *writer)
{
    return writer->is_prepared && writer->direct_fd >= 0 && fits(writer);
}

bool segment_writer_start(struct segment_writer *writer, struct disk_ring *ring)
{
    struct fault ignored;
    if (writer->detached.frames == 0 || writer->is_dirty) {
        return false;
    }
    bool can_be = can_start(writer) || (enter_prepared(writer) && can_start(writer));
    if (!can_be || place_frames(writer, &ignored) != STATUS_OK) {
        return false;
    }
    struct disk_write write = write_of(writer);
    return disk_ring_write(ring, &write, &ignored) == STATUS_OK;
}

enum status segment_writer_end_start(struct segment_writer *writer, enum status status,
                                     struct fault *fault)
{
    if (status == STATUS_OK) {
        status = segment_fresh_is_there(writer->fd, writer->segment.number, fault);
    }
    if (status == STATUS_OK) {
        frames_stand(writer);
    } else {
        abandon_segment(writer);
    }
    return status;
}

enum status segment_writer_commit(struct segment_writer *writer, struct fault *fault)
{
    segment_writer_detach(writer);
    enum status status = segment_writer_write(writer, SEGMENT_SYNC_NOW, fault);
    segment_writer_attach(writer);
    return status;
}

static enum status write_header(struct segment_writer *writer, struct fault *fault)
{
    struct segment_disk *disk = &writer->options.disk;
    enum status status = disk->write_at(disk->self, writer->fd, header_of(writer), 0, fault);
    if (status == STATUS_OK) {
        status = sync_segment(writer, fault);
    }
    return status == STATUS_OK ? segment_fresh_is_there(writer->fd, writer->segment.number, fault)
                               : status;
}

enum status segment_writer_renew(struct segment_writer *writer, struct fault *fault)
{
    bool is_new = writer->fd >= 0 && writer->end == writer->segment.first &&
                  writer->durable_number == writer->segment.number;
    bool has_begun = writer->fd >= 0 || writer->last_number > 0;
    if (is_new || !has_begun) {
        return STATUS_OK;
    }
    enum status status = next_segment(writer, fault);
    if (status == STATUS_OK) {
        status = write_header(writer, fault);
    }
    if (status != STATUS_OK) {
        abandon_segment(writer);
        return status;
    }
    writer->has_header = true;
    writer->durable_number = writer->segment.number;
    writer->durable_offset = writer->end;
    return STATUS_OK;
}

void segment_writer_durable(const struct segment_writer *writer, uint32_t *number, uint64_t *offset)
{
    *number = writer->durable_number;
    *offset = writer->durable_offset;
}

uint64_t segment_writer_written(const struct segment_writer *writer)
{
    return writer->written;
}
