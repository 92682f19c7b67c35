#include "lake/schema_feed.h"

#include "base/clock.h"

enum { PATH_ROOM_BYTES = SCHEMA_PATH_BYTES_MAX + 1 };

/* A row being counted. */
struct walk {
    struct schema_stats *stats;
    struct schema_event *event;
    enum schema_scope scope;
    struct schema_fed fed;
    uint64_t object; /* mark of the object that is looked at */
    size_t path_len; /* PATH_ROOM_BYTES: too long */
    char path[PATH_ROOM_BYTES];
};

/* A member of an object that found its place. */
struct member {
    struct schema_property *property;
    json_value value;
};

static void put_path(struct walk *walk, char byte)
{
    if (walk->path_len < PATH_ROOM_BYTES) {
        walk->path[walk->path_len++] = byte;
    }
}

/* Behind what stands there. A path that becomes too long finds no place. */
static void put_key(struct walk *walk, struct view key, bool is_first)
{
    if (!is_first) {
        put_path(walk, '.');
    }
    for (size_t i = 0; i < key.len; i++) {
        if (key.at[i] == '.' || key.at[i] == '\\') {
            put_path(walk, '\\');
        }
        put_path(walk, key.at[i]);
    }
}

static struct schema_property *find(struct walk *walk, json_value key, bool is_top)
{
    struct view text;
    size_t before = walk->path_len;
    if (json_text(walk->fed.doc, key, walk->fed.arena, &text) != STATUS_OK) {
        return NULL;
    }
    put_key(walk, text, is_top);
    struct view path = view_make(walk->path, walk->path_len);
    walk->path_len = before;
    return schema_stats_property(walk->stats, walk->event, walk->scope, path);
}

/* The members that have a place; of a repeated key the last one, as readers of JSON have it. */
static size_t collect(struct walk *walk, json_value object, bool is_top, struct member *members)
{
    const struct json *doc = walk->fed.doc;
    size_t count = 0;
    walk->object = schema_stats_next_object(walk->stats);
    for (json_value key = json_first(doc, object); json_has(doc, key); key = json_next(doc, key)) {
        struct schema_property *property = find(walk, key, is_top);
        if (!property) {
            walk->event->other_values++;
            continue;
        }
        if (property->touched_in != walk->object) {
            property->touched_in = walk->object;
            property->touched_as = count++;
        }
        members[property->touched_as] = (struct member){property, json_key_value(doc, key)};
    }
    return count;
}

static size_t count_keys(const struct json *doc, json_value object)
{
    size_t count = 0;
    for (json_value key = json_first(doc, object); json_has(doc, key); key = json_next(doc, key)) {
        count++;
    }
    return count;
}

static void feed_object(struct walk *walk, json_value object, unsigned depth)
{
    size_t keys = count_keys(walk->fed.doc, object);
    struct member *members = arena_alloc(walk->fed.arena, keys * sizeof(*members));
    if (!members) {
        walk->event->other_values += keys;
        return;
    }
    size_t count = collect(walk, object, depth == 1, members);
    for (size_t i = 0; i < count; i++) {
        struct schema_property *property = members[i].property;
        walk->fed.value = members[i].value;
        schema_value_feed(&property->value, schema_stats_pool(walk->stats), &walk->fed);
        if (depth < SCHEMA_DEPTH_MAX && json_kind(walk->fed.doc, members[i].value) == JSON_OBJECT) {
            walk->path_len = property->path.len;
            memcpy(walk->path, property->path.at, property->path.len);
            feed_object(walk, members[i].value, depth + 1);
        }
    }
}

/* False when there is something that is no object. */
static bool feed_tree(struct schema_stats *stats, struct schema_event *event,
                      enum schema_scope scope, const struct schema_fed *fed)
{
    enum json_kind kind = json_kind(fed->doc, fed->value);
    struct walk walk = {.stats = stats, .event = event, .scope = scope, .fed = *fed};
    if (kind == JSON_OBJECT) {
        feed_object(&walk, fed->value, 1);
    }
    return kind == JSON_OBJECT || kind == JSON_NONE || kind == JSON_NULL;
}

/* What a page or screen is called is its title: thousands of them have the same properties. */
static bool is_view(struct view type)
{
    return view_is(type, "page") || view_is(type, "screen");
}

