/*
 * schema_promote.h - which properties of an hour deserve a typed column beside the untouched JSON.
 *
 * A column stands for one path of all events in the file, so its type must fit all of them: integer
 * and double make double, timestamp and string make string; other mixtures are promoted to nothing,
 * and so are arrays, objects, and texts that are long. So no column hides a value: where it is
 * NULL, the property is absent or null (values that found no place in the statistics, ceilings of
 * schema_stats.h, are not known here: cast with care, what does not fit is NULL).
 *
 * Types may differ from hour to hour; put the type into the column's name, and no reader ever sees
 * one column with two types.
 *
 *     struct schema_promotion list[64];
 *     size_t count = schema_promote(stats, &SCHEMA_PROMOTE_DEFAULTS, list, 64);
 */
#ifndef PIPES_LAKE_SCHEMA_PROMOTE_H
#define PIPES_LAKE_SCHEMA_PROMOTE_H

#include "base/buf.h"
#include "lake/schema_stats.h"

struct schema_promote_limits {
    double share_min;             /* of the rows of an event that have it, in one event at least */
    uint64_t rows_min;            /* that have it, in all events */
    uint32_t text_characters_max; /* no string is longer */
};

extern const struct schema_promote_limits SCHEMA_PROMOTE_DEFAULTS;

struct schema_promotion {
    enum schema_scope scope;
    struct view path;      /* as in struct schema_property; borrowed from the statistics */
    enum schema_type type; /* boolean, integer, double, timestamp or string */
    uint64_t rows;         /* that have a value which is not null */
};

/* The most frequent ones first, of equals in the order of their paths; gives how many, at most
 * room. The statistics must be sorted or not: the list is the same. */
size_t schema_promote(struct schema_stats *stats, const struct schema_promote_limits *limits,
                      struct schema_promotion *list, size_t room);

/* Takes the next key off a path: appends it to `key` without its escapes. False at the end. */
bool schema_path_next(struct view *path, struct buf *key);

#endif
