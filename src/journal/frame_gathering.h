/*
 * frame_gathering.h - frames of one commit, in pages of their own: closed, but not sealed before
 * their place in a segment is known.
 *
 *     frame_gathering_make(&gathering, bytes, &fault);
 *     at = frame_begin(&gathering.bytes) ... frame_gathering_close(&gathering, at, events, spare)
 *     frame_gathering_place(&gathering, &segment, offset, end)     as often as the place changes
 *     frame_gathering_clear(&gathering);
 */
#ifndef PIPES_JOURNAL_FRAME_GATHERING_H
#define PIPES_JOURNAL_FRAME_GATHERING_H

#include "journal/frame.h"

struct frame_gathering {
    struct buf bytes; /* begins with a page, as a direct write wants it */
    size_t frames;
    size_t last_at; /* the last of them */
    size_t closed;  /* where it ended before it was padded */
};

/* The system gives each page when it is first used. */
enum status frame_gathering_make(struct frame_gathering *gathering, size_t bytes,
                                 struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void frame_gathering_free(struct frame_gathering *gathering);

/* Takes the frame that was begun at `at`, if `spare` bytes stay free behind it for padding. It is
 * gone when it does not fit: STATUS_TOO_BIG, STATUS_NO_MEMORY. */
enum status frame_gathering_close(struct frame_gathering *gathering, size_t at, uint32_t events,
                                  size_t spare) MUST_CHECK;
/* Pads the last frame so that all together are `bytes` long, and seals each for its place. */
enum status frame_gathering_place(struct frame_gathering *gathering,
                                  const struct frame_segment *segment, uint64_t offset,
                                  size_t bytes) MUST_CHECK;
void frame_gathering_clear(struct frame_gathering *gathering);

#endif
