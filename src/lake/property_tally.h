/*
 * property_tally.h - which properties are frequent in rows, and of which type.
 *
 * Looks at the top level of `properties`, in bounded memory: names beyond the table's room are not
 * counted.
 *
 *     property_tally_init(&tally);
 *     property_tally_row(&tally, cells.text[COLUMN_PROPERTIES]);
 *     property_tally_promote(&tally, &promoted, hour);      the most frequent first
 */
#ifndef PIPES_LAKE_PROPERTY_TALLY_H
#define PIPES_LAKE_PROPERTY_TALLY_H

#include "lake/promoted.h"

enum { PROPERTY_TALLY_SLOTS = 8192 };

struct property_count {
    struct view name; /* in the arena; without one: free */
    uint32_t texts;
    uint32_t numbers;
    uint32_t booleans;
};

struct property_tally {
    struct arena names;
    struct property_count *slots; /* NULL: there was no memory, and nothing is counted */
    size_t used;
    uint32_t rows;
};

void property_tally_init(struct property_tally *tally);
void property_tally_free(struct property_tally *tally);
void property_tally_row(struct property_tally *tally, struct view properties);
/* Adds columns for what at least one in a hundred rows has. True when there is a new one. */
bool property_tally_promote(const struct property_tally *tally, struct promoted *promoted,
                            int64_t since);

#endif
