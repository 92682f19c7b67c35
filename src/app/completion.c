#include "app/completion.h"

#include "base/uuid.h"
#include "enrich/enrich_list.h"

static enum status give_id(struct event *event, struct arena *arena, struct fault *fault)
{
    char id[UUID_TEXT_BYTES];
    enum status status = uuid_make(id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct view copy = arena_copy(arena, view_from_text(id));
    if (!copy.at) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for an id");
    }
    event_set_string(event, COLUMN_EVENT_ID, copy);
    return STATUS_OK;
}

static enum status enrich(const struct sender *sender, struct event *event, struct arena *arena)
{
    struct facts room;
    const struct facts *facts;
    enum status status = sender_facts(sender, event, &room, &facts);
    return status == STATUS_OK ? enrich_list_apply(event, facts, &sender->tools, arena) : status;
}

enum status completion_apply(const struct completion *completion, const struct sender *sender,
                             struct event *event, struct arena *arena, struct fault *fault)
{
    if (!event_has(event, COLUMN_SITE)) {
        event_set_string(event, COLUMN_SITE, view_from_text(completion->site));
    }
    if (!event_has(event, COLUMN_ENVIRONMENT)) {
        event_set_string(event, COLUMN_ENVIRONMENT, view_from_text(completion->environment));
    }
    enum status status = STATUS_OK;
    if (event_text(event, COLUMN_EVENT_ID).len == 0) {
        status = give_id(event, arena, fault);
    }
    return status == STATUS_OK ? enrich(sender, event, arena) : status;
}
