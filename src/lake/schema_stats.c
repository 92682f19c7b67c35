#include "lake/schema_stats.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    SLOTS_FIRST = 64, /* of each table; doubled when it is half full */
    SLOTS_BYTES_MAX = 4 << 20,
    TABLE_HASH_SEED = 1,
    /* A row is at most 16 MiB; what has more values than fit here is not looked at. */
    SCRATCH_BYTES_MAX = 48 << 20,
};

_Static_assert(sizeof(void *) * (4 * (size_t)SCHEMA_EVENTS_MAX +
                                 4 * (SCHEMA_PROPERTIES_MAX + SCHEMA_REST_PROPERTIES_MAX)) <=
                   SLOTS_BYTES_MAX,
               "both tables, at their largest, take no more");

struct schema_stats {
    uint64_t seed;
    struct arena arena; /* of everything but the slots */
    struct arena scratch;
    struct schema_pool pool;
    struct schema_event *first;
    struct schema_event *last;
    struct schema_event *rest; /* NULL until it is needed; in the list, too */
    struct schema_totals totals;
    uint64_t objects;
    uint32_t placed_properties; /* without those of the rest */
    /* By hash; NULL: free. Outside of the arena, for they grow. */
    struct schema_event **event_slots;
    size_t event_room;
    struct schema_property **slots;
    size_t room;
};

enum status schema_stats_create(struct schema_stats **stats, uint64_t seed, struct fault *fault)
{
    struct schema_stats *made = calloc(1, sizeof(*made));
    *stats = made;
    if (made) {
        made->event_slots = calloc(SLOTS_FIRST, sizeof(struct schema_event *));
        made->slots = calloc(SLOTS_FIRST, sizeof(struct schema_property *));
    }
    if (!made || !made->event_slots || !made->slots) {
        schema_stats_destroy(made);
        *stats = NULL;
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for statistics of properties");
    }
    made->event_room = SLOTS_FIRST;
    made->room = SLOTS_FIRST;
    made->seed = seed;
    arena_init(&made->arena, SCHEMA_BYTES_MAX - SLOTS_BYTES_MAX);
    arena_init(&made->scratch, SCRATCH_BYTES_MAX);
    schema_pool_init(&made->pool, &made->arena);
    return STATUS_OK;
}

void schema_stats_destroy(struct schema_stats *stats)
{
    if (stats) {
        free(stats->event_slots);
        free(stats->slots);
        arena_free(&stats->arena);
        arena_free(&stats->scratch);
    }
    free(stats);
}

struct schema_totals schema_stats_totals(const struct schema_stats *stats)
{
    struct schema_totals totals = stats->totals;
    totals.bytes = stats->arena.held + sizeof(*stats) + stats->event_room * sizeof(void *) +
                   stats->room * sizeof(void *);
    return totals;
}

uint64_t schema_stats_seed(const struct schema_stats *stats)
{
    return stats->seed;
}

struct schema_event *schema_stats_first(const struct schema_stats *stats)
{
    return stats->first;
}

struct schema_pool *schema_stats_pool(struct schema_stats *stats)
{
    return &stats->pool;
}

struct arena *schema_stats_scratch(struct schema_stats *stats)
{
    return &stats->scratch;
}

uint64_t schema_stats_next_object(struct schema_stats *stats)
{
    return ++stats->objects;
}

void schema_stats_count(struct schema_stats *stats, uint64_t rows, uint64_t unreadable)
{
    stats->totals.rows += rows;
    stats->totals.unreadable += unreadable;
}

const char *schema_scope_name(enum schema_scope scope)
{
    return scope == SCHEMA_OF_USER ? "user_properties" : "properties";
}

static uint32_t key_hash(const struct schema_event_key *key)
{
    uint64_t site_and_type[2];
    hash_pair_128(TABLE_HASH_SEED, key->site, key->type, site_and_type);
    return (uint32_t)hash_64(site_and_type[0], key->name);
}

static bool key_equal(const struct schema_event_key *a, const struct schema_event_key *b)
{
    return view_equal(a->name, b->name) && view_equal(a->type, b->type) &&
           view_equal(a->site, b->site);
}

/* Where the event stands, or would. The table is never full. */
static size_t event_slot(const struct schema_stats *stats, const struct schema_event_key *key,
                         uint32_t hash)
{
    size_t at = hash % stats->event_room;
    while (stats->event_slots[at] && (stats->event_slots[at]->hash != hash ||
                                      !key_equal(&stats->event_slots[at]->key, key))) {
        at = (at + 1) % stats->event_room;
    }
    return at;
}

const struct schema_event *schema_stats_find(const struct schema_stats *stats,
                                             const struct schema_event_key *key)
{
    return stats->event_slots[event_slot(stats, key, key_hash(key))];
}

static bool copy_text(struct schema_stats *stats, struct view *text)
{
    *text = arena_copy(&stats->arena, *text);
    return text->at != NULL || text->len == 0;
}

