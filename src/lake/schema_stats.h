/*
 * schema_stats.h - what events and properties there were: the table behind `pipes schema`.
 *
 * Per site, type and name of an event: how many rows, when, and of each property (nested objects by
 * their dotted path) what schema_value.h keeps. Bounded whatever comes: beyond the ceilings below,
 * further events go to one event "the rest", further properties are counted in `other_values` of
 * their event; nothing is dropped without being counted. Merging and feeding give the same, in any
 * order, as long as no ceiling is reached.
 *
 *     schema_stats_create(&stats, seed, &fault);
 *     schema_feed_row(stats, row);                                (schema_feed.h)
 *     for (struct schema_event *event = schema_stats_first(stats); event; event = event->next) ...
 *     schema_stats_destroy(stats);
 */
#ifndef PIPES_LAKE_SCHEMA_STATS_H
#define PIPES_LAKE_SCHEMA_STATS_H

#include "base/status.h"
#include "lake/schema_value.h"

enum {
    SCHEMA_EVENTS_MAX = 16384,
    SCHEMA_PROPERTIES_MAX = 32768,      /* of all events together */
    SCHEMA_REST_PROPERTIES_MAX = 8192,  /* of the rest, besides */
    SCHEMA_EVENT_PROPERTIES_MAX = 8192, /* of one event */
    SCHEMA_NAME_BYTES_MAX = 256,        /* of a site, type or name; longer ones go to the rest */
    SCHEMA_PATH_BYTES_MAX = 256,        /* longer ones are other values */
    SCHEMA_DEPTH_MAX = 5,               /* objects within each other whose members are looked at */
    SCHEMA_BYTES_MAX = 64 << 20,        /* of memory, but for what one row takes while it is fed */
};

/* Which column of the row holds it. */
enum schema_scope { SCHEMA_OF_EVENT, SCHEMA_OF_USER, SCHEMA_SCOPES };

struct schema_event;

struct schema_property {
    struct schema_property *next; /* of the event, in the order they were first seen */
    struct schema_event *event;
    struct view path; /* keys joined by '.'; a dot or backslash in a key has a backslash before */
    enum schema_scope scope;
    uint32_t hash;
    struct schema_value value;
    uint64_t touched_in; /* for schema_feed.c: object in which it was met last, */
    size_t touched_as;   /* and as its how manieth member */
};

struct schema_event_key {
    struct view site;
    struct view type;
    struct view name; /* empty for pages and screens: there it is a title, not an event's name */
};

struct schema_event {
    struct schema_event *next; /* in the order they were first seen */
    struct schema_event_key key;
    bool is_rest; /* all events that found no place */
    uint64_t rows;
    uint64_t other_values; /* of properties that found no place */
    int64_t first_ms;      /* received_at of the first and last row, UTC */
    int64_t last_ms;
    uint32_t property_count;
    uint32_t hash;
    struct schema_property *properties;
    struct schema_property *last_property;
};

struct schema_stats;

/* What was fed in all. */
struct schema_totals {
    uint64_t rows;
    uint64_t unreadable; /* of them: no JSON object, or too large to be looked at */
    uint32_t events;
    uint32_t properties;
    size_t bytes; /* of memory held */
};

/* seed: of the data folder (data/SEED); only statistics of the same seed can be merged. */
enum status schema_stats_create(struct schema_stats **stats, uint64_t seed, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void schema_stats_destroy(struct schema_stats *stats);

/* Adds all that `from` holds; both must have the same seed. */
void schema_stats_merge(struct schema_stats *stats, const struct schema_stats *from);

struct schema_totals schema_stats_totals(const struct schema_stats *stats);
uint64_t schema_stats_seed(const struct schema_stats *stats);
/* All events in the order they were first seen, or, once sorted, by site, type and name, the rest
 * last; their properties by scope and path. Borrowed. */
struct schema_event *schema_stats_first(const struct schema_stats *stats);
enum status schema_stats_sort(struct schema_stats *stats, struct fault *fault) MUST_CHECK;

/* NULL when there is none. */
const struct schema_event *schema_stats_find(const struct schema_stats *stats,
                                             const struct schema_event_key *key);
const struct schema_property *schema_stats_find_property(const struct schema_stats *stats,
                                                         const struct schema_event *event,
                                                         enum schema_scope scope, struct view path);

/* For who fills it: finds or makes. The event is the rest when there is no place for it, NULL when
 * there is no memory even for that. The property is NULL when there is no place. */
struct schema_event *schema_stats_event(struct schema_stats *stats,
                                        const struct schema_event_key *key);
struct schema_property *schema_stats_property(struct schema_stats *stats,
                                              struct schema_event *event, enum schema_scope scope,
                                              struct view path);
struct schema_event *schema_stats_rest(struct schema_stats *stats);
void schema_stats_count(struct schema_stats *stats, uint64_t rows, uint64_t unreadable);
/* A mark that no object of a row had before, for touched_in. */
uint64_t schema_stats_next_object(struct schema_stats *stats);
/* Of sketches, and of one row (to be cleared after it). */
struct schema_pool *schema_stats_pool(struct schema_stats *stats);
struct arena *schema_stats_scratch(struct schema_stats *stats);

const char *schema_scope_name(enum schema_scope scope);

#endif
