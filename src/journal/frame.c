#include "journal/frame.h"

#include "base/crc32c.h"

static const char SEGMENT_MAGIC[8] = {'P', 'I', 'P', 'E', 'S', 'J', 'N', 'L'};
static const uint32_t FRAME_MAGIC = 0x4d524650; /* "PFRM" */
/* 2: frames say their index within a commit; in 1 those bits are 0.
 * 3: the header says where the first frame stands; before it was always right behind. */
static const uint32_t FORMAT_VERSION = 3;

/* Everything on disk is little-endian, written byte by byte so that no compiler has a say. */
static void put(char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (char)(unsigned char)(value >> (8 * i));
    }
}

static uint64_t get(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return value;
}

void frame_write_segment(const struct frame_segment *segment,
                         char bytes[FRAME_SEGMENT_HEADER_BYTES])
{
    memset(bytes, 0, FRAME_SEGMENT_HEADER_BYTES);
    memcpy(bytes, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC));
    put(bytes + 8, FORMAT_VERSION, 4);
    put(bytes + 12, segment->number, 4);
    put(bytes + 16, segment->stream, 8);
    put(bytes + 24, (uint64_t)segment->created_ms, 8);
    put(bytes + 32, segment->ended_offset, 8);
    put(bytes + 40, segment->ended_number, 4);
    put(bytes + 44, segment->first, 4);
    put(bytes + 60, crc32c(0, bytes, 60), 4);
}

enum status frame_read_segment(struct view bytes, struct frame_segment *segment,
                               struct fault *fault)
{
    if (bytes.len < FRAME_SEGMENT_HEADER_BYTES) {
        return fault_set(fault, STATUS_DAMAGED, "the segment header is cut off after %zu bytes",
                         bytes.len);
    }
    if (memcmp(bytes.at, SEGMENT_MAGIC, sizeof(SEGMENT_MAGIC)) != 0) {
        return fault_set(fault, STATUS_DAMAGED, "this is not a journal segment");
    }
    if (get(bytes.at + 60, 4) != crc32c(0, bytes.at, 60)) {
        return fault_set(fault, STATUS_DAMAGED, "the segment header's checksum is wrong");
    }
    uint64_t version = get(bytes.at + 8, 4);
    if (version == 0 || version > FORMAT_VERSION) {
        return fault_set(fault, STATUS_DAMAGED, "segment format %u; this program reads 1 to %u",
                         (unsigned)version, (unsigned)FORMAT_VERSION);
    }
    uint32_t first = version < 3 ? FRAME_SEGMENT_HEADER_BYTES : (uint32_t)get(bytes.at + 44, 4);
    if (first < FRAME_SEGMENT_HEADER_BYTES || first % FRAME_ALIGN_BYTES != 0) {
        return fault_set(fault, STATUS_DAMAGED, "its first frame cannot stand at byte %u", first);
    }
    *segment = (struct frame_segment){
        .first = first,
        .number = (uint32_t)get(bytes.at + 12, 4),
        .stream = get(bytes.at + 16, 8),
        .created_ms = (int64_t)get(bytes.at + 24, 8),
        .ended_offset = get(bytes.at + 32, 8),
        .ended_number = (uint32_t)get(bytes.at + 40, 4),
    };
    return STATUS_OK;
}

size_t frame_begin(struct buf *out)
{
    size_t begin = out->len;
    char *place = buf_reserve(out, FRAME_HEADER_BYTES);
    if (place) {
        memset(place, 0, FRAME_HEADER_BYTES);
        buf_used(out, FRAME_HEADER_BYTES);
    }
    return begin;
}

size_t frame_event_begin(struct buf *out)
{
    size_t at = out->len;
    char *place = buf_reserve(out, FRAME_EVENT_HEADER_BYTES);
    if (place) {
        buf_used(out, FRAME_EVENT_HEADER_BYTES);
    }
    return at;
}

void frame_event_end(struct buf *out, size_t at, const struct frame_event *event)
{
    if (out->status != STATUS_OK) {
        return;
    }
    size_t row_bytes = out->len - at - FRAME_EVENT_HEADER_BYTES;
    if (row_bytes > FRAME_BYTES_MAX) {
        out->status = STATUS_TOO_BIG;
        return;
    }
    char *head = out->at + at;
    put(head, event->ingest_seq, 8);
    put(head + 8, (uint64_t)event->received_ms, 8);
    put(head + 16, event->site_hash, 8);
    put(head + 24, event->key_hash[0], 8);
    put(head + 32, event->key_hash[1], 8);
    put(head + 40, event->kind, 4);
    put(head + 44, row_bytes, 4);
    put(head + 48, 0, 8);
}

enum status frame_add(struct buf *out, const struct frame_event *event)
{
    size_t at = frame_event_begin(out);
    buf_append_view(out, event->row);
    frame_event_end(out, at, event);
    return out->status;
}

/* Of the stream, the segment, the place and the lengths: a search for the next good frame behind
 * damage looks at a whole body only where this is right, so that it stays linear. */
static uint32_t seal_head(const char *frame, const struct frame_segment *segment, uint64_t offset)
{
    char place[20];
    put(place, segment->stream, 8);
    put(place + 8, segment->number, 4);
    put(place + 12, offset, 8);
    return crc32c(crc32c(0, place, sizeof(place)), frame + 8, 12);
}