/* Copies of the texts, with one question at the end: was there memory? */
static bool copy_key(struct schema_stats *stats, struct schema_event_key *to,
                     const struct schema_event_key *key)
{
    *to = *key;
    struct view *texts[] = {&to->site, &to->type, &to->name};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t len = texts[i]->len;
        if (!copy_text(stats, texts[i]) || texts[i]->len != len) {
            return false;
        }
    }
    return true;
}

static struct schema_event *add_event(struct schema_stats *stats,
                                      const struct schema_event_key *key)
{
    struct schema_event *event = arena_alloc_zeroed(&stats->arena, 1, sizeof(*event));
    if (!event || !copy_key(stats, &event->key, key)) {
        return NULL;
    }
    event->first_ms = INT64_MAX;
    event->last_ms = INT64_MIN;
    if (stats->last) {
        stats->last->next = event;
    } else {
        stats->first = event;
    }
    stats->last = event;
    return event;
}

struct schema_event *schema_stats_rest(struct schema_stats *stats)
{
    if (!stats->rest) {
        stats->rest = add_event(stats, &(struct schema_event_key){0});
        if (stats->rest) {
            stats->rest->is_rest = true;
            stats->rest->hash = (uint32_t)-1;
        }
    }
    return stats->rest;
}

/* Room for one more; false without memory. */
static bool grow_event_slots(struct schema_stats *stats)
{
    size_t room = 2 * stats->event_room;
    if (2 * (stats->totals.events + 1ULL) <= stats->event_room) {
        return true;
    }
    struct schema_event **slots = calloc(room, sizeof(*slots));
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i < stats->event_room; i++) {
        struct schema_event *event = stats->event_slots[i];
        size_t at = event ? event->hash % room : 0;
        while (event && slots[at]) {
            at = (at + 1) % room;
        }
        slots[at] = event ? event : slots[at];
    }
    free(stats->event_slots);
    stats->event_slots = slots;
    stats->event_room = room;
    return true;
}

static bool fits(const struct schema_stats *stats, const struct schema_event_key *key)
{
    return stats->totals.events < SCHEMA_EVENTS_MAX && key->site.len <= SCHEMA_NAME_BYTES_MAX &&
           key->type.len <= SCHEMA_NAME_BYTES_MAX && key->name.len <= SCHEMA_NAME_BYTES_MAX;
}

struct schema_event *schema_stats_event(struct schema_stats *stats,
                                        const struct schema_event_key *key)
{
    uint32_t hash = key_hash(key);
    size_t slot = event_slot(stats, key, hash);
    if (stats->event_slots[slot]) {
        return stats->event_slots[slot];
    }
    struct schema_event *event =
        fits(stats, key) && grow_event_slots(stats) ? add_event(stats, key) : NULL;
    if (!event) {
        return schema_stats_rest(stats);
    }
    event->hash = hash;
    stats->event_slots[event_slot(stats, key, hash)] = event;
    stats->totals.events++;
    return event;
}

static uint32_t path_hash(const struct schema_event *event, enum schema_scope scope,
                          struct view path)
{
    return (uint32_t)hash_64(event->hash * 2ULL + scope, path);
}

static size_t property_slot(const struct schema_stats *stats, const struct schema_event *event,
                            enum schema_scope scope, struct view path)
{
    uint32_t hash = path_hash(event, scope, path);
    for (size_t at = hash % stats->room;; at = (at + 1) % stats->room) {
        const struct schema_property *property = stats->slots[at];
        if (!property || (property->hash == hash && property->event == event &&
                          property->scope == scope && view_equal(property->path, path))) {
            return at;
        }
    }
}

const struct schema_property *schema_stats_find_property(const struct schema_stats *stats,
                                                         const struct schema_event *event,
                                                         enum schema_scope scope, struct view path)
{
    return stats->slots[property_slot(stats, event, scope, path)];
}

static bool has_place(const struct schema_stats *stats, const struct schema_event *event,
                      struct view path)
{
    uint32_t held = event->is_rest ? event->property_count : stats->placed_properties;
    uint32_t ceiling = event->is_rest ? SCHEMA_REST_PROPERTIES_MAX : SCHEMA_PROPERTIES_MAX;
    return held < ceiling && event->property_count < SCHEMA_EVENT_PROPERTIES_MAX &&
           path.len <= SCHEMA_PATH_BYTES_MAX;
}

static bool grow_slots(struct schema_stats *stats)
{
    size_t room = 2 * stats->room;
    if (2 * (stats->totals.properties + 1ULL) <= stats->room) {
        return true;
    }
    struct schema_property **slots = calloc(room, sizeof(*slots));
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i < stats->room; i++) {
        struct schema_property *property = stats->slots[i];
        size_t at = property ? property->hash % room : 0;
        while (property && slots[at]) {
            at = (at + 1) % room;
        }
        slots[at] = property ? property : slots[at];
    }
    free(stats->slots);
    stats->slots = slots;
    stats->room = room;
    return true;
}

