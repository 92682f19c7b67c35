/*
 * row_order.h - the order of rows in Parquet files of the lake: site, anonymous_id, time, and
 * ingest_seq, so that it is always the same. What is missing comes first.
 *
 *     row_order_make(&order, &cells, &arena);
 *     row_order_compare(&order, &other) < 0
 */
#ifndef PIPES_LAKE_ROW_ORDER_H
#define PIPES_LAKE_ROW_ORDER_H

#include "lake/row_cells.h"

struct row_order {
    struct view site; /* within the row, or in the arena when it has escapes; so is the next */
    struct view anonymous_id;
    uint64_t site_head; /* their first bytes as a number that sorts as they do */
    uint64_t anonymous_head;
    int64_t time_ms;
    uint64_t ingest_seq;
};

/* False when the row has no ingest_seq: it is none of the lake's. */
bool row_order_make(struct row_order *order, const struct row_cells *cells, struct arena *arena);
int row_order_compare(const struct row_order *left, const struct row_order *right);
/* Bytes of the column `properties` as it is written: with the quotes of a text. */
uint64_t row_property_bytes(const struct row_cells *cells);
/* What a string column says, escapes resolved; empty when it has none. */
struct view row_said(const struct row_cells *cells, enum column column, struct arena *arena);

#endif
