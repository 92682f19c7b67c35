#include "adapters/adapter_pixel.h"

#include "adapters/fields.h"
#include "base/url.h"

static const char PROPERTY[] = "properties.";
enum { TEXT_BYTES_MAX = 64 * 1024 };

/* The query as one JSON object, so that everything behind it is what JSON adapters do. */
struct writing {
    struct arena *arena;
    struct buf object;
    struct buf properties; /* of properties.NAME */
};

static void append_member(struct buf *out, struct view name, struct view value)
{
    buf_append_byte(out, out->len == 0 ? '{' : ',');
    json_append_string(out, name);
    buf_append_byte(out, ':');
    json_append_string(out, value);
}

static bool is_json_column(struct view name)
{
    enum column column = column_find(name);
    return column < COLUMN_COUNT && columns[column].type == COLUMN_JSON;
}

static bool is_json(struct view text, struct arena *arena)
{
    struct json doc;
    return json_parse(&doc, text, arena, NULL, NULL) == STATUS_OK;
}

static void append_parameter(struct writing *writing, struct view name, struct view value)
{
    struct buf *out = &writing->object;
    if (view_starts_with(name, PROPERTY)) {
        append_member(&writing->properties, view_part(name, sizeof(PROPERTY) - 1, name.len), value);
    } else if (is_json_column(name) && is_json(value, writing->arena)) {
        buf_append_byte(out, out->len == 0 ? '{' : ',');
        json_append_string(out, name);
        buf_append_byte(out, ':');
        buf_append_view(out, value);
    } else {
        append_member(out, name, value);
    }
}

static enum status write_object(struct writing *writing, struct view query, struct view *object)
{
    struct view name;
    struct view value;
    while (url_next_parameter(&query, &name, &value)) {
        append_parameter(writing, url_decode(name, writing->arena),
                         url_decode(value, writing->arena));
    }
    struct buf *out = &writing->object;
    if (writing->properties.len > 0) {
        buf_append_byte(&writing->properties, '}');
        buf_append_byte(out, out->len == 0 ? '{' : ',');
        buf_append_text(out, "\"properties\":");
        buf_append_view(out, buf_view(&writing->properties));
    }
    buf_append_text(out, out->len == 0 ? "{}" : "}");
    enum status status = buf_status(out);
    status = status == STATUS_OK ? buf_status(&writing->properties) : status;
    *object = status == STATUS_OK ? arena_copy(writing->arena, buf_view(out)) : view_make(NULL, 0);
    return status == STATUS_OK && !object->at ? STATUS_NO_MEMORY : status;
}

static enum status read_query(struct view query, struct arena *arena, struct view *object)
{
    struct writing writing = {.arena = arena};
    buf_init(&writing.object, TEXT_BYTES_MAX);
    buf_init(&writing.properties, TEXT_BYTES_MAX);
    enum status status = write_object(&writing, query, object);
    buf_free(&writing.object);
    buf_free(&writing.properties);
    return status;
}

static enum status fill_event(const struct inbound *inbound, const struct fields *fields,
                              struct event *event, const char **reason)
{
    bool has_rest = false;
    event_clear(event);
    event_set_plain(event, COLUMN_TYPE, VIEW_LITERAL("page"));
    event_set_plain(event, COLUMN_ADAPTER, VIEW_LITERAL("pixel"));
    enum status status = fields_take(fields, JSON_ROOT, event, &has_rest);
    const json_value object = JSON_ROOT;
    *reason = fields_fault_of(event);
    if (status == STATUS_OK && !*reason && has_rest) {
        status = fields_keep_rest(fields, &object, 1, event, reason);
    }
    fields_set_times(event, inbound->received_ms,
                     fields_clock_of(event, inbound->received_ms, NULL).skew_ms);
    return status;
}

/* The query as a JSON string, for the quarantine. */
static enum status reject_query(const struct inbound *inbound, struct arena *arena,
                                struct batch *batch, const char *reason)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    json_append_string(&text, inbound->query);
    struct view copy = arena_copy(arena, buf_view(&text));
    enum status status = copy.at ? buf_status(&text) : STATUS_NO_MEMORY;
    fields_reject(batch, copy, reason);
    buf_free(&text);
    return status;
}

static enum status decode(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault)
{
    struct fields fields = {.arena = arena};
    struct view object = {0};
    const char *reason = NULL;
    enum status status = fields_make_room(batch, 1, arena);
    if (status == STATUS_OK) {
        status = read_query(inbound->query, arena, &object);
    }
    if (status == STATUS_OK) {
        status = fields_parse(&fields, object, batch, fault);
    }
    if (status == STATUS_OK) {
        status = fill_event(inbound, &fields, &batch->events[0], &reason);
    }
    if (status == STATUS_TOO_BIG) {
        reason = "the query is longer than 64 KiB";
        status = STATUS_OK;
    }
    if (status == STATUS_OK && reason) {
        return reject_query(inbound, arena, batch, reason);
    }
    batch->event_count = status == STATUS_OK;
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "the pixel's query is not understood");
}

/* What was put aside is the query as a JSON string. */
static enum status revive(const struct batch_kept *kept, struct arena *arena,
                          struct inbound *inbound)
{
    struct json doc;
    struct fault ignored;
    enum status status = json_parse(&doc, kept->raw, arena, NULL, &ignored);
    if (status == STATUS_OK) {
        status = json_text(&doc, JSON_ROOT, arena, &inbound->query);
    }
    inbound->method = INBOUND_GET;
    inbound->path = VIEW_LITERAL("/p.gif");
    return status;
}

static bool match(const struct inbound *inbound)
{
    return inbound->method == INBOUND_GET && view_is(inbound->path, "/p.gif");
}

const struct adapter adapter_pixel = {
    .name = "pixel",
    .answer = ADAPTER_ANSWER_PIXEL,
    .match = match,
    .decode = decode,
    .revive = revive,
};
