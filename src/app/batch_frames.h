/*
 * batch_frames.h - what the journal is told of a batch's events beside their rows.
 *
 *     struct frame_event *frame = batch_frames_make(&batch, seed, received_ms, &arena);
 */
#ifndef PIPES_APP_BATCH_FRAMES_H
#define PIPES_APP_BATCH_FRAMES_H

#include "adapters/adapter.h"
#include "journal/frame.h"

/* One for each event, the accepted first, then the rejected; numbers and rows still to come. In the
 * arena; NULL: no memory. */
struct frame_event *batch_frames_make(const struct batch *batch, uint64_t seed, int64_t received_ms,
                                      struct arena *arena);

/* Where a rejected event came from. */
struct batch_origin {
    const char *adapter;
    int64_t received_ms;
    struct view envelope; /* batch.envelope */
};

/* A row of the quarantine; buf_status() says whether it fit. */
void batch_frames_append_reject(struct buf *out, const struct batch_origin *origin,
                                const struct batch_reject *reject, uint64_t ingest_seq);

#endif
