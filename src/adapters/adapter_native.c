#include "adapters/adapter_native.h"

#include <stdlib.h>

enum { CONTEXT_BYTES_MAX = 64 * 1024 };

struct reading {
    const struct inbound *inbound;
    const struct json *doc;
    struct arena *arena;
    struct event shared; /* columns that the envelope and the context give to every event */
    json_value context;
    int64_t skew_ms;
};

/* Members of the envelope that are columns of every event. */
static const struct {
    const char *name;
    enum column column;
} ENVELOPE[] = {
    {"site", COLUMN_SITE},
    {"load_id", COLUMN_LOAD_ID},
    {"sent_at", COLUMN_SENT_AT},
};

static enum column column_of_key(const struct reading *reading, json_value key)
{
    struct view name = {0};
    if (json_text(reading->doc, key, reading->arena, &name) != STATUS_OK) {
        return COLUMN_COUNT;
    }
    enum column column = column_find(name);
    bool is_taken = column < COLUMN_COUNT && columns[column].is_from_client;
    return is_taken && column != COLUMN_CONTEXT ? column : COLUMN_COUNT;
}

/* Takes the members that are columns. A value that does not fit its column stays for `context`. */
static enum status take_columns(struct reading *reading, json_value object, struct event *event)
{
    for (json_value key = json_first(reading->doc, object); key != JSON_NO_VALUE;
         key = json_next(reading->doc, key)) {
        enum column column = column_of_key(reading, key);
        if (column == COLUMN_COUNT) {
            continue;
        }
        enum status status = event_take(event, column, reading->doc,
                                        json_key_value(reading->doc, key), reading->arena);
        if (status != STATUS_OK && status != STATUS_BAD_INPUT) {
            return status;
        }
    }
    return STATUS_OK;
}

static bool fits_column(struct reading *reading, json_value key)
{
    struct event scratch = {0};
    enum column column = column_of_key(reading, key);
    return column < COLUMN_COUNT &&
           event_take(&scratch, column, reading->doc, json_key_value(reading->doc, key),
                      reading->arena) == STATUS_OK;
}

static void append_leftovers(struct reading *reading, json_value object, bool is_nested,
                             struct buf *out)
{
    const struct json *doc = reading->doc;
    for (json_value key = json_first(doc, object); key != JSON_NO_VALUE;
         key = json_next(doc, key)) {
        json_value value = json_key_value(doc, key);
        if (!is_nested && json_text_is(doc, key, "context") &&
            json_kind(doc, value) == JSON_OBJECT) {
            append_leftovers(reading, value, true, out);
        } else if (!fits_column(reading, key)) {
            buf_append_byte(out, out->len == 0 ? '{' : ',');
            json_append_compact(out, doc, key);
            buf_append_byte(out, ':');
            json_append_compact(out, doc, value);
        }
    }
}

/* The column `context`: what neither the shared context nor the event could put into a column. */
static enum status keep_leftovers(struct reading *reading, json_value object, struct event *event)
{
    struct buf out;
    buf_init(&out, CONTEXT_BYTES_MAX);
    append_leftovers(reading, reading->context, true, &out);
    append_leftovers(reading, object, false, &out);
    enum status status = STATUS_OK;
    if (out.len > 0 || out.status != STATUS_OK) {
        buf_append_byte(&out, '}');
        status = buf_status(&out);
    }
    if (status == STATUS_OK && out.len > 0) {
        struct view copy = arena_copy(reading->arena, buf_view(&out));
        status = copy.at ? STATUS_OK : STATUS_NO_MEMORY;
        event_set_raw(event, COLUMN_CONTEXT, copy);
    }
    buf_free(&out);
    return status;
}

static enum status name_event(struct reading *reading, struct event *event)
{
    const struct event_value *seq = &event->values[COLUMN_SEQ];
    struct view load_id = event_text(event, COLUMN_LOAD_ID);
    if (event_has(event, COLUMN_EVENT_ID) || load_id.len == 0 || seq->kind != EVENT_NUMBER) {
        return STATUS_OK;
    }
    struct buf id;
    buf_init(&id, load_id.len + 32);
    buf_append_view(&id, load_id);
    buf_append_byte(&id, '-');
    buf_append_int64(&id, seq->as.number);
    struct view copy = arena_copy(reading->arena, buf_view(&id));
    buf_free(&id);
    if (!copy.at) {
        return STATUS_NO_MEMORY;
    }
    event_set_string(event, COLUMN_EVENT_ID, copy);
    return STATUS_OK;
}

static void date_event(const struct reading *reading, struct event *event)
{
    const struct event_value *created = &event->values[COLUMN_CREATED_AT];
    int64_t time_ms = created->kind == EVENT_NUMBER ? created->as.number + reading->skew_ms
                                                    : reading->inbound->received_ms;
    event_set_time(event, COLUMN_EVENT_TIME, time_ms);
    event_set_time(event, COLUMN_RECEIVED_AT, reading->inbound->received_ms);
}

