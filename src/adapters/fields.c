#include "adapters/fields.h"

#include <stddef.h>
#include <stdlib.h>

static const int64_t FAR_MS = 100LL * 366 * 86400 * 1000; /* no clock is off by more */

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
    struct view name;
    if (json_is_plain(fields->doc, key)) {
        return column_of_name(fields, json_unquoted(fields->doc, key));
    }
    if (json_text(fields->doc, key, fields->arena, &name) != STATUS_OK) {
        return COLUMN_COUNT;
    }
    return column_of_name(fields, name);
}

static bool is_object(const struct fields *fields, json_value value)
{
    return json_kind(fields->doc, value) == JSON_OBJECT;
}

#define VIEW_INIT(text)        \
    {                          \
        text, sizeof(text) - 1 \
    }

static const struct view CONTEXT = VIEW_INIT("context");

/* What an object's members left. */
struct left {
    json_value context; /* the last of that name */
    bool has_rest;
};

static const struct {
    struct view name;
    size_t at; /* of the view in struct event_told */
} TOLD[] = {
    {VIEW_INIT("userAgent"), offsetof(struct event_told, agent)},
    {VIEW_INIT("user_agent"), offsetof(struct event_told, agent)},
    {VIEW_INIT("$user_agent"), offsetof(struct event_told, agent)},
    {VIEW_INIT("ua"), offsetof(struct event_told, agent)},
    {VIEW_INIT("ip"), offsetof(struct event_told, address)},
    {VIEW_INIT("$ip"), offsetof(struct event_told, address)},
    {VIEW_INIT("ip_address"), offsetof(struct event_told, address)},
};
/* Their lengths, and webdriver's, as bits: most names are told apart by that. */
enum { TOLD_LENGTHS = 1 << 2 | 1 << 3 | 1 << 9 | 1 << 10 | 1 << 11 };

static void keep_told(const struct fields *fields, json_value value, struct view *text)
{
    if (json_kind(fields->doc, value) == JSON_STRING &&
        json_text(fields->doc, value, fields->arena, text) != STATUS_OK) {
        *text = view_make(NULL, 0); /* as if it had not been told */
    }
}

/* Of a member that has no column. */
static inline void take_told(const struct fields *fields, json_value key, struct event *event)
{
    if (!json_is_plain(fields->doc, key)) {
        return;
    }
    struct view name = json_unquoted(fields->doc, key);
    json_value value = json_key_value(fields->doc, key);
    if (name.len > 11 || !(TOLD_LENGTHS & 1u << name.len)) {
        return;
    }
    if (view_is(name, "webdriver")) {
        event->told.is_driven = json_kind(fields->doc, value) == JSON_TRUE;
    }
    for (size_t i = 0; i < sizeof(TOLD) / sizeof(TOLD[0]); i++) {
        if (view_equal(name, TOLD[i].name)) {
            keep_told(fields, value, (struct view *)((char *)&event->told + TOLD[i].at));
        }
    }
}

void fields_take_told(const struct fields *fields, json_value object, struct event *event)
{
    if (!is_object(fields, object)) {
        return;
    }
    for (json_value key = json_first(fields->doc, object); key != JSON_NO_VALUE;
         key = json_next(fields->doc, key)) {
        take_told(fields, key, event);
    }
}

static void leave(const struct fields *fields, json_value key, struct event *event,
                  struct left *left)
{
    json_value value = json_key_value(fields->doc, key);
    if (json_text_is(fields->doc, key, CONTEXT)) {
        left->context = value;
    }
    take_told(fields, key, event);
    left->has_rest = true;
}

/* With all that it calls inlined: for a member is some hundred instructions, and calls would be a
 * third of them. */
__attribute__((flatten)) static enum status
take_members(const struct fields *fields, json_value object, struct event *event, struct left *left)
{
    for (json_value key = json_first(fields->doc, object); key != JSON_NO_VALUE;
         key = json_next(fields->doc, key)) {
        enum column column = column_of_key(fields, key);
        if (column == COLUMN_COUNT) {
            leave(fields, key, event, left);
            continue;
        }
        enum status status =
            event_take(event, column, fields->doc, json_key_value(fields->doc, key), fields->arena);
        if (status != STATUS_OK && status != STATUS_BAD_INPUT) {
            return status;
        }
        fields->placed[key] = status == STATUS_OK;
        left->has_rest |= status != STATUS_OK;
    }
    return STATUS_OK;
}

