#include "adapters/fields.h"

#include <stdlib.h>

static enum column column_of_name(const struct fields *fields, struct view name)
{
    for (const struct field_name *field = fields->names; field && field->name; field++) {
        if (view_is(name, field->name)) {
            return field->column;
        }
    }
    enum column column = column_find(name);
    bool is_free = column < COLUMN_COUNT && columns[column].is_from_client;
    return is_free && column != COLUMN_CONTEXT ? column : COLUMN_COUNT;
}

static enum column column_of_key(const struct fields *fields, json_value key)
{
    struct view name = {0};
    if (json_text(fields->doc, key, fields->arena, &name) != STATUS_OK) {
        return COLUMN_COUNT;
    }
    return column_of_name(fields, name);
}

static enum status take_members(const struct fields *fields, json_value object, struct event *event)
{
    for (json_value key = json_first(fields->doc, object); key != JSON_NO_VALUE;
         key = json_next(fields->doc, key)) {
        enum column column = column_of_key(fields, key);
        if (column == COLUMN_COUNT) {
            continue;
        }
        enum status status =
            event_take(event, column, fields->doc, json_key_value(fields->doc, key), fields->arena);
        if (status != STATUS_OK && status != STATUS_BAD_INPUT) {
            return status;
        }
        fields->placed[key] = status == STATUS_OK;
    }
    return STATUS_OK;
}

static bool is_object(const struct fields *fields, json_value value)
{
    return json_kind(fields->doc, value) == JSON_OBJECT;
}

enum status fields_take(const struct fields *fields, json_value object, struct event *event)
{
    if (!is_object(fields, object)) {
        return STATUS_OK;
    }
    json_value context = json_member(fields->doc, object, "context");
    enum status status =
        is_object(fields, context) ? take_members(fields, context, event) : STATUS_OK;
    return status == STATUS_OK ? take_members(fields, object, event) : status;
}

static void append_member(const struct fields *fields, json_value key, struct buf *out)
{
    buf_append_byte(out, out->len == 0 ? '{' : ',');
    json_append_compact(out, fields->doc, key);
    buf_append_byte(out, ':');
    json_append_compact(out, fields->doc, json_key_value(fields->doc, key));
}

static void append_rest(const struct fields *fields, json_value object, bool is_nested,
                        struct buf *out)
{
    if (!is_object(fields, object)) {
        return;
    }
    for (json_value key = json_first(fields->doc, object); key != JSON_NO_VALUE;
         key = json_next(fields->doc, key)) {
        json_value value = json_key_value(fields->doc, key);
        bool is_context = !is_nested && json_text_is(fields->doc, key, "context");
        if (is_context && is_object(fields, value)) {
            append_rest(fields, value, true, out);
        } else if (!fields->placed[key]) {
            append_member(fields, key, out);
        }
    }
}

enum status fields_keep_rest(const struct fields *fields, const json_value *objects, size_t count,
                             struct event *event, const char **reason)
{
    struct buf out;
    buf_init(&out, FIELDS_CONTEXT_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        append_rest(fields, objects[i], false, &out);
    }
    if (out.len > 0) {
        buf_append_byte(&out, '}');
    }
    enum status status = buf_status(&out);
    if (status == STATUS_OK && out.len > 0) {
        struct view copy = arena_copy(fields->arena, buf_view(&out));
        status = copy.at ? STATUS_OK : STATUS_NO_MEMORY;
        event_set_raw(event, COLUMN_CONTEXT, copy);
    }
    buf_free(&out);
    if (status == STATUS_TOO_BIG) {
        *reason = "context is longer than 64 KiB";
        return STATUS_OK;
    }
    return status;
}

int64_t fields_skew_ms(const struct event *event, int64_t received_ms, int64_t told)
{
    const struct event_value *sent = &event->values[COLUMN_SENT_AT];
    if (sent->kind != EVENT_NUMBER) {
        return 0;
    }
    int64_t measured = received_ms - sent->as.number;
    if (told != 0 && llabs(told / 2 - measured / 2) < 5 * ADAPTER_SKEW_MS) {
        return told;
    }
    return llabs(measured) >= ADAPTER_SKEW_MS ? measured : 0;
}

void fields_set_times(struct event *event, int64_t received_ms, int64_t skew_ms)
{
    const struct event_value *created = &event->values[COLUMN_CREATED_AT];
    bool has_time = created->kind == EVENT_NUMBER;
    event_set_time(event, COLUMN_EVENT_TIME, has_time ? created->as.number + skew_ms : received_ms);
    event_set_time(event, COLUMN_RECEIVED_AT, received_ms);
}

const char *fields_fault_of(const struct event *event)
{
    if (event_text(event, COLUMN_TYPE).len == 0) {
        return "an event needs a type";
    }
    if (event_text(event, COLUMN_EVENT_ID).len > ADAPTER_EVENT_ID_BYTES_MAX) {
        return "event_id is longer than 128 bytes";
    }
    return NULL;
}

enum status fields_make_room(struct batch *batch, size_t count, struct arena *arena)
{
    size_t room = count > 0 ? count : 1;
    batch->events = arena_alloc_zeroed(arena, room, sizeof(*batch->events));
    batch->rejects = arena_alloc_zeroed(arena, room, sizeof(*batch->rejects));
    return batch->events && batch->rejects ? STATUS_OK : STATUS_NO_MEMORY;
}

void fields_reject(struct batch *batch, struct view raw, const char *reason)
{
    batch->rejects[batch->reject_count++] = (struct batch_reject){raw, reason};
}

enum status fields_add(const struct fields *fields, json_value value, fields_fill_fn *fill,
                       const void *self, struct batch *batch)
{
    const char *reason = "an event is an object";
    enum status status = STATUS_OK;
    if (is_object(fields, value)) {
        reason = NULL;
        status = fill(self, value, &batch->events[batch->event_count], &reason);
    }
    if (reason) {
        fields_reject(batch, json_raw(fields->doc, value), reason);
    } else {
        batch->event_count += status == STATUS_OK;
    }
    return status;
}

enum status fields_use(struct fields *fields, const struct json *doc, struct fault *fault)
{
    fields->doc = doc;
    fields->placed = arena_alloc_zeroed(fields->arena, doc->node_count, sizeof(*fields->placed));
    return fields->placed ? STATUS_OK
                          : fault_set(fault, STATUS_NO_MEMORY, "no memory for the request");
}

enum status fields_parse(struct fields *fields, struct view text, struct batch *batch,
                         struct fault *fault)
{
    struct json *made = arena_alloc(fields->arena, sizeof(*made));
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the request");
    }
    enum status status = json_parse(made, text, fields->arena, NULL, fault);
    batch->lone_surrogates = status == STATUS_OK ? made->lone_surrogates : 0;
    return status == STATUS_OK ? fields_use(fields, made, fault) : status;
}

size_t fields_count_elements(const struct json *doc, json_value array)
{
    size_t count = 0;
    for (json_value at = json_first(doc, array); at != JSON_NO_VALUE; at = json_next(doc, at)) {
        count++;
    }
    return count;
}
