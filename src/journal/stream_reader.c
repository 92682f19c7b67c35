#include "journal/stream_reader.h"

#include "journal/mapped_pages.h"

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
    uint32_t number;
    struct view bytes; /* mapped; empty for an empty file and once it is wholly read */
    struct frame_segment segment;
    struct fault header_fault;
    bool is_sound;  /* its header is */
    bool is_void;   /* a later segment says that nothing in it counts */
    bool is_judged; /* its header was read, or found wanting for good */
    ino_t inode;    /* of what was mapped */
    uint64_t end;   /* a later segment says it ends here; UINT64_MAX: at its size */
};

struct stream_reader {
    int folder_fd;
    stream_damage_fn *on_damage;
    void *self;
    struct segment_file *files;
    size_t count;
    size_t room;
    size_t at; /* the file that is being read */
    bool is_listed;
    uint32_t newest; /* all segments up to this number were listed */
    uint64_t offset;
    struct mapped_pages pages;
    bool has_limit;
    uint32_t limit_number;
    uint64_t limit_offset;
    struct stream_report report;
};

static bool segment_number(const char *name, uint32_t *number)
{
    struct view text = view_from_text(name);
    uint64_t value = 0;
    bool is_segment = text.len == 14 && view_ends_with(text, ".seg") &&
                      view_to_uint64(view_part(text, 0, 10), &value) && value > 0 &&
                      value <= UINT32_MAX;
    *number = (uint32_t)value;
    return is_segment;
}

static int by_number(const void *a, const void *b)
{
    uint32_t left = ((const struct segment_file *)a)->number;
    uint32_t right = ((const struct segment_file *)b)->number;
    return (left > right) - (left < right);
}

static enum status add_file(struct stream_reader *reader, const char *name, uint32_t number,
                            struct fault *fault)
{
    if (reader->count == reader->room) {
        size_t room = reader->room > 0 ? reader->room * 2 : 16;
        struct segment_file *more =
            room <= SEGMENTS_MAX ? realloc(reader->files, room * sizeof(*more)) : NULL;
        if (!more) {
            return fault_set(fault, STATUS_NO_MEMORY, "no room for more than %zu segments",
                             reader->count);
        }
        reader->files = more;
        reader->room = room;
    }
    struct segment_file *file = &reader->files[reader->count++];
    *file = (struct segment_file){.number = number, .end = UINT64_MAX};
    memcpy(file->name, name, strlen(name) + 1);
    return STATUS_OK;
}

/* A stream that is followed for months must not keep a list of all it ever had. */
static void forget_read_files(struct stream_reader *reader)
{
    memmove(reader->files, reader->files + reader->at,
            (reader->count - reader->at) * sizeof(*reader->files));
    reader->count -= reader->at;
    reader->at = 0;
}

static bool is_within_limit(const struct stream_reader *reader, uint32_t number)
{
    return !reader->has_limit || number <= reader->limit_number;
}

/* A folder that is listed while files come into it may show a later one and not an earlier: only
 * those are believed in that were there when the limit was told. */
static enum status list_new_files(struct stream_reader *reader, struct fault *fault)
{
    int own_fd = openat(reader->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        enum status status = fault_errno(fault, errno, "cannot read a journal stream's folder");
        if (own_fd >= 0) {
            close(own_fd);
        }
        return status;
    }
    size_t known = reader->count;
    uint32_t newest = reader->newest;
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        uint32_t number;
        if (segment_number(entry->d_name, &number) && number > newest &&
            is_within_limit(reader, number)) {
            status = add_file(reader, entry->d_name, number, fault);
        }
    }
    closedir(folder);
    if (reader->count - known > 1) {
        qsort(reader->files + known, reader->count - known, sizeof(*reader->files), by_number);
    }
    if (reader->has_limit) {
        reader->newest = reader->limit_number;
    } else if (reader->count > known) {
        reader->newest = reader->files[reader->count - 1].number;
    }
    reader->is_listed = true;
    return status;
}

