/*
 * stream_merge.h - the frames of all streams of the journal, in the order of their numbers.
 *
 * Old streams, left by earlier starts, are read to their end; live ones as far as they are durable.
 * Of two workers' equal events the one with the lower ingest_seq comes first, whatever their
 * timing.
 *
 *     stream_merge_refresh(merge, &fault);
 *     while (stream_merge_next(merge, stable, &stream, &frame, &fault) == STATUS_OK) { ... }
 */
#ifndef PIPES_LAKE_STREAM_MERGE_H
#define PIPES_LAKE_STREAM_MERGE_H

#include "journal/journal.h"
#include "journal/stream_reader.h"

enum { STREAM_MERGE_WORKERS_MAX = 65, STREAM_MERGE_MAX = 4096 + STREAM_MERGE_WORKERS_MAX };

struct stream_merge;

/* journal is borrowed; damage is told as stream_reader.h says. */
enum status stream_merge_open(struct stream_merge **merge, struct journal *journal,
                              unsigned workers, stream_damage_fn *on_damage, void *self,
                              struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void stream_merge_close(struct stream_merge *merge);

/* Streams have the indexes 0 to count - 1 for as long as the merge is open. */
size_t stream_merge_count(const struct stream_merge *merge);
uint64_t stream_merge_id(const struct stream_merge *merge, size_t stream);

/* Looks how far live streams are durable by now. Call journal_stable() before it: what is below
 * that is then within reach. */
enum status stream_merge_refresh(struct stream_merge *merge, struct fault *fault) MUST_CHECK;
/* The frame with the lowest number, if that is below `below`; else STATUS_END. Borrowed until the
 * next call of any function here. */
enum status stream_merge_next(struct stream_merge *merge, uint64_t below, size_t *stream,
                              struct frame *frame, struct fault *fault) MUST_CHECK;

/* Whether any stream holds a frame that was not handed out. */
enum status stream_merge_left(struct stream_merge *merge, bool *is_left, struct fault *fault)
    MUST_CHECK;

/* Lets the journal remove what was handed out of this stream; what was handed out must be kept
 * elsewhere by now. *is_done: nothing will ever come of it again, and its folder is gone. */
enum status stream_merge_release(struct stream_merge *merge, size_t stream, bool *is_done,
                                 struct fault *fault) MUST_CHECK;

#endif
