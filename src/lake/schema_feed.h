/*
 * schema_feed.h - counts rows into the statistics of properties.
 *
 *     schema_feed_row(stats, row);       a row of the lake, NDJSON without its line end
 *     schema_feed_cells(stats, &cells);  the same, where its cells are known
 *     schema_feed_event(stats, &row);    the same from its columns, where they are at hand
 *
 * Neither fails: what cannot be read or finds no place is counted as such. Columns of a row are
 * only delimited (row_cells.h), its properties are checked.
 */
#ifndef PIPES_LAKE_SCHEMA_FEED_H
#define PIPES_LAKE_SCHEMA_FEED_H

#include "lake/row_cells.h"
#include "lake/schema_stats.h"

/* Columns of a row; texts without quotes and escapes, empty where there is none. All borrowed. */
struct schema_row {
    struct view site;
    struct view type;
    struct view name;
    struct view properties; /* JSON text; empty where there is none */
    struct view user_properties;
    int64_t received_ms;
};

void schema_feed_event(struct schema_stats *stats, const struct schema_row *row);
void schema_feed_cells(struct schema_stats *stats, const struct row_cells *cells);
void schema_feed_row(struct schema_stats *stats, struct view row);

#endif
