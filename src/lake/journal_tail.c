#include "lake/journal_tail.h"

#include "base/buf.h"
#include "journal/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STREAM_NAME_DIGITS = 20, TRIES = 16, FLUSH_BYTES = 1024 * 1024, SMALLEST_ROOM = 1024 };

struct journal_tail {
    struct journal_tail_options options;
    const struct cursor *done; /* while it is read */
    struct tail_row *rows;
    size_t count;
    size_t room;
    struct buf text; /* all of it, or what is not in the file yet */
    uint64_t text_bytes;
    int spill_fd; /* -1: all is in memory */
    char *spilled;
    struct buf frame; /* a copy */
};

/* One stream while it is read. */
struct tail_stream {
    uint64_t id;
    uint64_t taken; /* last number that was copied, or need not be */
    int folder_fd;
};

static enum status flush_text(struct journal_tail *tail, struct fault *fault)
{
    struct view rest = buf_view(&tail->text);
    while (rest.len > 0) {
        ssize_t written = write(tail->spill_fd, rest.at, rest.len);
        if (written < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "cannot copy the journal's tail to a file in %s",
                               tail->options.spill_folder);
        }
        rest = view_part(rest, written > 0 ? (size_t)written : 0, rest.len);
    }
    buf_clear(&tail->text);
    return STATUS_OK;
}

static enum status begin_spill(struct journal_tail *tail, struct fault *fault)
{
    tail->spill_fd = open(tail->options.spill_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (tail->spill_fd < 0) {
        return fault_errno(fault, errno,
                           "much waits in the journal, and no file can be made for a copy in %s "
                           "(TMPDIR names another folder)",
                           tail->options.spill_folder);
    }
    return flush_text(tail, fault);
}

static enum status keep_text(struct journal_tail *tail, struct view text, struct fault *fault)
{
    enum status status = STATUS_OK;
    if (tail->spill_fd < 0 && tail->text.len + text.len > JOURNAL_TAIL_MEMORY_BYTES) {
        status = begin_spill(tail, fault);
    } else if (tail->spill_fd >= 0 && tail->text.len >= FLUSH_BYTES) {
        status = flush_text(tail, fault);
    }
    if (status == STATUS_OK && buf_append_view(&tail->text, text) != STATUS_OK) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory to copy the journal's tail");
    }
    tail->text_bytes += text.len;
    return status;
}

static enum status make_room(struct journal_tail *tail, struct fault *fault)
{
    if (tail->count < tail->room) {
        return STATUS_OK;
    }
    if (tail->count == JOURNAL_TAIL_ROWS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG,
                         "over %d events wait in the journal: the lake is far behind; start "
                         "`pipes serve` and let it take them first",
                         JOURNAL_TAIL_ROWS_MAX);
    }
    size_t room = tail->room > 0 ? tail->room * 2 : SMALLEST_ROOM;
    struct tail_row *more = realloc(tail->rows, room * sizeof(*more));
    if (!more) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu events of the journal", room);
    }
    tail->rows = more;
    tail->room = room;
    return STATUS_OK;
}

static enum status keep_event(struct journal_tail *tail, struct tail_stream *stream,
                              const struct frame_event *event, struct fault *fault)
{
    /* A commit that failed is written again elsewhere: the same numbers once more. */
    if (event->ingest_seq <= stream->taken) {
        return STATUS_OK;
    }
    stream->taken = event->ingest_seq;
    if (event->kind != FRAME_EVENT) {
        return STATUS_OK;
    }
    enum status status = make_room(tail, fault);
    if (status != STATUS_OK) {
        return status;
    }
    tail->rows[tail->count] = (struct tail_row){
        .ingest_seq = event->ingest_seq,
        .received_ms = event->received_ms,
        .stream = stream->id,
        .key = {event->key_hash[0], event->key_hash[1]},
        .offset = tail->text_bytes,
        .bytes = (uint32_t)event->row.len,
    };
    status = keep_text(tail, event->row, fault);
    tail->count += status == STATUS_OK;
    return status;
}

/* The writer may take the segment back between the reader's look at the checksum and ours at the
 * rows: they are then in the lake. */
static bool copy_frame(struct journal_tail *tail, const struct tail_stream *stream,
                       const struct stream_place *place, struct frame *frame)
{
    struct frame_segment segment = {.stream = stream->id, .number = place->number};
    buf_clear(&tail->frame);
    return buf_append(&tail->frame, frame->body.at - FRAME_HEADER_BYTES, frame->bytes) ==
               STATUS_OK &&
           frame_read(buf_view(&tail->frame), &segment, place->offset, frame, NULL) == STATUS_OK;
}

static enum status keep_frame(struct journal_tail *tail, struct tail_stream *stream,
                              const struct stream_place *place, struct frame *frame,
                              struct fault *fault)
{
    if (!copy_frame(tail, stream, place, frame)) {
        return STATUS_OK;
    }
    struct frame_event event;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && frame_next_event(&frame->body, &event) == STATUS_OK) {
        status = keep_event(tail, stream, &event, fault);
    }
    return status;
}

