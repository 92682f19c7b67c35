#include "journal/segment_writer.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Frames are gathered before it is known where they will stand, since a commit may have to begin
 * a new segment; so events are kept with their count, and sealed when they are placed. */
struct gathered {
    size_t begin;
    uint32_t events;
};

enum { GATHERED_MAX = 4096 };

struct segment_writer {
    struct segment_writer_options options;
    int fd; /* -1 before the first segment and after one was abandoned */
    struct frame_segment segment;
    uint64_t synced;       /* bytes of the segment that are durable */
    uint32_t ended_number; /* for the next segment's header: the one abandoned last */
    uint64_t ended_offset;
    uint32_t durable_number;
    uint64_t durable_offset;
    struct buf events; /* gathered: event headers and rows, one after the other */
    struct buf placed; /* the same as sealed frames */
    struct gathered frames[GATHERED_MAX];
    size_t frame_count;
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
    made->fd = -1;
    made->segment.stream = options->stream;
    buf_init(&made->events, options->gather_bytes);
    /* Every gathered frame gets a header and padding when it is placed. */
    buf_init(&made->placed, options->gather_bytes +
                                (size_t)GATHERED_MAX * (FRAME_HEADER_BYTES + FRAME_ALIGN_BYTES));
    return STATUS_OK;
}

void segment_writer_close(struct segment_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    buf_free(&writer->events);
    buf_free(&writer->placed);
    free(writer);
}

enum status segment_writer_append(struct segment_writer *writer, const struct frame_event *events,
                                  uint32_t count, struct fault *fault)
{
    size_t begin = writer->events.len;
    if (writer->frame_count == GATHERED_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%d frames wait for a commit", GATHERED_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        frame_add(&writer->events, &events[i]);
    }
    enum status status = buf_status(&writer->events);
    size_t bytes = writer->events.len - begin + FRAME_HEADER_BYTES + FRAME_ALIGN_BYTES;
    if (status == STATUS_OK &&
        (count == 0 || count > FRAME_EVENTS_MAX || bytes > FRAME_BYTES_MAX)) {
        status = STATUS_TOO_BIG;
    }
    if (status != STATUS_OK) {
        writer->events.status = STATUS_OK;
        buf_truncate(&writer->events, begin);
        return fault_set(fault, status, "%u events do not fit into one journal frame", count);
    }
    writer->frames[writer->frame_count++] = (struct gathered){begin, count};
    return STATUS_OK;
}

static void remove_segment(struct segment_writer *writer)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name(writer->segment.number, name);
    unlinkat(writer->options.folder_fd, name, 0);
}

static void abandon_segment(struct segment_writer *writer)
{
    if (writer->fd < 0) {
        return;
    }
    /* Only a courtesy to readers: the next segment's header is what counts. */
    int ignored = ftruncate(writer->fd, (off_t)writer->synced);
    (void)ignored;
    close(writer->fd);
    writer->fd = -1;
    if (writer->synced == FRAME_SEGMENT_HEADER_BYTES) {
        /* Nothing in it was ever promised. What it was to say of an earlier one, the next says. */
        remove_segment(writer);
        return;
    }
    writer->ended_number = writer->segment.number;
    writer->ended_offset = writer->synced;
}

static enum status begin_segment(struct segment_writer *writer, struct fault *fault)
{
    if (writer->fd >= 0) {
        close(writer->fd);
        writer->fd = -1;
    }
    char name[SEGMENT_NAME_BYTES];
    segment_name(writer->segment.number + 1, name);
    int fd =
        openat(writer->options.folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create journal segment %s", name);
    }
    writer->segment.number++;
    writer->segment.created_ms = clock_now_ms(writer->options.clock);
    writer->segment.ended_number = writer->ended_number;
    writer->segment.ended_offset = writer->ended_offset;
    char header[FRAME_SEGMENT_HEADER_BYTES];
    frame_write_segment(&writer->segment, header);
    struct segment_disk *disk = &writer->options.disk;
    enum status status =
        fchmod(fd, FILE_MODE) == 0
            ? disk->write_at(disk->self, fd, view_make(header, sizeof(header)), 0, fault)
            : fault_errno(fault, errno, "cannot set the mode of journal segment %s", name);
    if (status == STATUS_OK) {
        status = file_sync_folder(writer->options.folder_fd, fault);
    }
    if (status != STATUS_OK) {
        close(fd);
        remove_segment(writer);
        return status;
    }
    writer->fd = fd;
    writer->synced = FRAME_SEGMENT_HEADER_BYTES;
    return STATUS_OK;
}

/* Seals the gathered frames for the place where the open segment ends. */
static enum status place_frames(struct segment_writer *writer)
{
    struct buf *out = &writer->placed;
    buf_clear(out);
    for (size_t i = 0; i < writer->frame_count; i++) {
        const struct gathered *frame = &writer->frames[i];
        size_t end = i + 1 < writer->frame_count ? frame[1].begin : writer->events.len;
        size_t begin = frame_begin(out);
        buf_append(out, writer->events.at + frame->begin, end - frame->begin);
        enum status status =
            frame_end(out, begin, &writer->segment, writer->synced + begin, frame->events);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status write_frames(struct segment_writer *writer, struct fault *fault)
{
    struct segment_disk *disk = &writer->options.disk;
    enum status status = place_frames(writer);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "no memory to seal journal frames");
    }
    struct view bytes = buf_view(&writer->placed);
    status = disk->write_at(disk->self, writer->fd, bytes, writer->synced, fault);
    if (status == STATUS_OK) {
        status = disk->sync(disk->self, writer->fd, fault);
    }
    if (status == STATUS_OK) {
        writer->synced += bytes.len;
        writer->ended_number = 0; /* this segment's header, durable now, says it */
        writer->ended_offset = 0;
        writer->durable_number = writer->segment.number;
        writer->durable_offset = writer->synced;
    }
    return status;
}

enum status segment_writer_commit(struct segment_writer *writer, struct fault *fault)
{
    if (writer->frame_count == 0) {
        return STATUS_OK;
    }
    size_t coming =
        writer->events.len + writer->frame_count * (size_t)(FRAME_HEADER_BYTES + FRAME_ALIGN_BYTES);
    bool is_fresh = writer->fd < 0 || writer->synced + coming > writer->options.segment_bytes;
    enum status status = is_fresh ? begin_segment(writer, fault) : STATUS_OK;
    if (status == STATUS_OK) {
        status = write_frames(writer, fault);
    }
    if (status != STATUS_OK) {
        abandon_segment(writer);
        status = begin_segment(writer, fault);
        if (status == STATUS_OK) {
            status = write_frames(writer, fault);
        }
        if (status != STATUS_OK) {
            abandon_segment(writer);
        }
    }
    buf_clear(&writer->events);
    writer->frame_count = 0;
    return status;
}

void segment_writer_durable(const struct segment_writer *writer, uint32_t *number, uint64_t *offset)
{
    *number = writer->durable_number;
    *offset = writer->durable_offset;
}
