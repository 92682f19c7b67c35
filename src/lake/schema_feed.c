#include "lake/schema_feed.h"

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

/* False when there is something that is no object. */
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
    struct walk walk = {.stats = stats,
                        .event = event,
                        .scope = scope,
                        .fed = {.doc = &doc,
                                .seed = schema_stats_seed(stats),
                                .received_ms = received_ms,
                                .arena = schema_stats_scratch(stats)}};
    enum json_kind kind = json_kind(&doc, JSON_ROOT);
    if (kind == JSON_OBJECT) {
        feed_object(&walk, JSON_ROOT, 1);
    }
    return kind == JSON_OBJECT || kind == JSON_NULL;
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

static struct view text_of(struct schema_stats *stats, const struct row_cells *cells,
                           enum column column)
{
    struct view text;
    enum status status = row_text(cells->text[column], (enum cell_kind)cells->kinds[column],
                                  schema_stats_scratch(stats), &text);
    return status == STATUS_OK ? text : view_make(NULL, 0);
}

/* With its quotes, when it is a string: no object. */
static struct view tree_of(const struct row_cells *cells, enum column column)
{
    struct view text = cells->text[column];
    uint8_t kind = cells->kinds[column];
    if (kind == CELL_NONE) {
        return view_make(NULL, 0);
    }
    bool is_string = kind == CELL_PLAIN || kind == CELL_ESCAPED;
    return is_string ? view_make(text.at - 1, text.len + 2) : text;
}

void schema_feed_cells(struct schema_stats *stats, const struct row_cells *cells)
{
    struct schema_row made = {0};
    if (!row_cells_time(cells, COLUMN_RECEIVED_AT, &made.received_ms)) {
        schema_stats_count(stats, 1, 1);
        return;
    }
    made.site = text_of(stats, cells, COLUMN_SITE);
    made.type = text_of(stats, cells, COLUMN_TYPE);
    made.name = text_of(stats, cells, COLUMN_NAME);
    made.properties = tree_of(cells, COLUMN_PROPERTIES);
    made.user_properties = tree_of(cells, COLUMN_USER_PROPERTIES);
    schema_feed_event(stats, &made);
}

void schema_feed_row(struct schema_stats *stats, struct view row)
{
    struct row_cells cells;
    if (row_cells_read(&cells, row)) {
        schema_feed_cells(stats, &cells);
    } else {
        schema_stats_count(stats, 1, 1);
    }
}
