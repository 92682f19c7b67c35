#include "lake/schema_promote.h"

#include <stdlib.h>

const struct schema_promote_limits SCHEMA_PROMOTE_DEFAULTS = {
    .share_min = 0.1, .rows_min = 100, .text_characters_max = 1024};

/* Integers a double holds exactly. */
static const int64_t EXACT_MAX = 1LL << 53;

/* A path of all events together. */
struct candidate {
    struct schema_property *first;
    uint64_t counts[SCHEMA_TYPES];
    bool is_frequent; /* in one event at least */
    bool is_large;    /* integers a double does not hold */
    uint32_t text_max;
};

static int compare_paths(const void *a, const void *b)
{
    const struct schema_property *left = *(struct schema_property *const *)a;
    const struct schema_property *right = *(struct schema_property *const *)b;
    size_t shorter = left->path.len < right->path.len ? left->path.len : right->path.len;
    int order = (int)left->scope - (int)right->scope;
    order = order || shorter == 0 ? order : memcmp(left->path.at, right->path.at, shorter);
    return order ? order : (left->path.len > right->path.len) - (left->path.len < right->path.len);
}

static uint64_t not_null(const uint64_t counts[SCHEMA_TYPES])
{
    uint64_t sum = 0;
    for (size_t i = SCHEMA_NULL + 1; i < SCHEMA_TYPES; i++) {
        sum += counts[i];
    }
    return sum;
}

static void add(struct candidate *candidate, const struct schema_property *property,
                const struct schema_promote_limits *limits)
{
    const struct schema_value *value = &property->value;
    for (size_t i = 0; i < SCHEMA_TYPES; i++) {
        candidate->counts[i] += value->counts[i];
    }
    double rows = (double)property->event->rows;
    candidate->is_frequent |= (double)not_null(value->counts) >= limits->share_min * rows;
    candidate->is_large |= value->counts[SCHEMA_INTEGER] > 0 &&
                           (value->integer_max > EXACT_MAX || value->integer_min < -EXACT_MAX);
    candidate->text_max =
        value->text_max > candidate->text_max ? value->text_max : candidate->text_max;
}

/* The type that takes all values; SCHEMA_TYPES when there is none. */
static enum schema_type fitting(const struct candidate *candidate)
{
    const uint64_t *counts = candidate->counts;
    uint64_t all = not_null(counts);
    uint64_t numbers = counts[SCHEMA_INTEGER] + counts[SCHEMA_DOUBLE];
    for (enum schema_type type = SCHEMA_BOOLEAN; type <= SCHEMA_STRING; type++) {
        if (counts[type] == all) {
            return type;
        }
    }
    if (numbers == all && !candidate->is_large) {
        return SCHEMA_DOUBLE;
    }
    return counts[SCHEMA_TIMESTAMP] + counts[SCHEMA_STRING] == all ? SCHEMA_STRING : SCHEMA_TYPES;
}

static bool judge(const struct candidate *candidate, const struct schema_promote_limits *limits,
                  struct schema_promotion *promotion)
{
    *promotion = (struct schema_promotion){.scope = candidate->first->scope,
                                           .path = candidate->first->path,
                                           .type = fitting(candidate),
                                           .rows = not_null(candidate->counts)};
    return candidate->is_frequent && promotion->rows >= limits->rows_min && promotion->rows > 0 &&
           promotion->type != SCHEMA_TYPES && candidate->text_max <= limits->text_characters_max;
}

/* Keeps the list ordered: more rows first; who came first stays first. */
static size_t insert(struct schema_promotion *list, size_t count, size_t room,
                     const struct schema_promotion *promotion)
{
    size_t at = count;
    while (at > 0 && list[at - 1].rows < promotion->rows) {
        at--;
    }
    if (at == room) {
        return count;
    }
    size_t kept = count < room ? count : room - 1;
    memmove(&list[at + 1], &list[at], (kept - at) * sizeof(*list));
    list[at] = *promotion;
    return kept + 1;
}

static size_t list_properties(struct schema_stats *stats, struct schema_property **all)
{
    size_t count = 0;
    for (struct schema_event *event = schema_stats_first(stats); event; event = event->next) {
        for (struct schema_property *one = event->properties; one; one = one->next) {
            all[count++] = one;
        }
    }
    if (count > 1) {
        qsort(all, count, sizeof(struct schema_property *), compare_paths);
    }
    return count;
}

size_t schema_promote(struct schema_stats *stats, const struct schema_promote_limits *limits,
                      struct schema_promotion *list, size_t room)
{
    size_t count = schema_stats_totals(stats).properties;
    struct schema_property **all =
        arena_alloc(schema_stats_scratch(stats), (count + 1) * sizeof(struct schema_property *));
    size_t listed = 0;
    count = all && room > 0 ? list_properties(stats, all) : 0;
    for (size_t i = 0; i < count;) {
        struct candidate candidate = {.first = all[i]};
        struct schema_promotion promotion;
        for (; i < count && compare_paths(&all[i], &candidate.first) == 0; i++) {
            add(&candidate, all[i], limits);
        }
        if (judge(&candidate, limits, &promotion)) {
            listed = insert(list, listed, room, &promotion);
        }
    }
    arena_clear(schema_stats_scratch(stats));
    return listed;
}

bool schema_path_next(struct view *path, struct buf *key)
{
    if (!path->at) {
        return false;
    }
    size_t i = 0;
    for (; i < path->len && path->at[i] != '.'; i++) {
        i += path->at[i] == '\\' && i + 1 < path->len;
        buf_append_byte(key, path->at[i]);
    }
    bool is_last = i >= path->len;
    *path = is_last ? view_make(NULL, 0) : view_part(*path, i + 1, path->len);
    /* An empty key may stand behind the last dot. */
    if (!is_last && !path->at) {
        *path = view_make("", 0);
    }
    return true;
}
