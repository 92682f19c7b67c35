#include "journal/segment_writer.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAMES_MAX = 8192 };

/* Frames, closed but not sealed: where they will stand is known only when they are written. */
struct gathering {
    struct buf bytes;
    size_t frames;
};

struct segment_writer {
    struct segment_writer_options options;
    int folder_fd;
    int fd; /* -1 before the first segment and after one was abandoned */
    struct frame_segment segment;
    uint64_t end;         /* of the segment: what stands behind was never promised */
    bool is_dirty;        /* some of it was left to the system to sync */
    uint32_t last_number; /* the segment before this one that holds something, and its end */
    uint64_t last_end;
    uint32_t durable_number;
    uint64_t durable_offset;
    uint64_t written;
    struct gathering gathered;
    struct gathering detached;
};

static enum status real_write_at(void *self, int fd, struct view bytes, uint64_t offset,
                                 struct fault *fault)
{
    (void)self;
    return file_write_at(fd, bytes, offset, fault);
}

static enum status real_sync(void *self, int fd, struct fault *fault)
{
    (void)self;
    return fdatasync(fd) == 0 ? STATUS_OK
                              : fault_errno(fault, errno, "cannot sync a journal segment");
}

struct segment_disk segment_disk_real(void)
{
    return (struct segment_disk){.write_at = real_write_at, .sync = real_sync};
}

void segment_name(uint32_t number, char name[SEGMENT_NAME_BYTES])
{
    snprintf(name, SEGMENT_NAME_BYTES, "%010u.seg", number);
}

enum status segment_writer_open(struct segment_writer **writer,
                                const struct segment_writer_options *options, struct fault *fault)
{
    struct segment_writer *made = calloc(1, sizeof(*made));
    *writer = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a journal writer");
    }
    made->options = *options;
    made->folder_fd = made->fd = -1;
    made->segment.stream = options->stream;
    buf_init(&made->gathered.bytes, options->gather_bytes);
    buf_init(&made->detached.bytes, options->gather_bytes);
    return STATUS_OK;
}

void segment_writer_close(struct segment_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->fd >= 0) {
        /* A courtesy: readers end at the last frame anyway. */
        int ignored = ftruncate(writer->fd, (off_t)writer->end);
        (void)ignored;
        close(writer->fd);
    }
    buf_free(&writer->gathered.bytes);
    buf_free(&writer->detached.bytes);
    free(writer);
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
    struct gathering *gathered = &writer->gathered;
    enum status status = frame_end(&gathered->bytes, frame_at, events);
    if (status == STATUS_OK && gathered->frames == FRAMES_MAX) {
        buf_truncate(&gathered->bytes, frame_at);
        status = STATUS_TOO_BIG;
    }
    if (status != STATUS_OK) {
        return fault_set(fault, status, "%u events do not fit into one journal frame", events);
    }
    gathered->frames++;
    return STATUS_OK;
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

