/* Hostile bytes as a segment (header, frames), and again as the body of a frame that is sealed
 * here: no input would ever get past the checksum by itself. */
#include "journal/frame.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_frames(struct view bytes, const struct frame_segment *segment)
{
    uint64_t at = 0;
    struct frame frame;
    struct fault fault;
    while (frame_read(view_part(bytes, at, bytes.len), segment, at, &frame, &fault) == STATUS_OK) {
        struct frame_event event;
        struct view body = frame.body;
        while (frame_next_event(&body, &event) == STATUS_OK) {
            if (event.row.len > bytes.len) {
                abort();
            }
        }
        at += frame.bytes;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_segment segment = {.stream = 1, .number = 1};
    struct fault fault;
    struct view bytes = view_make((const char *)data, size);
    if (frame_read_segment(bytes, &segment, &fault) == STATUS_OK) {
        read_frames(view_part(bytes, FRAME_SEGMENT_HEADER_BYTES, size), &segment);
    }
    struct buf sealed;
    buf_init(&sealed, FRAME_BYTES_MAX);
    size_t begin = frame_begin(&sealed);
    buf_append(&sealed, data, size);
    if (frame_end(&sealed, begin, 1) == STATUS_OK) {
        struct frame_place place = {&segment, 0, 0};
        frame_seal(sealed.at + begin, &place);
        read_frames(buf_view(&sealed), &segment);
    }
    buf_free(&sealed);
    return 0;
}