static struct schema_event *begin_event(struct schema_stats *stats, const struct schema_row *row)
{
    struct schema_event_key key = {row->site, row->type, row->name};
    if (is_view(row->type)) {
        key.name = view_make(NULL, 0);
    }
    struct schema_event *event = schema_stats_event(stats, &key);
    if (event) {
        event->rows++;
        event->first_ms = row->received_ms < event->first_ms ? row->received_ms : event->first_ms;
        event->last_ms = row->received_ms > event->last_ms ? row->received_ms : event->last_ms;
    }
    return event;
}

static struct schema_fed make_fed(struct schema_stats *stats, const struct json *doc,
                                  json_value value, int64_t received_ms)
{
    return (struct schema_fed){.doc = doc,
                               .value = value,
                               .seed = schema_stats_seed(stats),
                               .received_ms = received_ms,
                               .arena = schema_stats_scratch(stats)};
}

/* False when the text is there and no object. */
static bool feed_text(struct schema_stats *stats, struct schema_event *event,
                      enum schema_scope scope, struct view text, int64_t received_ms)
{
    struct json doc;
    if (text.len == 0) {
        return true;
    }
    if (json_parse(&doc, text, schema_stats_scratch(stats), NULL, NULL) != STATUS_OK) {
        return false;
    }
    struct schema_fed fed = make_fed(stats, &doc, JSON_ROOT, received_ms);
    return feed_tree(stats, event, scope, &fed);
}

void schema_feed_event(struct schema_stats *stats, const struct schema_row *row)
{
    struct schema_event *event = begin_event(stats, row);
    bool is_read = event != NULL;
    if (event) {
        is_read = feed_text(stats, event, SCHEMA_OF_EVENT, row->properties, row->received_ms);
        is_read &= feed_text(stats, event, SCHEMA_OF_USER, row->user_properties, row->received_ms);
    }
    schema_stats_count(stats, 1, is_read ? 0 : 1);
    arena_clear(schema_stats_scratch(stats));
}

enum { SITE, TYPE, NAME, RECEIVED_AT, PROPERTIES, USER_PROPERTIES, COLUMNS };

static struct view text_of(struct schema_stats *stats, const struct json *doc, json_value value)
{
    struct view text;
    bool is_text = json_text(doc, value, schema_stats_scratch(stats), &text) == STATUS_OK;
    return is_text ? text : view_make(NULL, 0);
}

/* False when the row is not what the lake writes. */
static bool feed_document(struct schema_stats *stats, const struct json *doc)
{
    static const struct view NAMES[COLUMNS] = {
        VIEW_LITERAL("site"),        VIEW_LITERAL("type"),       VIEW_LITERAL("name"),
        VIEW_LITERAL("received_at"), VIEW_LITERAL("properties"), VIEW_LITERAL("user_properties")};
    json_value values[COLUMNS];
    json_members(doc, JSON_ROOT, NAMES, COLUMNS, values);
    struct schema_row row = {.site = text_of(stats, doc, values[SITE]),
                             .type = text_of(stats, doc, values[TYPE]),
                             .name = text_of(stats, doc, values[NAME])};
    struct view received = text_of(stats, doc, values[RECEIVED_AT]);
    bool is_read = clock_parse(received.at, received.len, &row.received_ms);
    struct schema_event *event = is_read ? begin_event(stats, &row) : NULL;
    if (!event) {
        return false;
    }
    struct schema_fed fed = make_fed(stats, doc, values[PROPERTIES], row.received_ms);
    is_read = feed_tree(stats, event, SCHEMA_OF_EVENT, &fed);
    fed.value = values[USER_PROPERTIES];
    return feed_tree(stats, event, SCHEMA_OF_USER, &fed) && is_read;
}

void schema_feed_row(struct schema_stats *stats, struct view row)
{
    struct json doc;
    bool is_read = json_parse(&doc, row, schema_stats_scratch(stats), NULL, NULL) == STATUS_OK &&
                   json_kind(&doc, JSON_ROOT) == JSON_OBJECT && feed_document(stats, &doc);
    schema_stats_count(stats, 1, is_read ? 0 : 1);
    arena_clear(schema_stats_scratch(stats));
}
