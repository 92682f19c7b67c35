#include "adapters/adapter_native.h"

#include "adapters/fields.h"
#include "base/hash.h"

#include <stdio.h>

enum { LOSS_ID_BYTES = 192, LOSS_LOAD_BYTES_MAX = 100, LOSS_BYTES_MAX = 4096 };

struct reading {
    const struct inbound *inbound;
    struct fields fields;
    struct event shared; /* columns that the envelope and the context give to every event */
    json_value context;
    const char *reason; /* why the context can be kept for none of them; NULL as a rule */
    struct client_clock clock;
};

/* Members of the envelope: first those that are columns of every event. */
enum {
    SITE,
    LOAD_ID,
    SENT_AT,
    COLUMNS,
    CONTEXT = COLUMNS,
    EVENTS,
    SKEW,
    COOKIE,
    DROPPED,
    KEY,
    MEMBERS
};
static const enum column ENVELOPE_COLUMNS[COLUMNS] = {COLUMN_SITE, COLUMN_LOAD_ID, COLUMN_SENT_AT};

static void find_members(const struct json *doc, json_value members[MEMBERS])
{
    static const struct view NAMES[MEMBERS] = {
        [SITE] = VIEW_LITERAL("site"),       [LOAD_ID] = VIEW_LITERAL("load_id"),
        [SENT_AT] = VIEW_LITERAL("sent_at"), [CONTEXT] = VIEW_LITERAL("context"),
        [EVENTS] = VIEW_LITERAL("events"),   [SKEW] = VIEW_LITERAL("skew"),
        [COOKIE] = VIEW_LITERAL("cookie"),   [DROPPED] = VIEW_LITERAL("dropped"),
        [KEY] = VIEW_LITERAL("key"),
    };
    json_members(doc, JSON_ROOT, NAMES, MEMBERS, members);
}

/* load_id-seq, when the event came without an id of its own. */
static enum status name_event(const struct reading *reading, struct event *event)
{
    int64_t seq;
    struct view load_id = event_text(event, COLUMN_LOAD_ID);
    if (event_has(event, COLUMN_EVENT_ID) || load_id.len == 0 ||
        !event_number(event, COLUMN_SEQ, &seq)) {
        return STATUS_OK;
    }
    char text[VIEW_INT64_BYTES];
    struct view number = view_of_int64(seq, text);
    size_t len = load_id.len + 1 + number.len;
    char *id = arena_alloc(reading->fields.arena, len);
    if (!id) {
        return STATUS_NO_MEMORY;
    }
    memcpy(id, load_id.at, load_id.len);
    id[load_id.len] = '-';
    memcpy(id + load_id.len + 1, number.at, number.len);
    event_set_like(event, COLUMN_EVENT_ID, view_make(id, len), COLUMN_LOAD_ID);
    return STATUS_OK;
}

static enum status fill_event(const void *self, json_value object, struct event *event,
                              const char **reason)
{
    const struct reading *reading = self;
    bool has_rest = false;
    event_copy(event, &reading->shared);
    enum status status = fields_take(&reading->fields, object, event, &has_rest);
    if (status == STATUS_OK) {
        status = name_event(reading, event);
    }
    *reason = fields_fault_of(event);
    if (status != STATUS_OK || *reason) {
        return status;
    }
    const json_value objects[] = {reading->context, object};
    fields_set_times(event, reading->inbound->received_ms, reading->clock.skew_ms);
    *reason = reading->reason;
    return has_rest ? fields_keep_rest(&reading->fields, objects, 2, event, reason) : STATUS_OK;
}

/* Columns of the context, and what of it has none, for every event that adds nothing of its own. */
static enum status read_context(struct reading *reading, json_value context)
{
    bool has_rest = false;
    reading->context = context;
    enum status status = fields_take(&reading->fields, context, &reading->shared, &has_rest);
    if (status == STATUS_OK && has_rest) {
        status =
            fields_keep_rest(&reading->fields, &context, 1, &reading->shared, &reading->reason);
    }
    return status;
}

static enum status read_shared(struct reading *reading, const json_value members[MEMBERS])
{
    const struct json *doc = reading->fields.doc;
    int64_t told = 0;
    enum status status = read_context(reading, members[CONTEXT]);
    for (int i = 0; i < COLUMNS && status == STATUS_OK; i++) {
        status = event_take(&reading->shared, ENVELOPE_COLUMNS[i], doc, members[i],
                            reading->fields.arena);
        status = status == STATUS_BAD_INPUT ? STATUS_OK : status;
    }
    event_set_plain(&reading->shared, COLUMN_ADAPTER, VIEW_LITERAL("native"));
    bool has_told = json_to_int64(doc, members[SKEW], &told);
    reading->clock =
        fields_clock_of(&reading->shared, reading->inbound->received_ms, has_told ? &told : NULL);
    return status;
}

/* A batch without events tells of losses only: that is an event of its own then, known by what it
 * tells, as a batch that is sent again tells the same. */
static enum status make_loss(const struct reading *reading, json_value dropped, struct batch *batch)
{
    uint64_t hash[2];
    char text[LOSS_ID_BYTES];
    struct event *event = &batch->events[0];
    struct view load_id = event_text(&reading->shared, COLUMN_LOAD_ID);
    if (load_id.len == 0 || load_id.len > LOSS_LOAD_BYTES_MAX) {
        return STATUS_OK;
    }
    hash_pair_128(0, load_id, json_raw(reading->fields.doc, dropped), hash);
    int len = snprintf(text, sizeof(text), "%.*s-loss-%016llx", VIEW_ARG(load_id),
                       (unsigned long long)hash[0]);
    struct view id = arena_copy(reading->fields.arena, view_make(text, (size_t)len));
    if (!id.at) {
        return STATUS_NO_MEMORY;
    }
    event_copy(event, &reading->shared);
    event_set_plain(event, COLUMN_TYPE, VIEW_LITERAL("loss"));
    event_set_like(event, COLUMN_EVENT_ID, id, COLUMN_LOAD_ID);
    fields_set_times(event, reading->inbound->received_ms, reading->clock.skew_ms);
    batch->event_count = 1;
    return STATUS_OK;
}

