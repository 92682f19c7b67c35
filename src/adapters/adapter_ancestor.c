#include "adapters/adapter_ancestor.h"

#include "adapters/fields.h"
#include "base/hash.h"

#include <stdio.h>

enum { STAGE_BYTES_MAX = 32 };

static const struct field_name NAMES[] = {
    {"anonymousId", COLUMN_ANONYMOUS_ID},
    {"userId", COLUMN_USER_ID},
    {"groupId", COLUMN_GROUP_ID},
    {"previousId", COLUMN_PREVIOUS_ID},
    {"messageId", COLUMN_EVENT_ID},
    {"message_id", COLUMN_EVENT_ID},
    {"sentAt", COLUMN_SENT_AT},
    {"timestamp", COLUMN_CREATED_AT},
    {"event", COLUMN_NAME},
    {"traits", COLUMN_USER_PROPERTIES},
    {NULL, COLUMN_COUNT},
};

/* What the ancestor's types are called here. */
static const struct {
    const char *theirs;
    const char *ours;
} TYPES[] = {
    {"page", "page"},         {"screen", "screen"},     {"track", "track"},
    {"identity", "identify"}, {"identify", "identify"}, {"action", "track"},
    {"transaction", "track"},
};

struct reading {
    const struct inbound *inbound;
    struct fields fields;
    struct view stage;
};

static const char *our_type(struct view theirs)
{
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        if (view_is(theirs, TYPES[i].theirs)) {
            return TYPES[i].ours;
        }
    }
    return NULL;
}

static void move_properties_to_user(struct event *event)
{
    if (!event_has(event, COLUMN_USER_PROPERTIES)) {
        event_repeat(event, COLUMN_USER_PROPERTIES, COLUMN_PROPERTIES);
        event_remove(event, COLUMN_PROPERTIES);
    }
}

static enum status name_event(const struct reading *reading, json_value value, struct event *event)
{
    bool can_be_known =
        event_text(event, COLUMN_ANONYMOUS_ID).len > 0 && event_has(event, COLUMN_SENT_AT);
    if (event_has(event, COLUMN_EVENT_ID) || !can_be_known) {
        return STATUS_OK;
    }
    uint64_t hash[2];
    char id[40];
    hash_pair_128(0, reading->inbound->path, json_raw(reading->fields.doc, value), hash);
    snprintf(id, sizeof(id), "h-%016llx%016llx", (unsigned long long)hash[1],
             (unsigned long long)hash[0]);
    struct view copy = arena_copy(reading->fields.arena, view_from_text(id));
    event_set_plain(event, COLUMN_EVENT_ID, copy);
    return copy.at ? STATUS_OK : STATUS_NO_MEMORY;
}

static void settle_type(struct event *event, struct view theirs, const char *ours)
{
    bool is_transaction = view_is(theirs, "transaction");
    event_set_plain(event, COLUMN_TYPE, view_from_text(ours));
    if (is_transaction && !event_has(event, COLUMN_NAME)) {
        event_set_plain(event, COLUMN_NAME, VIEW_LITERAL("transaction"));
    }
    if (view_is(view_from_text(ours), "identify")) {
        move_properties_to_user(event);
    }
}

static void settle_times(const struct reading *reading, struct event *event)
{
    int64_t received_ms = reading->inbound->received_ms;
    if (!event_has(event, COLUMN_CREATED_AT)) {
        event_repeat(event, COLUMN_CREATED_AT, COLUMN_SENT_AT);
    }
    fields_set_times(event, received_ms, fields_clock_of(event, received_ms, NULL).skew_ms);
}

static enum status fill_event(const void *self, json_value object, struct event *event,
                              const char **reason)
{
    const struct reading *reading = self;
    bool has_rest = false;
    event_set_plain(event, COLUMN_ADAPTER, VIEW_LITERAL("ancestor"));
    if (reading->stage.len > 0) {
        event_set_string(event, COLUMN_ENVIRONMENT, reading->stage);
    }
    enum status status = fields_take(&reading->fields, object, event, &has_rest);
    struct view theirs = event_text(event, COLUMN_TYPE);
    const char *ours = our_type(theirs);
    *reason = ours ? fields_fault_of(event)
                   : "type must be page, screen, track, identity, action or transaction";
    if (status != STATUS_OK || *reason) {
        return status;
    }
    settle_type(event, theirs, ours);
    settle_times(reading, event);
    status = name_event(reading, object, event);
    if (status == STATUS_OK && has_rest) {
        status = fields_keep_rest(&reading->fields, &object, 1, event, reason);
    }
    return status;
}

/* A stage needs no quoting. */
static enum status keep_path(const struct inbound *inbound, struct arena *arena,
                             struct batch *batch)
{
    char text[STAGE_BYTES_MAX + 16];
    int len = snprintf(text, sizeof(text), "{\"path\":\"%.*s\"}", VIEW_ARG(inbound->path));
    batch->envelope = arena_copy(arena, view_make(text, (size_t)len));
    return batch->envelope.at ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct reading reading = {
        .inbound = inbound,
        .fields = {.arena = arena, .names = NAMES},
        .stage = view_part(inbound->path, 1, inbound->path.len),
    };
    enum status status = fields_parse(&reading.fields, inbound->body, batch, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct json *doc = reading.fields.doc;
    bool is_array = json_kind(doc, JSON_ROOT) == JSON_ARRAY;
    size_t count = is_array ? fields_count_elements(doc, JSON_ROOT) : 1;
    if (count > ADAPTER_EVENTS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "%zu events; at most %d go into one request", count,
                         ADAPTER_EVENTS_MAX);
    }
    status = fields_make_room(batch, count, arena);
    if (status == STATUS_OK && !is_array) {
        status = fields_add(&reading.fields, JSON_ROOT, fill_event, &reading, batch);
    }
    json_value at = is_array ? json_first(doc, JSON_ROOT) : JSON_NO_VALUE;
    for (; status == STATUS_OK && at != JSON_NO_VALUE; at = json_next(doc, at)) {
        status = fields_add(&reading.fields, at, fill_event, &reading, batch);
    }
    if (status == STATUS_OK && batch->reject_count > 0 && reading.stage.len > 0) {
        status = keep_path(inbound, arena, batch);
    }
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "no memory for %zu events", count);
}

/* The stage stands in the envelope. */
static enum status revive(const struct batch_kept *kept, struct arena *arena,
                          struct inbound *inbound)
{
    struct json doc;
    struct fault ignored;
    struct view path = VIEW_LITERAL("/");
    if (kept->envelope.len > 0 &&
        json_parse(&doc, kept->envelope, arena, NULL, &ignored) == STATUS_OK) {
        json_value value = json_member(&doc, JSON_ROOT, "path");
        path = json_is_plain(&doc, value) ? json_unquoted(&doc, value) : path;
    }
    inbound->method = INBOUND_POST;
    inbound->path = path;
    inbound->body = kept->raw;
    return STATUS_OK;
}

/* "/" and "/<stage>": one segment of letters, digits, '-' and '_'. */
static bool match(const struct inbound *inbound)
{
    struct view stage = view_part(inbound->path, 1, inbound->path.len);
    if (inbound->method != INBOUND_POST || stage.len > STAGE_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < stage.len; i++) {
        char byte = stage.at[i];
        char letter = (char)(byte | 0x20);
        if (!((letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
              byte == '_')) {
            return false;
        }
    }
    return true;
}

const struct adapter adapter_ancestor = {
    .name = "ancestor",
    .answer = ADAPTER_ANSWER_JSON,
    .match = match,
    .decode = decode,
    .revive = revive,
};
