#include "app/replay_row.h"

#include "adapters/adapter_list.h"
#include "base/clock.h"

#include <stdio.h>

static struct view text_of(const struct json *doc, const char *name, struct arena *arena)
{
    struct view text = {0};
    enum status status = json_text(doc, json_member(doc, JSON_ROOT, name), arena, &text);
    return status == STATUS_OK ? text : view_make(NULL, 0);
}

bool replay_row_read(struct replay_row *row, struct view text, struct arena *arena)
{
    struct json doc;
    struct fault ignored;
    int64_t seq = 0;
    *row = (struct replay_row){0};
    if (json_parse(&doc, text, arena, NULL, &ignored) != STATUS_OK) {
        return false;
    }
    struct view received = text_of(&doc, "received_at", arena);
    row->adapter = adapter_named(text_of(&doc, "adapter", arena));
    row->reason = text_of(&doc, "reason", arena);
    row->kept.raw = text_of(&doc, "raw", arena);
    row->kept.envelope = json_raw(&doc, json_member(&doc, JSON_ROOT, "envelope"));
    bool has_seq = json_to_int64(&doc, json_member(&doc, JSON_ROOT, "ingest_seq"), &seq) && seq > 0;
    row->ingest_seq = (uint64_t)seq;
    return has_seq && row->adapter && row->adapter->revive && row->kept.raw.len > 0 &&
           clock_parse(received.at, received.len, &row->received_ms);
}

static bool name_event(struct event *event, const struct replay_row *row, size_t index,
                       struct arena *arena)
{
    char id[64];
    if (event_text(event, COLUMN_EVENT_ID).len > 0) {
        return true;
    }
    int len =
        snprintf(id, sizeof(id), "replayed-%llu-%zu", (unsigned long long)row->ingest_seq, index);
    struct view copy = arena_copy(arena, view_make(id, (size_t)len));
    event_set_string(event, COLUMN_EVENT_ID, copy);
    return copy.at != NULL;
}

bool replay_row_decode(const struct replay_row *row, struct arena *arena, struct batch *batch)
{
    struct inbound inbound = {.received_ms = row->received_ms};
    struct fault ignored;
    *batch = (struct batch){0};
    bool is_understood = row->adapter->revive(&row->kept, arena, &inbound) == STATUS_OK &&
                         row->adapter->match(&inbound) &&
                         row->adapter->decode(&inbound, arena, batch, &ignored) == STATUS_OK &&
                         batch->reject_count == 0 && batch->event_count > 0;
    for (size_t i = 0; is_understood && i < batch->event_count; i++) {
        is_understood = name_event(&batch->events[i], row, i, arena);
    }
    return is_understood;
}

bool replay_row_may_come(const struct replay_row *row, const struct event_rules *rules,
                         const struct batch *batch)
{
    bool was_refused =
        view_is(row->reason, SITES_REASON_KEY) || view_is(row->reason, SITES_REASON_ORIGIN);
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct site *ignored;
        const struct sites_caller caller = {.site =
                                                event_rules_site_name(rules, &batch->events[i])};
        enum sites_verdict verdict = sites_admit(rules->sites, &caller, &ignored);
        if (verdict == SITES_UNKNOWN || (was_refused && verdict != SITES_OK)) {
            return false;
        }
    }
    return true;
}
