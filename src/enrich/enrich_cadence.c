#include "enrich/enrich_cadence.h"

#include "enrich/cadence.h"

enum { SECOND_MS = 1000 };

static bool is_interaction(const struct event *event)
{
    struct view type = event_text(event, COLUMN_TYPE);
    return view_is(type, "click") || view_is(type, "form");
}

/* The clock that never goes back, where the client has it. */
static bool made_at(const struct event *event, int64_t *ms)
{
    return event_number(event, COLUMN_SINCE_LOAD_MS, ms) ||
           event_number(event, COLUMN_CREATED_AT, ms);
}

static enum status apply(struct event *event, const struct facts *facts,
                         const struct enrich_tools *tools, struct arena *arena)
{
    int64_t ms;
    (void)facts;
    (void)arena;
    if (!tools->cadence || !is_interaction(event) || !made_at(event, &ms)) {
        return STATUS_OK;
    }
    struct view load = event_text(event, COLUMN_LOAD_ID);
    struct view who = load.len > 0 ? load : event_text(event, COLUMN_ANONYMOUS_ID);
    event->told.is_rapid = who.len > 0 && cadence_is_rapid(tools->cadence, who, ms / SECOND_MS);
    return STATUS_OK;
}

const struct enricher enrich_cadence = {.name = "cadence", .apply = apply};
