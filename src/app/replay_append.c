#include "app/replay_append.h"

#include "app/batch_frames.h"
#include "app/replay_row.h"

enum { ARENA_BYTES = 64 * 1024 * 1024 };

void replay_append_open(struct replay_append *append, const struct replay_place *place)
{
    append->place = *place;
    append->done_count = append->looked = 0;
    append->events = 0;
    arena_init(&append->arena, ARENA_BYTES);
}

void replay_append_close(struct replay_append *append)
{
    arena_free(&append->arena);
}

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    struct batch *batch = self;
    event_set_integer(&batch->events[index], COLUMN_INGEST_SEQ, (int64_t)ingest_seq);
    return event_append_row(out, &batch->events[index]);
}

static enum status write_frame(struct replay_append *append, const struct replay_row *row,
                               struct batch *batch, struct fault *fault)
{
    const struct replay_place *place = &append->place;
    struct frame_event *frame =
        batch_frames_make(batch, place->hash_seed, row->received_ms, &append->arena);
    if (!frame || batch->event_count > FRAME_EVENTS_MAX) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for what is replayed");
    }
    enum status status = journal_append(place->journal, place->worker, frame,
                                        (uint32_t)batch->event_count, write_row, batch, fault);
    if (status == STATUS_OK) {
        const struct request_counted counted = {
            .batch = batch,
            .received_ms = row->received_ms,
            .last_seq = frame[batch->event_count - 1].ingest_seq,
            .is_replay = true,
        };
        if (place->counted) {
            request_account_replayed(place->counted, &counted);
        } else {
            request_account_waits(&place->account, &counted, place->noted);
        }
        append->done[append->done_count++] = row->ingest_seq;
        append->events += batch->event_count;
    }
    return status;
}

enum status replay_append_row(struct replay_append *append, struct view text, struct fault *fault)
{
    struct replay_row row;
    struct batch batch;
    arena_clear(&append->arena);
    if (append->done_count == REPLAY_ROWS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "over %d rows at once", REPLAY_ROWS_MAX);
    }
    bool is_understood =
        replay_row_read(&row, text, &append->arena) &&
        replay_row_decode(&row, &append->place.completion, &append->arena, &batch) &&
        scrubbing_apply(&append->place.scrubbing, &batch, &append->arena) == STATUS_OK;
    enum status status = is_understood ? write_frame(append, &row, &batch, fault) : STATUS_OK;
    append->looked += status == STATUS_OK;
    return status;
}