static enum status keep_dropped(const struct reading *reading, json_value dropped,
                                struct batch *batch)
{
    const struct json *doc = reading->fields.doc;
    bool is_told = json_kind(doc, dropped) == JSON_OBJECT &&
                   json_has(doc, json_first(doc, dropped)) &&
                   json_raw(doc, dropped).len <= LOSS_BYTES_MAX;
    enum status status = is_told && batch->event_count + batch->reject_count == 0
                             ? make_loss(reading, dropped, batch)
                             : STATUS_OK;
    if (is_told && status == STATUS_OK && batch->event_count > 0) {
        event_set_json(&batch->events[0], COLUMN_DROPPED, doc, dropped);
    }
    return status;
}

static enum status read_events(struct reading *reading, const json_value members[MEMBERS],
                               struct batch *batch)
{
    const struct json *doc = reading->fields.doc;
    enum status status = read_shared(reading, members);
    batch->skew_ms = reading->clock.skew_ms;
    batch->tells_skew = reading->clock.is_worth_telling;
    batch->asks_cookie = json_is_plain(doc, members[COOKIE]);
    batch->cookie_domain = json_unquoted(doc, members[COOKIE]);
    batch->write_key =
        json_is_plain(doc, members[KEY]) ? json_unquoted(doc, members[KEY]) : view_make(NULL, 0);
    for (json_value at = json_first(doc, members[EVENTS]);
         status == STATUS_OK && at != JSON_NO_VALUE; at = json_next(doc, at)) {
        status = fields_add(&reading->fields, at, fill_event, reading, batch);
    }
    fields_keep_order(batch);
    return status == STATUS_OK ? keep_dropped(reading, members[DROPPED], batch) : status;
}

/* By hand: an initializer would zero all columns of `shared`. */
static void start(struct reading *reading, const struct inbound *inbound, struct arena *arena)
{
    reading->inbound = inbound;
    reading->fields = (struct fields){.arena = arena};
    reading->reason = NULL;
    event_clear(&reading->shared);
}

enum { ENVELOPE_BYTES_MAX = 4096, REVIVED_BYTES_MAX = 16 * 1024 * 1024 };

/* Of the envelope what is small and every event has: without it they would be of no site and no
 * load. A larger one is none of ours. */
static enum status keep_envelope(const struct reading *reading, const json_value members[MEMBERS],
                                 struct batch *batch)
{
    struct buf text;
    buf_init(&text, ENVELOPE_BYTES_MAX);
    for (int i = 0; i < COLUMNS; i++) {
        if (members[i] != JSON_NO_VALUE) {
            buf_append_format(&text, "%c\"%s\":", text.len == 0 ? '{' : ',',
                              columns[ENVELOPE_COLUMNS[i]].name);
            json_append_compact(&text, reading->fields.doc, members[i]);
        }
    }
    bool is_there = text.len > 0 && buf_append_byte(&text, '}') == STATUS_OK;
    if (is_there) {
        batch->envelope = arena_copy(reading->fields.arena, buf_view(&text));
    }
    buf_free(&text);
    return is_there && !batch->envelope.at ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct reading reading;
    json_value members[MEMBERS];
    start(&reading, inbound, arena);
    enum status status = fields_parse(&reading.fields, inbound->body, batch, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct json *doc = reading.fields.doc;
    find_members(doc, members);
    bool is_batch = json_kind(doc, members[EVENTS]) == JSON_ARRAY;
    size_t count = is_batch ? fields_count_elements(doc, members[EVENTS]) : 1;
    if (count > ADAPTER_EVENTS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%zu events; at most %d go into one request", count,
                         ADAPTER_EVENTS_MAX);
    }
    status = fields_make_room(batch, count, arena);
    if (status == STATUS_OK && !is_batch) {
        fields_reject(batch, json_raw(doc, JSON_ROOT), "a request needs an array called events");
    } else if (status == STATUS_OK) {
        status = read_events(&reading, members, batch);
    }
    if (status == STATUS_OK && is_batch && batch->reject_count > 0) {
        status = keep_envelope(&reading, members, batch);
    }
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "no memory for %zu events", count);
}

/* An event is a request of one. What was put aside whole is one already, and is tried as such. */
static enum status revive(const struct batch_kept *kept, struct arena *arena,
                          struct inbound *inbound)
{
    struct buf text;
    struct view head = kept->envelope;
    bool is_event = head.len > 1 || !view_starts_with(kept->raw, "{\"v\"");
    buf_init(&text, REVIVED_BYTES_MAX);
    if (is_event) {
        buf_append_view(&text, head.len > 1 ? view_part(head, 0, head.len - 1) : VIEW_LITERAL("{"));
        buf_append_text(&text, head.len > 1 ? ",\"events\":[" : "\"events\":[");
    }
    buf_append_view(&text, kept->raw);
    buf_append_text(&text, is_event ? "]}" : "");
    inbound->method = INBOUND_POST;
    inbound->path = VIEW_LITERAL("/e");
    inbound->body = arena_copy(arena, buf_view(&text));
    enum status status = buf_status(&text);
    status = status == STATUS_OK && !inbound->body.at ? STATUS_NO_MEMORY : status;
    buf_free(&text);
    return status;
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
    .revive = revive,
};
