/*
 * frame.h - the bytes of a journal segment: its header and its frames, drawn in docs/storage.md.
 *
 * Pure functions over memory. The daemon's writer, its recovery, the consumers and the offline
 * checker all use these and nothing else.
 */
#ifndef PIPES_JOURNAL_FRAME_H
#define PIPES_JOURNAL_FRAME_H

#include "base/buf.h"
#include "base/status.h"
#include "base/view.h"

enum {
    FRAME_SEGMENT_HEADER_BYTES = 64,
    FRAME_HEADER_BYTES = 24,
    FRAME_EVENT_HEADER_BYTES = 56,
    FRAME_ALIGN_BYTES = 8,
    FRAME_BYTES_MAX = 16 * 1024 * 1024, /* header, events and padding */
    FRAME_STRETCH_BYTES_MAX = 4096,     /* of padding that is added to a closed frame */
    FRAME_EVENTS_MAX = 65535,
};

/* What a segment says of itself. */
struct frame_segment {
    uint64_t stream;    /* one per boot and worker, never used twice */
    uint32_t number;    /* within the stream, from 1 */
    int64_t created_ms; /* UTC */
    /* An earlier segment whose sync failed: it ends at ended_offset whatever stands behind, and
     * all segments between it and this one are void. Both 0: there was none. */
    uint32_t ended_number;
    uint64_t ended_offset;
    uint32_t first; /* where its first frame stands; FRAME_SEGMENT_HEADER_BYTES at least */
};

enum frame_event_kind {
    FRAME_EVENT = 1,       /* row is an NDJSON row without its line end */
    FRAME_QUARANTINED = 2, /* row is an NDJSON row of the quarantine */
};

/* One event of a frame. Hashes are zero where the event has no such id. */
struct frame_event {
    uint64_t ingest_seq;
    int64_t received_ms;  /* UTC */
    uint64_t site_hash;   /* XXH3-64 of the site's name */
    uint64_t key_hash[2]; /* XXH3-128 of site and event_id, seeded per data folder */
    uint32_t kind;        /* enum frame_event_kind */
    struct view row;      /* borrowed */
};

/* Writes the header of a segment. */
void frame_write_segment(const struct frame_segment *segment,
                         char bytes[FRAME_SEGMENT_HEADER_BYTES]);
/* STATUS_DAMAGED (the fault says why) for anything but a whole header of this version. */
enum status frame_read_segment(struct view bytes, struct frame_segment *segment,
                               struct fault *fault) MUST_CHECK;

/* Opens a frame at the end of out: returns its position there, to be given to the other two. */
size_t frame_begin(struct buf *out);
/* Adds one event whose row the caller appends to out between the two: its row is not looked at.
 * Returns the event's position, to be given to frame_event_end(). */
size_t frame_event_begin(struct buf *out);
void frame_event_end(struct buf *out, size_t at, const struct frame_event *event);
/* Adds one event; the row is copied. */
enum status frame_add(struct buf *out, const struct frame_event *event);
/* Closes it: pads and counts. It is whole but for its seal. On failure (STATUS_TOO_BIG,
 * STATUS_NO_MEMORY) out is cut back to where the frame began. */
enum status frame_end(struct buf *out, size_t begin, uint32_t events) MUST_CHECK;

/* Makes a closed frame `bytes` long: with zeros behind it that stand there already, or short again.
 */
void frame_stretch(char *frame, size_t bytes);

/* Where a frame is going to stand. */
struct frame_place {
    const struct frame_segment *segment;
    uint64_t offset; /* in the segment */
    uint32_t index;  /* among the frames that one commit writes, from 0; cut to 65,535 */
};

/* Seals a closed frame for its place and returns its length. The checksums are seeded with the
 * place, so that a frame left over in a recycled segment cannot look alive. A frame may be sealed
 * again for another place. */
size_t frame_seal(char *frame, const struct frame_place *place);

/* A frame found in a segment. */
struct frame {
    uint32_t events;
    uint32_t index;   /* among the frames of its commit: 0 says that all before it was synced */
    size_t bytes;     /* header and padding included: the next one starts there */
    struct view body; /* borrowed: the events */
};

/* Reads the frame that starts at bytes, `offset` in the segment. STATUS_END when there is nothing
 * (zeros, or no bytes), STATUS_DAMAGED when what stands there is not a whole sealed frame. */
enum status frame_read(struct view bytes, const struct frame_segment *segment, uint64_t offset,
                       struct frame *frame, struct fault *fault) MUST_CHECK;

/* Whether the head of a frame for just this place stands here, whatever its body is: what is found
 * behind the last frame of a recycled segment otherwise is left over, not torn. */
bool frame_is_here(struct view bytes, const struct frame_segment *segment, uint64_t offset);

/* Takes the next event off *body. STATUS_END after the last, STATUS_DAMAGED when lengths do not
 * fit (a writer's mistake: the checksum was right). */
enum status frame_next_event(struct view *body, struct frame_event *event) MUST_CHECK;

#endif