enum status fields_take(const struct fields *fields, json_value object, struct event *event,
                        bool *has_rest)
{
    struct left left = {.context = JSON_NO_VALUE};
    if (!is_object(fields, object)) {
        return STATUS_OK;
    }
    enum status status = take_members(fields, object, event, &left);
    *has_rest |= left.has_rest;
    json_value context = left.context;
    if (status != STATUS_OK || !is_object(fields, context)) {
        return status;
    }
    /* What the object says itself is taken once more, over what its context says. */
    status = take_members(fields, context, event, &left);
    return status == STATUS_OK ? take_members(fields, object, event, &left) : status;
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
        bool is_context = !is_nested && json_text_is(fields->doc, key, CONTEXT);
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

/* Of far clocks the difference may not fit. */
static int64_t difference(int64_t a, int64_t b)
{
    int64_t result;
    bool is_too_far = __builtin_sub_overflow(a, b, &result) || llabs(result) > FAR_MS;
    return is_too_far ? (a > b ? FAR_MS : -FAR_MS) : result;
}

struct client_clock fields_clock_of(const struct event *event, int64_t received_ms,
                                    const int64_t *told)
{
    int64_t sent_ms;
    if (!event_number(event, COLUMN_SENT_AT, &sent_ms)) {
        return (struct client_clock){0};
    }
    int64_t measured = difference(received_ms, sent_ms);
    if (told && llabs(difference(*told, measured)) < 5 * ADAPTER_SKEW_MS) {
        return (struct client_clock){*told, true};
    }
    int64_t skew = llabs(measured) >= ADAPTER_SKEW_MS ? measured : 0;
    return (struct client_clock){skew, llabs(measured) >= ADAPTER_SKEW_MS / 2};
}

void fields_set_times(struct event *event, int64_t received_ms, int64_t skew_ms)
{
    int64_t time_ms = received_ms;
    int64_t created_ms;
    if (event_number(event, COLUMN_CREATED_AT, &created_ms) &&
        (__builtin_add_overflow(created_ms, skew_ms, &time_ms) ||
         time_ms > received_ms + ADAPTER_AHEAD_MS)) {
        time_ms = received_ms;
    }
    event_set_time(event, COLUMN_EVENT_TIME, time_ms);
    event_set_time(event, COLUMN_RECEIVED_AT, received_ms);
}

static int64_t clamp_sum(int64_t ms, int64_t less)
{
    int64_t sum;
    return __builtin_add_overflow(ms, less, &sum) ? ms : sum;
}

void fields_keep_order(struct batch *batch)
{
    int64_t next_ms = 0;
    int64_t next_since = 0;
    struct view load = {0};
    bool has_next = false;
    for (size_t i = batch->event_count; i-- > 0;) {
        struct event *event = &batch->events[i];
        int64_t time_ms;
        int64_t since;
        if (!event_number(event, COLUMN_EVENT_TIME, &time_ms) ||
            !event_number(event, COLUMN_SINCE_LOAD_MS, &since)) {
            continue;
        }
        bool is_same_load = has_next && view_equal(event_text(event, COLUMN_LOAD_ID), load);
        if (is_same_load && since <= next_since && time_ms > next_ms) {
            time_ms = clamp_sum(next_ms, -difference(next_since, since));
            event_set_time(event, COLUMN_EVENT_TIME, time_ms);
        }
        next_ms = time_ms;
        next_since = since;
        load = event_text(event, COLUMN_LOAD_ID);
        has_next = true;
    }
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
    batch->events = arena_alloc(arena, room * sizeof(*batch->events));
    batch->rejects = arena_alloc(arena, room * sizeof(*batch->rejects));
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
        event_clear(&batch->events[batch->event_count]);
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
