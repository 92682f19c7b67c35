/*
 * Damaged segments, read as recovery, the lake and `pipes verify` read them: files of real frames
 * in a folder in memory, changed, cut and written over by the input.
 *
 * Whatever is done to them, what comes out was written so, each frame once and in order, and every
 * frame before the first change comes.
 */
#include "journal/stream_reader.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEGMENTS = 3, FRAMES_MAX = 6, ROW_BYTES_MAX = 200, SEGMENT_BYTES = 4096, STREAM = 9 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->at++;
}

static int folder_fd = -1;
static char folder[] = "/dev/shm/fuzz-stream-XXXXXX";

static void remove_folder(void)
{
    rmdir(folder);
}

static void make_folder(void)
{
    if (folder_fd < 0) {
        folder_fd = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        atexit(remove_folder);
    }
    if (folder_fd < 0) {
        abort();
    }
}

/* A row tells its number, so that what is read can be compared with what was written. */
static void add_frame(struct buf *out, const struct frame_segment *segment, uint64_t number,
                      unsigned row_bytes)
{
    char row[ROW_BYTES_MAX];
    memset(row, (int)('a' + number % 26), sizeof(row));
    size_t begin = frame_begin(out);
    struct frame_event event = {
        .ingest_seq = number, .kind = FRAME_EVENT, .row = view_make(row, row_bytes)};
    if (frame_add(out, &event) != STATUS_OK || frame_end(out, begin, 1) != STATUS_OK) {
        abort();
    }
    struct frame_place place = {segment, begin, 0};
    frame_seal(out->at + begin, &place);
}

static void change(struct input *input, struct buf *bytes)
{
    unsigned changes = take(input) % 5;
    for (unsigned i = 0; i < changes; i++) {
        size_t at = (take(input) << 8 | take(input)) % bytes->len;
        size_t len = take(input) % 64 + 1;
        unsigned with = take(input);
        for (size_t k = at; k < at + len && k < bytes->len; k++) {
            bytes->at[k] = (char)(with == 0 ? 0 : (unsigned char)bytes->at[k] ^ with);
        }
    }
    if (take(input) % 4 == 0) {
        buf_truncate(bytes, (take(input) << 8 | take(input)) % (bytes->len + 1));
    }
}

static void write_segment(struct input *input, uint32_t number, uint64_t *next, bool is_changed)
{
    char name[32];
    char header[FRAME_SEGMENT_HEADER_BYTES];
    struct frame_segment segment = {.stream = STREAM, .number = number, .created_ms = 1};
    segment.first = FRAME_SEGMENT_HEADER_BYTES + take(input) % 4 * 64;
    struct buf bytes;
    struct fault fault;
    buf_init(&bytes, 1 << 20);
    frame_write_segment(&segment, header);
    buf_append(&bytes, header, sizeof(header));
    while (bytes.len < segment.first) {
        buf_append_byte(&bytes, 0);
    }
    unsigned frames = take(input) % FRAMES_MAX;
    for (unsigned i = 0; i < frames; i++) {
        add_frame(&bytes, &segment, (*next)++, take(input) % ROW_BYTES_MAX);
    }
    while (bytes.len < SEGMENT_BYTES) {
        buf_append_byte(&bytes, 0);
    }
    if (is_changed) {
        change(input, &bytes);
    }
    snprintf(name, sizeof(name), "%010u.seg", number);
    if (file_replace(folder_fd, name, buf_view(&bytes), &fault) != STATUS_OK) {
        abort();
    }
    buf_free(&bytes);
}

/* The next one may have been prepared already: zeros, or a recycled file whose header is zeroed. */
static void make_blank_segment(struct input *input)
{
    char name[32];
    struct buf bytes;
    struct fault fault;
    buf_init(&bytes, 1 << 20);
    while (bytes.len < SEGMENT_BYTES) {
        bool is_old = bytes.len >= FRAME_SEGMENT_HEADER_BYTES;
        buf_append_byte(&bytes, is_old ? (char)take(input) : 0);
    }
    snprintf(name, sizeof(name), "%010u.seg", SEGMENTS + 1);
    if (take(input) % 2 == 0 &&
        file_replace(folder_fd, name, buf_view(&bytes), &fault) != STATUS_OK) {
        abort();
    }
    buf_free(&bytes);
}

static void check_event(const struct frame *frame, uint64_t *last)
{
    struct view body = frame->body;
    struct frame_event event;
    while (frame_next_event(&body, &event) == STATUS_OK) {
        bool is_as_written = event.ingest_seq > *last;
        for (size_t i = 0; i < event.row.len; i++) {
            is_as_written = is_as_written && event.row.at[i] == (char)('a' + event.ingest_seq % 26);
        }
        if (!is_as_written) {
            abort();
        }
        *last = event.ingest_seq;
    }
}

static void read_all(struct input *input, uint64_t written_before_changes)
{
    struct stream_reader *reader;
    struct stream_place place;
    struct frame frame;
    struct fault fault;
    uint64_t last = 0;
    uint64_t frames = 0;
    if (stream_reader_open(&reader, folder_fd, NULL, NULL, &fault) != STATUS_OK) {
        abort();
    }
    if (take(input) % 2 == 0 &&
        stream_reader_limit(reader, SEGMENTS, take(input) << 4, &fault) != STATUS_OK) {
        abort();
    }
    while (stream_reader_next(reader, &place, &frame, &fault) == STATUS_OK) {
        check_event(&frame, &last);
        frames++;
    }
    if (frames < written_before_changes || stream_reader_report(reader)->frames != frames) {
        abort();
    }
    stream_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint64_t next = 1;
    make_folder();
    unsigned first_changed = take(&input) % SEGMENTS + 1;
    uint64_t whole = 0;
    for (uint32_t number = 1; number <= SEGMENTS; number++) {
        write_segment(&input, number, &next, number >= first_changed);
        whole = number < first_changed ? next - 1 : whole;
    }
    make_blank_segment(&input);
    read_all(&input, whole);
    for (uint32_t number = 1; number <= SEGMENTS + 1; number++) {
        char name[32];
        snprintf(name, sizeof(name), "%010u.seg", number);
        unlinkat(folder_fd, name, 0);
    }
    return 0;
}