/* NULL when it is an event; else why it is not. */
static const char *fault_of_event(const struct event *event)
{
    if (event_text(event, COLUMN_TYPE).len == 0) {
        return "an event needs a type";
    }
    if (event_text(event, COLUMN_EVENT_ID).len > ADAPTER_EVENT_ID_BYTES_MAX) {
        return "event_id is longer than 128 bytes";
    }
    return NULL;
}

static void reject(struct reading *reading, json_value value, const char *reason,
                   struct batch *batch)
{
    batch->rejects[batch->reject_count++] =
        (struct batch_reject){json_raw(reading->doc, value), reason};
}

static enum status read_event(struct reading *reading, json_value value, struct batch *batch)
{
    if (json_kind(reading->doc, value) != JSON_OBJECT) {
        reject(reading, value, "an event is an object", batch);
        return STATUS_OK;
    }
    struct event *event = &batch->events[batch->event_count];
    *event = reading->shared;
    enum status status = take_columns(reading, value, event);
    if (status == STATUS_OK) {
        status = name_event(reading, event);
    }
    const char *reason = fault_of_event(event);
    if (status == STATUS_OK && !reason) {
        status = keep_leftovers(reading, value, event);
        reason = status == STATUS_TOO_BIG ? "context is longer than 64 KiB" : NULL;
    }
    if (reason) {
        reject(reading, value, reason, batch);
        return STATUS_OK;
    }
    date_event(reading, event);
    batch->event_count += status == STATUS_OK;
    return status;
}

/* The client's clock is off by more than travelling explains: correct it. What the collector once
 * told a load is repeated by its later batches, so that its own events keep their order. */
static int64_t find_skew(const struct reading *reading)
{
    const struct event_value *sent = &reading->shared.values[COLUMN_SENT_AT];
    if (sent->kind != EVENT_NUMBER) {
        return 0;
    }
    int64_t measured = reading->inbound->received_ms - sent->as.number;
    int64_t told;
    if (json_to_int64(reading->doc, json_member(reading->doc, JSON_ROOT, "skew"), &told)) {
        int64_t off = told > measured ? told - measured : measured - told;
        return off < 10 * ADAPTER_SKEW_MS ? told : measured;
    }
    return llabs(measured) >= ADAPTER_SKEW_MS ? measured : 0;
}

static enum status read_shared(struct reading *reading)
{
    const struct json *doc = reading->doc;
    reading->context = json_member(doc, JSON_ROOT, "context");
    enum status status = take_columns(reading, reading->context, &reading->shared);
    for (size_t i = 0; i < sizeof(ENVELOPE) / sizeof(ENVELOPE[0]); i++) {
        json_value value = json_member(doc, JSON_ROOT, ENVELOPE[i].name);
        enum status taken = STATUS_OK;
        if (status == STATUS_OK) {
            taken = event_take(&reading->shared, ENVELOPE[i].column, doc, value, reading->arena);
        }
        status = taken == STATUS_NO_MEMORY ? taken : status;
    }
    event_set_string(&reading->shared, COLUMN_ADAPTER, VIEW_LITERAL("native"));
    reading->skew_ms = find_skew(reading);
    return status;
}

static size_t count_elements(const struct json *doc, json_value array)
{
    size_t count = 0;
    for (json_value at = json_first(doc, array); at != JSON_NO_VALUE; at = json_next(doc, at)) {
        count++;
    }
    return count;
}

static enum status make_room(struct batch *batch, size_t count, struct arena *arena)
{
    batch->events = arena_alloc_zeroed(arena, count, sizeof(*batch->events));
    batch->rejects = arena_alloc_zeroed(arena, count, sizeof(*batch->rejects));
    return batch->events && batch->rejects ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct json doc;
    enum status status = json_parse(&doc, inbound->body, arena, NULL, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct reading reading = {.inbound = inbound, .doc = &doc, .arena = arena};
    json_value events = json_member(&doc, JSON_ROOT, "events");
    bool is_batch = json_kind(&doc, events) == JSON_ARRAY;
    size_t count = is_batch ? count_elements(&doc, events) : 1;
    if (count > ADAPTER_EVENTS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%zu events; at most %d go into one request", count,
                         ADAPTER_EVENTS_MAX);
    }
    /* Events point into the document: it has to live as long as they do. */
    struct json *kept = arena_alloc(arena, sizeof(*kept));
    if (!kept || make_room(batch, count > 0 ? count : 1, arena) != STATUS_OK) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %zu events", count);
    }
    *kept = doc;
    reading.doc = kept;
    if (!is_batch) {
        reject(&reading, JSON_ROOT, "a request needs an array called events", batch);
        return STATUS_OK;
    }
    status = read_shared(&reading);
    batch->skew_ms = reading.skew_ms;
    for (json_value at = json_first(kept, events); status == STATUS_OK && at != JSON_NO_VALUE;
         at = json_next(kept, at)) {
        status = read_event(&reading, at, batch);
    }
    return status == STATUS_OK ? status : fault_set(fault, status, "no memory for the events");
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
