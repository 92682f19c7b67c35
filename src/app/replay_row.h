/*
 * replay_row.h - a row of the quarantine through today's code.
 *
 *     replay_row_read(&row, text, &arena)                false: nothing to try
 *     if (replay_row_decode(&row, &completion, &arena, &batch)) { ... events to keep ... }
 *
 * An event that came without an id gets one made of the row's number, so that the same row tried
 * twice gives the same event.
 */
#ifndef PIPES_APP_REPLAY_ROW_H
#define PIPES_APP_REPLAY_ROW_H

#include "adapters/adapter.h"
#include "app/completion.h"

/* Borrowed from the text and the arena. */
struct replay_row {
    uint64_t ingest_seq;
    int64_t received_ms;
    const struct adapter *adapter;
    struct batch_kept kept;
};

bool replay_row_read(struct replay_row *row, struct view text, struct arena *arena);
/* Whether all of it is understood now: completed events that carry the time of their receipt. */
bool replay_row_decode(const struct replay_row *row, const struct completion *completion,
                       struct arena *arena, struct batch *batch);

#endif
