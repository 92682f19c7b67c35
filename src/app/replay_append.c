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

/* What became of a row's events. */
struct sorted {
    struct batch kept;
    struct batch refused; /* by what they say of consent */
    struct batch forgotten;
};

static enum status write_frame(struct replay_append *append, const struct replay_row *row,
                               struct batch *batch, struct fault *fault)
{
    const struct replay_place *place = &append->place;
    if (batch->event_count == 0) {
        return STATUS_OK;
    }
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
            request_account_replayed(place->counted, &counted, LEDGER_ACCEPTED);
        } else {
            request_account_waits(&place->account, &counted, place->noted);
        }
        append->events += batch->event_count;
    }
    return status;
}

static void count_dropped(const struct replay_append *append, const struct replay_row *row,
                          const struct batch *batch, enum ledger_count why)
{
    const struct replay_place *place = &append->place;
    const struct request_counted counted = {.batch = batch,
                                            .site = view_from_text(place->rules.completion.site),
                                            .received_ms = row->received_ms,
                                            .is_replay = true};
    if (place->counted) {
        request_account_replayed(place->counted, &counted, why);
    } else {
        request_account_dropped(&place->account, &counted, why);
    }
}

static bool make_room(struct sorted *sorted, size_t count, struct arena *arena)
{
    *sorted = (struct sorted){0};
    sorted->kept.events = arena_alloc(arena, count * sizeof(struct event));
    sorted->refused.events = arena_alloc(arena, count * sizeof(struct event));
    sorted->forgotten.events = arena_alloc(arena, count * sizeof(struct event));
    return sorted->kept.events && sorted->refused.events && sorted->forgotten.events;
}

/* Signals of its request were judged when it came, and are not known any more. */
static bool sort_out(struct replay_append *append, const struct batch *batch, struct sorted *sorted)
{
    static const struct signals NO_SIGNALS = {false, false, false};
    const struct event_rules *rules = &append->place.rules;
    if (!make_room(sorted, batch->event_count, &append->arena)) {
        return false;
    }
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct event *event = &batch->events[i];
        const struct privacy_policy *policy = &event_rules_site(rules, event)->policy;
        struct batch *to = policy_judge(policy, &NO_SIGNALS, event, &append->arena) != POLICY_KEEP
                               ? &sorted->refused
                           : event_rules_forgot(rules, event) ? &sorted->forgotten
                                                              : &sorted->kept;
        event_copy(&to->events[to->event_count++], event);
    }
    return true;
}

/* As the collector does with what comes now; of who sent it nothing is known. */
static enum status clean(struct replay_append *append, const struct replay_row *row,
                         struct batch *batch, struct fault *fault)
{
    static const struct sender NOBODY;
    struct scrubbing scrubbing = append->place.scrubbing;
    scrubbing.moment = (struct key_moment){clock_now_ms(append->place.clock), row->received_ms};
    struct event_rules_of of = {
        .request = {.moment = scrubbing.moment, .is_replay = true},
        .sender = &NOBODY,
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->event_count && status == STATUS_OK; i++) {
        status =
            event_rules_apply(&append->place.rules, &of, &batch->events[i], &append->arena, fault);
    }
    return status == STATUS_OK ? scrubbing_apply(&scrubbing, batch, &append->arena) : status;
}

static enum status put(struct replay_append *append, const struct replay_row *row,
                       struct sorted *sorted, struct fault *fault)
{
    enum status status = clean(append, row, &sorted->kept, fault);
    status = status == STATUS_OK ? write_frame(append, row, &sorted->kept, fault) : status;
    if (status == STATUS_OK) {
        count_dropped(append, row, &sorted->refused, LEDGER_DROPPED_SIGNAL);
        count_dropped(append, row, &sorted->forgotten, LEDGER_DROPPED_FORGOTTEN);
        append->done[append->done_count++] = row->ingest_seq;
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
    struct sorted sorted;
    bool is_understood = replay_row_read(&row, text, &append->arena) &&
                         replay_row_decode(&row, &append->arena, &batch) &&
                         replay_row_may_come(&row, &append->place.rules, &batch) &&
                         sort_out(append, &batch, &sorted);
    enum status status = is_understood ? put(append, &row, &sorted, fault) : STATUS_OK;
    append->looked += status == STATUS_OK;
    return status;
}