/* STATUS_END when all of the stream was read. */
static enum status read_frames(struct journal_tail *tail, struct tail_stream *stream,
                               struct fault *fault)
{
    struct stream_reader *reader;
    struct stream_place place;
    struct frame frame;
    enum status status = stream_reader_open(&reader, stream->folder_fd, tail->options.on_damage,
                                            tail->options.self, fault);
    while (status == STATUS_OK) {
        status = stream_reader_next(reader, &place, &frame, fault);
        if (status == STATUS_OK) {
            status = keep_frame(tail, stream, &place, &frame, fault);
        }
    }
    stream_reader_close(reader);
    return status;
}

static uint64_t done_of(const struct cursor *done, uint64_t stream)
{
    for (size_t i = 0; i < done->count; i++) {
        const struct cursor_row *row = &done->rows[i];
        if (row->stream == stream) {
            return row->keys_done < row->done[TREE_RAW] ? row->keys_done : row->done[TREE_RAW];
        }
    }
    return 0;
}

static enum status read_stream(struct journal_tail *tail, int journal_fd, const char *name,
                               uint64_t id, struct fault *fault)
{
    struct tail_stream stream = {.id = id, .taken = done_of(tail->done, id)};
    enum status status = data_folder_enter(journal_fd, name, false, &stream.folder_fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK; /* the lake has just taken the last of it */
    }
    if (status != STATUS_OK) {
        return status;
    }
    /* A segment may go away between being listed and being opened. */
    status = STATUS_IO;
    for (int tries = 0; status == STATUS_IO && tries < TRIES; tries++) {
        status = read_frames(tail, &stream, fault);
    }
    close(stream.folder_fd);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_streams(struct journal_tail *tail, int journal_fd, struct fault *fault)
{
    int own_fd = openat(journal_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        enum status status = fault_errno(fault, errno, "cannot read the journal's folder");
        if (own_fd >= 0) {
            close(own_fd);
        }
        return status;
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        uint64_t id;
        if (strlen(entry->d_name) == STREAM_NAME_DIGITS &&
            view_to_uint64(view_from_text(entry->d_name), &id)) {
            status = read_stream(tail, journal_fd, entry->d_name, id, fault);
        }
    }
    closedir(folder);
    return status;
}

static enum status read_journal(struct journal_tail *tail, int data_fd, struct fault *fault)
{
    int fd;
    enum status status = data_folder_enter(data_fd, "journal", false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = read_streams(tail, fd, fault);
        close(fd);
    }
    return status;
}

static enum status map_spill(struct journal_tail *tail, struct fault *fault)
{
    if (tail->spill_fd < 0) {
        return STATUS_OK;
    }
    enum status status = flush_text(tail, fault);
    if (status != STATUS_OK) {
        return status;
    }
    void *at = mmap(NULL, tail->text_bytes, PROT_READ, MAP_SHARED, tail->spill_fd, 0);
    if (at == MAP_FAILED) {
        return fault_errno(fault, errno, "cannot map the copy of the journal's tail");
    }
    tail->spilled = at;
    return STATUS_OK;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = ((const struct tail_row *)a)->ingest_seq;
    uint64_t right = ((const struct tail_row *)b)->ingest_seq;
    return (left > right) - (left < right);
}

enum status journal_tail_read(struct journal_tail **tail, int data_fd, const struct cursor *done,
                              const struct journal_tail_options *options, struct fault *fault)
{
    struct journal_tail *made = calloc(1, sizeof(*made));
    *tail = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the journal's tail");
    }
    made->options = *options;
    made->done = done;
    made->spill_fd = -1;
    buf_init(&made->text, JOURNAL_TAIL_MEMORY_BYTES + FRAME_BYTES_MAX);
    buf_init(&made->frame, FRAME_BYTES_MAX);
    enum status status = read_journal(made, data_fd, fault);
    if (status == STATUS_OK) {
        status = map_spill(made, fault);
    }
    buf_free(&made->frame);
    made->done = NULL;
    if (status != STATUS_OK) {
        journal_tail_close(made);
        return status;
    }
    if (made->count > 1) {
        qsort(made->rows, made->count, sizeof(*made->rows), by_number);
    }
    *tail = made;
    return STATUS_OK;
}

void journal_tail_close(struct journal_tail *tail)
{
    if (!tail) {
        return;
    }
    if (tail->spilled) {
        munmap(tail->spilled, tail->text_bytes);
    }
    if (tail->spill_fd >= 0) {
        close(tail->spill_fd);
    }
    buf_free(&tail->text);
    buf_free(&tail->frame);
    free(tail->rows);
    free(tail);
}

size_t journal_tail_count(const struct journal_tail *tail)
{
    return tail->count;
}

struct tail_row *journal_tail_row(struct journal_tail *tail, size_t index)
{
    return &tail->rows[index];
}

struct view journal_tail_text(const struct journal_tail *tail, const struct tail_row *row)
{
    const char *texts = tail->spilled ? tail->spilled : tail->text.at;
    return view_make(texts + row->offset, row->bytes);
}