/* Of the head's seal and everything behind it. */
static uint32_t seal(const char *frame, size_t bytes)
{
    return crc32c(0, frame + 8, bytes - 8);
}

static void pad(struct buf *out, size_t begin)
{
    while ((out->len - begin) % FRAME_ALIGN_BYTES != 0 && out->status == STATUS_OK) {
        buf_append_byte(out, 0);
    }
}

enum status frame_end(struct buf *out, size_t begin, uint32_t events)
{
    size_t body_bytes =
        out->len > begin + FRAME_HEADER_BYTES ? out->len - begin - FRAME_HEADER_BYTES : 0;
    pad(out, begin);
    enum status status = out->status;
    if (status == STATUS_OK && (out->len - begin > FRAME_BYTES_MAX - FRAME_STRETCH_BYTES_MAX ||
                                events == 0 || events > FRAME_EVENTS_MAX)) {
        status = STATUS_TOO_BIG;
    }
    if (status != STATUS_OK) {
        out->status = STATUS_OK;
        buf_truncate(out, begin);
        return status;
    }
    char *frame = out->at + begin;
    put(frame, FRAME_MAGIC, 4);
    put(frame + 8, out->len - begin, 4);
    put(frame + 12, body_bytes, 4);
    put(frame + 16, events, 4);
    return STATUS_OK;
}

void frame_stretch(char *frame, size_t bytes)
{
    put(frame + 8, bytes, 4);
}

size_t frame_seal(char *frame, const struct frame_place *place)
{
    size_t bytes = (size_t)get(frame + 8, 4);
    put(frame + 18, place->index < FRAME_EVENTS_MAX ? place->index : FRAME_EVENTS_MAX, 2);
    put(frame + 20, seal_head(frame, place->segment, place->offset), 4);
    put(frame + 4, seal(frame, bytes), 4);
    return bytes;
}

static enum status damaged(struct fault *fault, uint64_t offset, const char *what)
{
    return fault_set(fault, STATUS_DAMAGED, "at offset %llu: %s", (unsigned long long)offset, what);
}

/* Recycled and pre-zeroed segments end in zeros. */
static bool is_nothing(struct view bytes)
{
    for (size_t i = 0; i < bytes.len && i < FRAME_HEADER_BYTES; i++) {
        if (bytes.at[i] != 0) {
            return false;
        }
    }
    return true;
}

enum status frame_read(struct view bytes, const struct frame_segment *segment, uint64_t offset,
                       struct frame *frame, struct fault *fault)
{
    if (is_nothing(bytes)) {
        return STATUS_END;
    }
    if (bytes.len < FRAME_HEADER_BYTES) {
        return damaged(fault, offset, "a frame's header is cut off");
    }
    if (get(bytes.at, 4) != FRAME_MAGIC) {
        return damaged(fault, offset, "no frame starts here");
    }
    uint64_t length = get(bytes.at + 8, 4);
    uint64_t body_bytes = get(bytes.at + 12, 4);
    if (length > FRAME_BYTES_MAX || length % FRAME_ALIGN_BYTES != 0 ||
        length < FRAME_HEADER_BYTES || body_bytes > length - FRAME_HEADER_BYTES) {
        return damaged(fault, offset, "a frame's length makes no sense");
    }
    if (get(bytes.at + 20, 4) != seal_head(bytes.at, segment, offset)) {
        return damaged(fault, offset, "a frame's head does not belong here");
    }
    if (length > bytes.len) {
        return damaged(fault, offset, "a frame is cut off");
    }
    if (get(bytes.at + 4, 4) != seal(bytes.at, (size_t)length)) {
        return damaged(fault, offset, "a frame's checksum is wrong");
    }
    *frame = (struct frame){
        .events = (uint32_t)get(bytes.at + 16, 2),
        .index = (uint32_t)get(bytes.at + 18, 2),
        .bytes = (size_t)length,
        .body = view_part(bytes, FRAME_HEADER_BYTES, (size_t)body_bytes),
    };
    return STATUS_OK;
}

bool frame_is_here(struct view bytes, const struct frame_segment *segment, uint64_t offset)
{
    return bytes.len >= FRAME_HEADER_BYTES && get(bytes.at, 4) == FRAME_MAGIC &&
           get(bytes.at + 20, 4) == seal_head(bytes.at, segment, offset);
}

enum status frame_next_event(struct view *body, struct frame_event *event)
{
    if (body->len == 0) {
        return STATUS_END;
    }
    if (body->len < FRAME_EVENT_HEADER_BYTES) {
        return STATUS_DAMAGED;
    }
    const char *at = body->at;
    uint64_t row_bytes = get(at + 44, 4);
    if (row_bytes > body->len - FRAME_EVENT_HEADER_BYTES) {
        return STATUS_DAMAGED;
    }
    *event = (struct frame_event){
        .ingest_seq = get(at, 8),
        .received_ms = (int64_t)get(at + 8, 8),
        .site_hash = get(at + 16, 8),
        .key_hash = {get(at + 24, 8), get(at + 32, 8)},
        .kind = (uint32_t)get(at + 40, 4),
        .row = view_part(*body, FRAME_EVENT_HEADER_BYTES, (size_t)row_bytes),
    };
    *body = view_part(*body, FRAME_EVENT_HEADER_BYTES + (size_t)row_bytes, body->len);
    return STATUS_OK;
}
