#include "adapters/adapter_skeleton.h"

#include "adapters/fields.h"

/* What the protocol calls things that have a column here under another name. Everything else is
 * found by the columns' own names, and the rest goes to `context` by itself. */
static const struct field_name NAMES[] = {
    {"visitor", COLUMN_ANONYMOUS_ID},
    {"what", COLUMN_NAME},
    {NULL, COLUMN_COUNT},
};

/* What is known while a request is read. */
struct reading {
    const struct inbound *inbound;
    struct fields fields;
};

/* One object to one event: defaults first, then what the sender says, then what has no column. */
static enum status fill_event(const void *self, json_value object, struct event *event,
                              const char **reason)
{
    const struct reading *reading = self;
    int64_t received_ms = reading->inbound->received_ms;
    bool has_rest = false;
    event_set_plain(event, COLUMN_ADAPTER, VIEW_LITERAL("skeleton"));
    event_set_plain(event, COLUMN_TYPE, VIEW_LITERAL("track"));
    enum status status = fields_take(&reading->fields, object, event, &has_rest);

    /* JSON, but no event: it is kept in quarantine with this reason and can be replayed. */
    *reason = fields_fault_of(event);
    if (status != STATUS_OK || *reason) {
        return status;
    }
    fields_set_times(event, received_ms, fields_clock_of(event, received_ms, NULL).skew_ms);
    return has_rest ? fields_keep_rest(&reading->fields, &object, 1, event, reason) : STATUS_OK;
}

/* The whole work: bytes to events. No socket, no file, no clock, no global. */
static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct reading reading = {inbound, {.arena = arena, .names = NAMES}};

    /* Not even JSON: the sender gets a 400 with the fault's sentence. */
    enum status status = fields_parse(&reading.fields, inbound->body, batch, fault);
    if (status == STATUS_OK) {
        status = fields_make_room(batch, 1, arena);
    }
    if (status == STATUS_OK) {
        status = fields_add(&reading.fields, JSON_ROOT, fill_event, &reading, batch);
    }
    return status;
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