/* Lets go of the open segment: the next one's header says where it ends. */
static void leave_segment(struct segment_writer *writer)
{
    if (writer->fd < 0) {
        return;
    }
    close(writer->fd);
    writer->fd = -1;
    writer->is_dirty = false;
    if (writer->end == FRAME_SEGMENT_HEADER_BYTES) {
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

static int open_file(struct segment_writer *writer, const char *name)
{
    struct segment_spares *spares = writer->options.spares;
    bool is_spare = spares && segment_spares_take(spares, name);
    int fresh = is_spare ? 0 : O_CREAT | O_EXCL;
    int fd = openat(writer->folder_fd, name, O_RDWR | O_CLOEXEC | fresh, FILE_MODE);
    if (fd >= 0 && fchmod(fd, FILE_MODE) != 0) {
        int reason = errno;
        unlinkat(writer->folder_fd, name, 0);
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

static enum status begin_segment(struct segment_writer *writer, struct fault *fault)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name(writer->segment.number + 1, name);
    int fd = open_file(writer, name);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create journal segment %s", name);
    }
    writer->segment.number++;
    writer->segment.created_ms = clock_now_ms(writer->options.clock);
    writer->segment.ended_number = writer->last_number;
    writer->segment.ended_offset = writer->last_end;
    char header[FRAME_SEGMENT_HEADER_BYTES];
    frame_write_segment(&writer->segment, header);
    struct segment_disk *disk = &writer->options.disk;
    enum status status =
        disk->write_at(disk->self, fd, view_make(header, sizeof(header)), 0, fault);
    if (status == STATUS_OK) {
        status = file_sync_folder(writer->folder_fd, fault);
    }
    if (status != STATUS_OK) {
        close(fd);
        remove_segment(writer);
        return status;
    }
    writer->fd = fd;
    writer->end = FRAME_SEGMENT_HEADER_BYTES;
    return STATUS_OK;
}

/* Seals the detached frames for the place where the open segment ends. */
static void seal_frames(struct segment_writer *writer)
{
    struct view bytes = buf_view(&writer->detached.bytes);
    struct frame_place place = {.segment = &writer->segment};
    size_t at = 0;
    while (at < bytes.len) {
        place.offset = writer->end + at;
        at += frame_seal(writer->detached.bytes.at + at, &place);
        place.index++;
    }
}

static enum status sync_segment(struct segment_writer *writer, struct fault *fault)
{
    struct segment_disk *disk = &writer->options.disk;
    enum status status = disk->sync(disk->self, writer->fd, fault);
    writer->is_dirty = writer->is_dirty && status != STATUS_OK;
    return status;
}

/* A file that somebody removed takes what is written as well as any other. */
static enum status check_name(const struct segment_writer *writer, struct fault *fault)
{
    struct stat facts;
    if (fstat(writer->fd, &facts) != 0 || facts.st_nlink == 0) {
        return fault_set(fault, STATUS_IO, "journal segment %u was removed while it was written",
                         writer->segment.number);
    }
    return STATUS_OK;
}

static enum status write_frames(struct segment_writer *writer, enum segment_sync sync,
                                struct fault *fault)
{
    struct segment_disk *disk = &writer->options.disk;
    struct view bytes = buf_view(&writer->detached.bytes);
    seal_frames(writer);
    enum status status = disk->write_at(disk->self, writer->fd, bytes, writer->end, fault);
    if (status == STATUS_OK && sync == SEGMENT_SYNC_NOW) {
        status = sync_segment(writer, fault);
    }
    if (status == STATUS_OK) {
        status = check_name(writer, fault);
    }
    if (status == STATUS_OK) {
        writer->is_dirty = writer->is_dirty || sync == SEGMENT_SYNC_LATER;
        writer->end += bytes.len;
        writer->written += bytes.len;
        writer->durable_number = writer->segment.number;
        writer->durable_offset = writer->end;
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
    struct gathering empty = writer->detached;
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

enum status segment_writer_write(struct segment_writer *writer, enum segment_sync sync,
                                 struct fault *fault)
{
    size_t coming = writer->detached.bytes.len;
    if (coming == 0) {
        return sync_leftover(writer, sync, fault);
    }
    bool is_fresh = writer->fd < 0 || writer->end + coming > writer->options.segment_bytes;
    enum status status = is_fresh ? next_segment(writer, fault) : STATUS_OK;
    if (status == STATUS_OK) {
        status = write_frames(writer, sync, fault);
    }
    if (status != STATUS_OK) {
        abandon_segment(writer);
        status = begin_segment(writer, fault);
        if (status == STATUS_OK) {
            status = write_frames(writer, sync, fault);
        }
        if (status != STATUS_OK) {
            abandon_segment(writer);
        }
    }
    return status;
}

void segment_writer_attach(struct segment_writer *writer)
{
    buf_clear(&writer->detached.bytes);
    writer->detached.frames = 0;
}

enum status segment_writer_commit(struct segment_writer *writer, struct fault *fault)
{
    segment_writer_detach(writer);
    enum status status = segment_writer_write(writer, SEGMENT_SYNC_NOW, fault);
    segment_writer_attach(writer);
    return status;
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