static void append_property(struct schema_event *event, struct schema_property *property)
{
    if (event->last_property) {
        event->last_property->next = property;
    } else {
        event->properties = property;
    }
    event->last_property = property;
    event->property_count++;
}

struct schema_property *schema_stats_property(struct schema_stats *stats,
                                              struct schema_event *event, enum schema_scope scope,
                                              struct view path)
{
    size_t slot = property_slot(stats, event, scope, path);
    if (stats->slots[slot]) {
        return stats->slots[slot];
    }
    size_t len = path.len;
    struct schema_property *property = has_place(stats, event, path) && grow_slots(stats)
                                           ? arena_alloc_zeroed(&stats->arena, 1, sizeof(*property))
                                           : NULL;
    if (!property || !copy_text(stats, &path) || path.len != len) {
        return NULL;
    }
    property->event = event;
    property->path = path.at ? path : view_make("", 0); /* the key "" is one, too */
    property->scope = scope;
    property->hash = path_hash(event, scope, path);
    schema_value_init(&property->value);
    stats->slots[property_slot(stats, event, scope, path)] = property;
    stats->totals.properties++;
    stats->placed_properties += event->is_rest ? 0 : 1;
    append_property(event, property);
    return property;
}

static void merge_event(struct schema_stats *stats, struct schema_event *event,
                        const struct schema_event *from)
{
    event->rows += from->rows;
    event->other_values += from->other_values;
    event->first_ms = from->first_ms < event->first_ms ? from->first_ms : event->first_ms;
    event->last_ms = from->last_ms > event->last_ms ? from->last_ms : event->last_ms;
    for (const struct schema_property *one = from->properties; one; one = one->next) {
        struct schema_property *property =
            schema_stats_property(stats, event, one->scope, one->path);
        if (property) {
            schema_value_merge(&property->value, &stats->pool, &one->value);
        } else {
            event->other_values += schema_value_total(&one->value);
        }
    }
}

void schema_stats_merge(struct schema_stats *stats, const struct schema_stats *from)
{
    for (const struct schema_event *one = from->first; one; one = one->next) {
        struct schema_event *event =
            one->is_rest ? schema_stats_rest(stats) : schema_stats_event(stats, &one->key);
        if (event) {
            merge_event(stats, event, one);
        }
    }
    schema_stats_count(stats, from->totals.rows, from->totals.unreadable);
}

static int compare_views(struct view a, struct view b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_events(const void *a, const void *b)
{
    const struct schema_event *left = *(struct schema_event *const *)a;
    const struct schema_event *right = *(struct schema_event *const *)b;
    if (left->is_rest != right->is_rest) {
        return left->is_rest ? 1 : -1;
    }
    int order = compare_views(left->key.site, right->key.site);
    order = order ? order : compare_views(left->key.type, right->key.type);
    return order ? order : compare_views(left->key.name, right->key.name);
}

static int compare_properties(const void *a, const void *b)
{
    const struct schema_property *left = *(struct schema_property *const *)a;
    const struct schema_property *right = *(struct schema_property *const *)b;
    int order = (int)left->scope - (int)right->scope;
    return order ? order : compare_views(left->path, right->path);
}

/* `list` has room for all. */
static void sort_properties(struct schema_event *event, struct schema_property **list)
{
    size_t count = 0;
    for (struct schema_property *one = event->properties; one; one = one->next) {
        list[count++] = one;
    }
    if (count > 1) {
        qsort(list, count, sizeof(struct schema_property *), compare_properties);
    }
    event->properties = NULL;
    event->last_property = NULL;
    event->property_count = 0;
    for (size_t i = 0; i < count; i++) {
        list[i]->next = NULL;
        append_property(event, list[i]);
    }
}

static void sort_events(struct schema_stats *stats, struct schema_event **list)
{
    size_t count = 0;
    for (struct schema_event *one = stats->first; one; one = one->next) {
        list[count++] = one;
    }
    if (count > 1) {
        qsort(list, count, sizeof(struct schema_event *), compare_events);
    }
    stats->first = count > 0 ? list[0] : NULL;
    stats->last = count > 0 ? list[count - 1] : NULL;
    for (size_t i = 0; i < count; i++) {
        list[i]->next = i + 1 < count ? list[i + 1] : NULL;
    }
}

enum status schema_stats_sort(struct schema_stats *stats, struct fault *fault)
{
    size_t room = SCHEMA_EVENTS_MAX + 1;
    room = room > SCHEMA_EVENT_PROPERTIES_MAX ? room : SCHEMA_EVENT_PROPERTIES_MAX;
    void *list = arena_alloc(&stats->scratch, room * sizeof(void *));
    if (!list) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to sort statistics of properties");
    }
    sort_events(stats, list);
    for (struct schema_event *event = stats->first; event; event = event->next) {
        sort_properties(event, list);
    }
    arena_clear(&stats->scratch);
    return STATUS_OK;
}
