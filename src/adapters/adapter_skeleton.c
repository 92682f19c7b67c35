#include "adapters/adapter_skeleton.h"

#include "adapters/fields.h"

/* What the protocol calls things that have a column here under another name. Everything else is
 * found by the columns' own names, and the rest goes to `context` by itself. */
static const struct field_name NAMES[] = {
    {"visitor", COLUMN_ANONYMOUS_ID},
    {"what", COLUMN_NAME},
    {NULL, COLUMN_COUNT},
};

/* The whole work: bytes to columns. No socket, no file, no clock, no global. */
static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct fields fields = {.arena = arena, .names = NAMES};

    /* Not even JSON: the sender gets a 400 with the fault's sentence. */
    enum status status = fields_parse(inbound->body, arena, batch, &fields.doc, fault);
    if (status == STATUS_OK) {
        status = fields_make_room(batch, 1, arena);
    }
    if (status != STATUS_OK) {
        return status;
    }

    /* Defaults first, then what the sender says, then what has no column. */
    const json_value object = JSON_ROOT;
    struct event *event = &batch->events[0];
    event_set_string(event, COLUMN_ADAPTER, VIEW_LITERAL("skeleton"));
    event_set_string(event, COLUMN_TYPE, VIEW_LITERAL("track"));
    status = fields_take(&fields, object, event);
    if (status == STATUS_OK) {
        status = fields_keep_rest(&fields, &object, 1, event);
    }
    if (status != STATUS_OK) {
        return status;
    }
    fields_set_times(event, inbound->received_ms, fields_skew_ms(event, inbound->received_ms, 0));

    /* JSON, but no event: kept with its reason, so that it can be replayed. */
    const char *reason = fields_fault_of(event);
    if (reason) {
        fields_reject(batch, json_raw(fields.doc, object), reason);
    } else {
        batch->event_count = 1;
    }
    return STATUS_OK;
}

/* By method and path alone; the first adapter of the list that says yes gets the request. */
static bool match(const struct inbound *inbound)
{
    return inbound->method == INBOUND_POST && view_is(inbound->path, "/skeleton/event");
}

const struct adapter adapter_skeleton = {
    .name = "skeleton",
    .answer = ADAPTER_ANSWER_JSON,
    .match = match,
    .decode = decode,
};
