#include "adapters/adapter_native.h"

#include "adapters/fields.h"

struct reading {
    const struct inbound *inbound;
    struct fields fields;
    struct event shared; /* columns that the envelope and the context give to every event */
    json_value context;
    int64_t skew_ms;
};

/* Members of the envelope that are columns of every event. */
static const struct field_name ENVELOPE[] = {
    {"site", COLUMN_SITE},
    {"load_id", COLUMN_LOAD_ID},
    {"sent_at", COLUMN_SENT_AT},
};

/* load_id-seq, when the event came without an id of its own. */
static enum status name_event(const struct reading *reading, struct event *event)
{
    const struct event_value *seq = &event->values[COLUMN_SEQ];
    struct view load_id = event_text(event, COLUMN_LOAD_ID);
    if (event_has(event, COLUMN_EVENT_ID) || load_id.len == 0 || seq->kind != EVENT_NUMBER) {
        return STATUS_OK;
    }
    char text[VIEW_INT64_BYTES];
    struct view number = view_of_int64(seq->as.number, text);
    size_t len = load_id.len + 1 + number.len;
    char *id = arena_alloc(reading->fields.arena, len);
    if (!id) {
        return STATUS_NO_MEMORY;
    }
    memcpy(id, load_id.at, load_id.len);
    id[load_id.len] = '-';
    memcpy(id + load_id.len + 1, number.at, number.len);
    event_set_string(event, COLUMN_EVENT_ID, view_make(id, len));
    return STATUS_OK;
}

static enum status fill_event(const void *self, json_value object, struct event *event,
                              const char **reason)
{
    const struct reading *reading = self;
    *event = reading->shared;
    enum status status = fields_take(&reading->fields, object, event);
    if (status == STATUS_OK) {
        status = name_event(reading, event);
    }
    *reason = fields_fault_of(event);
    if (status != STATUS_OK || *reason) {
        return status;
    }
    const json_value objects[] = {reading->context, object};
    fields_set_times(event, reading->inbound->received_ms, reading->skew_ms);
    return fields_keep_rest(&reading->fields, objects, 2, event, reason);
}

static enum status read_shared(struct reading *reading)
{
    const struct json *doc = reading->fields.doc;
    int64_t told = 0;
    reading->context = json_member(doc, JSON_ROOT, "context");
    enum status status = fields_take(&reading->fields, reading->context, &reading->shared);
    for (size_t i = 0; i < sizeof(ENVELOPE) / sizeof(ENVELOPE[0]) && status == STATUS_OK; i++) {
        json_value value = json_member(doc, JSON_ROOT, ENVELOPE[i].name);
        status =
            event_take(&reading->shared, ENVELOPE[i].column, doc, value, reading->fields.arena);
        status = status == STATUS_BAD_INPUT ? STATUS_OK : status;
    }
    event_set_string(&reading->shared, COLUMN_ADAPTER, VIEW_LITERAL("native"));
    if (!json_to_int64(doc, json_member(doc, JSON_ROOT, "skew"), &told)) {
        told = 0;
    }
    reading->skew_ms = fields_skew_ms(&reading->shared, reading->inbound->received_ms, told);
    return status;
}

static enum status read_events(struct reading *reading, json_value events, struct batch *batch)
{
    const struct json *doc = reading->fields.doc;
    enum status status = read_shared(reading);
    batch->skew_ms = reading->skew_ms;
    for (json_value at = json_first(doc, events); status == STATUS_OK && at != JSON_NO_VALUE;
         at = json_next(doc, at)) {
        status = fields_add(&reading->fields, at, fill_event, reading, batch);
    }
    return status;
}

static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct reading reading = {.inbound = inbound, .fields = {.arena = arena}};
    enum status status = fields_parse(&reading.fields, inbound->body, batch, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct json *doc = reading.fields.doc;
    json_value events = json_member(doc, JSON_ROOT, "events");
    bool is_batch = json_kind(doc, events) == JSON_ARRAY;
    size_t count = is_batch ? fields_count_elements(doc, events) : 1;
    if (count > ADAPTER_EVENTS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%zu events; at most %d go into one request", count,
                         ADAPTER_EVENTS_MAX);
    }
    status = fields_make_room(batch, count, arena);
    if (status == STATUS_OK && !is_batch) {
        fields_reject(batch, json_raw(doc, JSON_ROOT), "a request needs an array called events");
    } else if (status == STATUS_OK) {
        status = read_events(&reading, events, batch);
    }
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "no memory for %zu events", count);
}

static bool match(const struct inbound *inbound)
{
    return inbound->method == INBOUND_POST && view_is(inbound->path, "/e");
}

const struct adapter adapter_native = {
    .name = "native",
    .answer = ADAPTER_ANSWER_JSON,
    .match = match,
    .decode = decode,
};
