#include "journal/stream_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 24, SEGMENTS_MAX = 65536 };

struct segment_file {
    char name[NAME_BYTES];
    struct view bytes; /* mapped; empty for an empty file */
    struct frame_segment segment;
    struct fault header_fault;
    bool is_sound; /* its header is */
    bool is_void;  /* a later segment says that nothing in it counts */
    uint64_t end;  /* a later segment says it ends here; else its size */
};

struct reading {
    struct segment_file *files;
    size_t count;
    const struct stream_visitor *visitor;
    struct stream_report *report;
};

static bool is_segment_name(struct view name)
{
    uint64_t number;
    return name.len == 14 && view_ends_with(name, ".seg") &&
           view_to_uint64(view_part(name, 0, 10), &number) && number > 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct segment_file *)a)->name, ((const struct segment_file *)b)->name);
}

static enum status list_segments(DIR *folder, struct reading *reading, struct fault *fault)
{
    size_t room = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!is_segment_name(view_from_text(entry->d_name))) {
            continue;
        }
        if (reading->count == room) {
            room = room ? room * 2 : 16;
            struct segment_file *more = realloc(reading->files, room * sizeof(*more));
            if (!more || room > SEGMENTS_MAX) {
                reading->files = more ? more : reading->files;
                return fault_set(fault, STATUS_NO_MEMORY, "a stream has over %zu segments",
                                 reading->count);
            }
            reading->files = more;
        }
        struct segment_file *file = &reading->files[reading->count++];
        *file = (struct segment_file){0};
        memcpy(file->name, entry->d_name, strlen(entry->d_name) + 1);
    }
    if (reading->count > 1) {
        qsort(reading->files, reading->count, sizeof(*reading->files), by_name);
    }
    return STATUS_OK;
}

static enum status map_file(int folder_fd, struct segment_file *file, struct fault *fault)
{
    int fd = openat(folder_fd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0) {
        enum status status = fault_errno(fault, errno, "cannot open segment %s", file->name);
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    void *at =
        facts.st_size > 0 ? mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    int reason = errno;
    close(fd);
    if (at == MAP_FAILED) {
        return fault_errno(fault, reason, "cannot map segment %s", file->name);
    }
    file->bytes = view_make(at, (size_t)facts.st_size);
    file->end = file->bytes.len;
    file->is_sound =
        frame_read_segment(file->bytes, &file->segment, &file->header_fault) == STATUS_OK;
    return STATUS_OK;
}

/* What a segment's header says of those before it. */
static void apply_endings(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct segment_file *later = &reading->files[i];
        for (size_t k = 0; later->is_sound && later->segment.ended_number > 0 && k < i; k++) {
            struct segment_file *file = &reading->files[k];
            uint64_t number = 0;
            if (!view_to_uint64(view_part(view_from_text(file->name), 0, 10), &number)) {
                continue;
            }
            if (number == later->segment.ended_number && later->segment.ended_offset < file->end) {
                file->end = later->segment.ended_offset;
            }
            file->is_void = file->is_void || number > later->segment.ended_number;
        }
    }
}

static void damaged(struct reading *reading, const struct segment_file *file, uint64_t offset,
                    uint64_t end, const char *reason)
{
    reading->report->damaged_places++;
    if (reading->visitor->on_damage) {
        reading->visitor->on_damage(reading->visitor->self, file->name, offset, end, reason);
    }
}

/* The next place with a sound frame behind a damaged one; the file's end when there is none. */
static uint64_t find_sound_frame(const struct segment_file *file, uint64_t from)
{
    struct frame frame;
    for (uint64_t at = from + FRAME_ALIGN_BYTES; at < file->end; at += FRAME_ALIGN_BYTES) {
        struct view rest = view_part(file->bytes, at, file->end - at);
        if (frame_read(rest, &file->segment, at, &frame, NULL) == STATUS_OK) {
            return at;
        }
    }
    return file->end;
}

static enum status read_frames(struct reading *reading, const struct segment_file *file,
                               bool is_last, struct fault *fault)
{
    uint64_t at = FRAME_SEGMENT_HEADER_BYTES;
    while (at < file->end) {
        struct frame frame;
        struct fault why = {0};
        struct view rest = view_part(file->bytes, at, file->end - at);
        enum status status = frame_read(rest, &file->segment, at, &frame, &why);
        if (status != STATUS_OK) {
            uint64_t next = find_sound_frame(file, at);
            if (next == file->end && (is_last || status == STATUS_END)) {
                reading->report->torn_bytes += status == STATUS_END ? 0 : file->end - at;
                break;
            }
            damaged(reading, file, at, next,
                    status == STATUS_END ? "zeros stand where a frame should" : why.text);
            at = next;
            continue;
        }
        struct stream_place place = {&file->segment, file->name, at};
        status = reading->visitor->on_frame(reading->visitor->self, &place, &frame, fault);
        if (status != STATUS_OK) {
            return status;
        }
        reading->report->frames++;
        reading->report->events += frame.events;
        at += frame.bytes;
    }
    reading->report->last_number = file->segment.number;
    reading->report->last_offset = at < file->end ? at : file->end;
    return STATUS_OK;
}

static enum status read_all(struct reading *reading, int folder_fd, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < reading->count && status == STATUS_OK; i++) {
        status = map_file(folder_fd, &reading->files[i], fault);
    }
    apply_endings(reading);
    for (size_t i = 0; i < reading->count && status == STATUS_OK; i++) {
        const struct segment_file *file = &reading->files[i];
        bool is_last = i + 1 == reading->count;
        if (file->is_void) {
            continue;
        }
        if (!file->is_sound) {
            /* The newest segment may have been cut off while it was made: nothing was in it. */
            if (is_last && file->bytes.len < FRAME_SEGMENT_HEADER_BYTES) {
                reading->report->torn_bytes += file->bytes.len;
                continue;
            }
            damaged(reading, file, 0, file->bytes.len, file->header_fault.text);
            continue;
        }
        status = read_frames(reading, file, is_last, fault);
    }
    return status;
}

enum status stream_read(int folder_fd, const struct stream_visitor *visitor,
                        struct stream_report *report, struct fault *fault)
{
    *report = (struct stream_report){0};
    struct reading reading = {.visitor = visitor, .report = report};
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        enum status status = fault_errno(fault, errno, "cannot read a journal stream's folder");
        if (own_fd >= 0) {
            close(own_fd);
        }
        return status;
    }
    enum status status = list_segments(folder, &reading, fault);
    closedir(folder);
    if (status == STATUS_OK) {
        status = read_all(&reading, folder_fd, fault);
    }
    for (size_t i = 0; i < reading.count; i++) {
        if (reading.files[i].bytes.len > 0) {
            munmap((void *)(uintptr_t)reading.files[i].bytes.at, reading.files[i].bytes.len);
        }
    }
    free(reading.files);
    return status;
}