static void unmap(struct segment_file *file)
{
    if (file->bytes.len > 0) {
        munmap((void *)(uintptr_t)file->bytes.at, file->bytes.len);
    }
    file->bytes = view_make(NULL, 0);
}

static bool is_at_limit(const struct stream_reader *reader, const struct segment_file *file)
{
    return reader->has_limit && file->number == reader->limit_number;
}

/* The file's sound length: its mapping, an ending told by a later header, and the limit. */
static uint64_t end_of(const struct stream_reader *reader, const struct segment_file *file)
{
    uint64_t end = file->bytes.len < file->end ? file->bytes.len : file->end;
    return is_at_limit(reader, file) && reader->limit_offset < end ? reader->limit_offset : end;
}

/* Maps the file as long as it is now. */
static enum status map_file(struct stream_reader *reader, struct segment_file *file,
                            struct fault *fault)
{
    int fd = openat(reader->folder_fd, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat facts = {0};
    if (fd < 0 || fstat(fd, &facts) != 0) {
        enum status status = fault_errno(fault, errno, "cannot open segment %s", file->name);
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    unmap(file);
    file->inode = facts.st_ino;
    size_t size = (size_t)facts.st_size;
    void *at = size > 0 ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : NULL;
    enum status status = STATUS_OK;
    if (at == MAP_FAILED) {
        status = fault_errno(fault, errno, "cannot map segment %s", file->name);
    } else {
        file->bytes = view_make(at, at ? size : 0);
        if (reader->has_limit) {
            mapped_pages_forbid_ahead(file->bytes);
        }
    }
    close(fd);
    return status;
}

/* What a segment's header says of those before it. */
static void apply_ending(struct stream_reader *reader, const struct segment_file *later)
{
    for (size_t i = 0; later->segment.ended_number > 0 && i < reader->count; i++) {
        struct segment_file *file = &reader->files[i];
        if (file->number >= later->number) {
            break;
        }
        if (file->number == later->segment.ended_number) {
            file->end = later->segment.ended_offset;
        }
        file->is_void = file->is_void || file->number > later->segment.ended_number;
    }
}

/* Reads the headers that were not there before, so that endings are known before frames. */
static enum status judge_headers(struct stream_reader *reader, struct fault *fault)
{
    for (size_t i = reader->at; i < reader->count; i++) {
        struct segment_file *file = &reader->files[i];
        if (file->is_judged) {
            continue;
        }
        enum status status = map_file(reader, file, fault);
        if (status != STATUS_OK) {
            return status;
        }
        file->is_judged = true;
        file->is_sound =
            frame_read_segment(file->bytes, &file->segment, &file->header_fault) == STATUS_OK;
        if (file->is_sound && file->segment.number != file->number) {
            file->is_sound = false;
            fault_set(&file->header_fault, STATUS_DAMAGED, "its header says it is segment %u",
                      file->segment.number);
        }
        if (file->is_sound) {
            apply_ending(reader, file);
        }
    }
    return STATUS_OK;
}

enum status stream_reader_open(struct stream_reader **reader, int folder_fd,
                               stream_damage_fn *on_damage, void *self, struct fault *fault)
{
    struct stream_reader *made = calloc(1, sizeof(*made));
    *reader = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a stream reader");
    }
    made->folder_fd = folder_fd;
    made->on_damage = on_damage;
    made->self = self;
    *reader = made;
    return STATUS_OK;
}

void stream_reader_close(struct stream_reader *reader)
{
    if (!reader) {
        return;
    }
    for (size_t i = 0; i < reader->count; i++) {
        unmap(&reader->files[i]);
    }
    free(reader->files);
    free(reader);
}

enum status stream_reader_limit(struct stream_reader *reader, uint32_t number, uint64_t offset,
                                struct fault *fault)
{
    bool is_news = !reader->has_limit || number != reader->limit_number;
    reader->has_limit = true;
    reader->limit_number = number;
    reader->limit_offset = offset;
    if (is_news && reader->at > 0) {
        forget_read_files(reader);
    }
    enum status status =
        is_news && number > reader->newest ? list_new_files(reader, fault) : STATUS_OK;
    /* What is read now may have grown since it was mapped. */
    if (status == STATUS_OK && reader->at < reader->count && reader->files[reader->at].is_judged) {
        status = map_file(reader, &reader->files[reader->at], fault);
    }
    return status;
}

static void damaged(struct stream_reader *reader, const struct segment_file *file, uint64_t offset,
                    uint64_t end, const char *reason)
{
    reader->report.damaged_places++;
    if (reader->on_damage) {
        reader->on_damage(reader->self, file->name, offset, end, reason);
    }
}

/* The next place with a sound frame behind a damaged one; the file's end when there is none. */
static uint64_t find_sound_frame(const struct segment_file *file, uint64_t from, uint64_t end)
{
    struct frame frame;
    for (uint64_t at = from + FRAME_ALIGN_BYTES; at < end; at += FRAME_ALIGN_BYTES) {
        struct view rest = view_part(file->bytes, at, end - at);
        if (frame_read(rest, &file->segment, at, &frame, NULL) == STATUS_OK) {
            return at;
        }
    }
    return end;
}

/* The writer may take a segment back that the lake has, while an offline reader still looks at it:
 * what is read then are the first bytes of another segment. */
static bool is_taken_back(const struct stream_reader *reader, const struct segment_file *file)
{
    struct stat facts;
    return fstatat(reader->folder_fd, file->name, &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
           facts.st_ino != file->inode;
}

/* A prepared file that did not get its header yet. */
static bool is_blank(const struct segment_file *file)
{
    for (size_t i = 0; i < file->bytes.len && i < FRAME_SEGMENT_HEADER_BYTES; i++) {
        if (file->bytes.at[i] != 0) {
            return false;
        }
    }
    return true;
}

/* What stands at its end may be torn. Of a stream with a limit all below that was promised. */
static bool is_last_file(const struct stream_reader *reader)
{
    bool is_last = !reader->has_limit;
    for (size_t i = reader->at + 1; i < reader->count && is_last; i++) {
        is_last = !reader->files[i].is_sound && is_blank(&reader->files[i]);
    }
    return is_last;
}

/* A power cut may keep later frames of the last commit and lose earlier ones. Nothing of it was
 * promised. It is the last one when no sound frame behind begins another. */
static bool is_within_last_commit(const struct stream_reader *reader,
                                  const struct segment_file *file, uint64_t sound, uint64_t end)
{
    if (!is_last_file(reader)) {
        return false;
    }
    for (uint64_t at = sound; at < end;) {
        struct frame frame;
        struct view rest = view_part(file->bytes, at, end - at);
        if (frame_read(rest, &file->segment, at, &frame, NULL) != STATUS_OK) {
            at = find_sound_frame(file, at, end);
            continue;
        }
        if (frame.index == 0) {
            return false;
        }
        at += frame.bytes;
    }
    return true;
}

static uint64_t torn_bytes(const struct segment_file *file, uint64_t offset, uint64_t end)
{
    struct view rest = view_part(file->bytes, offset, end - offset);
    bool is_cut = rest.len < FRAME_HEADER_BYTES;
    return is_cut || frame_is_here(rest, &file->segment, offset) ? end - offset : 0;
}

/* The next sound frame of this file; STATUS_END at its end. */
static enum status next_in_file(struct stream_reader *reader, const struct segment_file *file,
                                struct frame *frame)
{
    uint64_t end = end_of(reader, file);
    if (reader->has_limit) {
        mapped_pages_ask(&reader->pages, file->bytes, reader->offset, end);
    }
    while (reader->offset < end) {
        struct fault why = {0};
        struct view rest = view_part(file->bytes, reader->offset, end - reader->offset);
        enum status status = frame_read(rest, &file->segment, reader->offset, frame, &why);
        if (status == STATUS_OK) {
            return STATUS_OK;
        }
        uint64_t next = find_sound_frame(file, reader->offset, end);
        bool is_last = is_last_file(reader);
        bool is_zeros = status == STATUS_END;
        bool is_tail = next == end ? is_last || (is_zeros && !is_at_limit(reader, file))
                                   : is_within_last_commit(reader, file, next, end);
        if (is_tail) {
            reader->report.torn_bytes += is_zeros ? 0 : torn_bytes(file, reader->offset, next);
            return STATUS_END;
        }
        if (is_taken_back(reader, file)) {
            return STATUS_END;
        }
        damaged(reader, file, reader->offset, next,
                is_zeros ? "zeros stand where a frame should" : why.text);
        reader->offset = next;
    }
    return STATUS_END;
}

/* Whether frames of this file can be read; says why not. */
static bool is_readable(struct stream_reader *reader, const struct segment_file *file)
{
    if (file->is_void) {
        return false;
    }
    if (file->is_sound) {
        return true;
    }
    /* The newest segment may have been cut off while it was made: nothing was in it. */
    if (is_last_file(reader) && (file->bytes.len < FRAME_SEGMENT_HEADER_BYTES || is_blank(file))) {
        reader->report.torn_bytes += is_blank(file) ? 0 : file->bytes.len;
    } else if (!is_taken_back(reader, file)) {
        damaged(reader, file, 0, file->bytes.len, file->header_fault.text);
    }
    return false;
}

static bool may_leave_file(const struct stream_reader *reader, const struct segment_file *file)
{
    return reader->has_limit ? file->number < reader->limit_number : true;
}

static void note_frame(struct stream_reader *reader, const struct segment_file *file,
                       const struct frame *frame)
{
    mapped_pages_drop(&reader->pages, file->bytes, reader->offset);
    reader->report.frames++;
    reader->report.events += frame->events;
    reader->offset += frame->bytes;
    reader->report.last_number = file->number;
    reader->report.last_offset = reader->offset;
}

/* Before the first frame of a file: it may have grown since its header was looked at. */
static enum status enter_file(struct stream_reader *reader, struct segment_file *file,
                              struct fault *fault)
{
    enum status status =
        reader->has_limit && !file->is_void ? map_file(reader, file, fault) : STATUS_OK;
    if (status == STATUS_OK && is_readable(reader, file)) {
        reader->offset = file->segment.first;
        reader->pages = (struct mapped_pages){0};
        reader->report.last_number = file->number;
        reader->report.last_offset = reader->offset;
    }
    return status;
}

enum status stream_reader_next(struct stream_reader *reader, struct stream_place *place,
                               struct frame *frame, struct fault *fault)
{
    enum status status = reader->is_listed ? STATUS_OK : list_new_files(reader, fault);
    if (status == STATUS_OK) {
        status = judge_headers(reader, fault);
    }
    while (status == STATUS_OK && reader->at < reader->count) {
        struct segment_file *file = &reader->files[reader->at];
        status = reader->offset == 0 ? enter_file(reader, file, fault) : STATUS_OK;
        if (status != STATUS_OK) {
            return status;
        }
        if (reader->offset > 0 && next_in_file(reader, file, frame) == STATUS_OK) {
            *place = (struct stream_place){file->number, file->name, reader->offset};
            note_frame(reader, file, frame);
            return STATUS_OK;
        }
        if (!may_leave_file(reader, file)) {
            return STATUS_END;
        }
        unmap(file);
        reader->at++;
        reader->offset = 0;
    }
    return status == STATUS_OK ? STATUS_END : status;
}

const struct stream_report *stream_reader_report(const struct stream_reader *reader)
{
    return &reader->report;
}

uint32_t stream_reader_needs(const struct stream_reader *reader)
{
    if (reader->at < reader->count) {
        return reader->files[reader->at].number;
    }
    return reader->newest + 1;
}
