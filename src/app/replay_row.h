/*
 * replay_row.h - a row of the quarantine through today's code.
 *
 *     replay_row_read(&row, text, &arena)                false: nothing to try
 *     if (replay_row_decode(&row, &arena, &batch) && replay_row_may_come(&row, &rules, &batch)) {
 *         ... events, each to be judged and completed by the rules of today ...
 *     }
 *
 * An event that came without an id gets one made of the row's number, so that the same row tried
 * twice gives the same event.
 */
#ifndef PIPES_APP_REPLAY_ROW_H
#define PIPES_APP_REPLAY_ROW_H

#include "adapters/adapter.h"
#include "app/event_rules.h"

/* Borrowed from the text and the arena. */
struct replay_row {
    uint64_t ingest_seq;
    int64_t received_ms;
    struct view reason; /* why it was put aside */
    const struct adapter *adapter;
    struct batch_kept kept;
};

bool replay_row_read(struct replay_row *row, struct view text, struct arena *arena);
/* Whether all of it is understood now: events that carry the time of their receipt. */
bool replay_row_decode(const struct replay_row *row, struct arena *arena, struct batch *batch);
/* Whether the sites of the events are served. What was put aside because it came with a wrong key
 * or from another origin may come where the site asks for neither by now: who sent it is not known
 * any more. */
bool replay_row_may_come(const struct replay_row *row, const struct event_rules *rules,
                         const struct batch *batch);

#endif
