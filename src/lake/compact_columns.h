/*
 * compact_columns.h - the columns of a Parquet file of the lake: those of columns.c, then promoted
 * properties (promoted.h).
 *
 *     compact_columns_init(&columns);
 *     compact_columns_set(&columns, &promoted, promoted_at(&promoted, hour));
 *     compact_columns_put(&columns, fill, &cells, &arena, false, &fault);      of a duck_source
 */
#ifndef PIPES_LAKE_COMPACT_COLUMNS_H
#define PIPES_LAKE_COMPACT_COLUMNS_H

#include "lake/duck_rows.h"
#include "lake/promoted.h"

enum { COMPACT_COLUMNS_MAX = COLUMN_COUNT + PROMOTED_MAX, COMPACT_INDEX_SLOTS = 256 };

struct compact_columns {
    const struct promoted *promoted; /* borrowed */
    size_t promoted_count;
    uint8_t index[COMPACT_INDEX_SLOTS]; /* of promoted columns by name: the number + 1 */
    struct duck_column at[COMPACT_COLUMNS_MAX];
    size_t count;
};

/* Without promoted ones. */
void compact_columns_init(struct compact_columns *columns);
/* With the first `count` of them. */
void compact_columns_set(struct compact_columns *columns, const struct promoted *promoted,
                         size_t count);
/* Puts a row into all columns of the chunk's next row (whose number stays). Texts are lent, of the
 * row and of the arena, when `is_lent`, and copied otherwise. */
enum status compact_columns_put(const struct compact_columns *columns, struct duck_fill *fill,
                                const struct row_cells *cells, struct arena *arena, bool is_lent,
                                struct fault *fault) MUST_CHECK;
/* Of these the promoted ones alone; nothing is looked at when nobody asks for one. */
void compact_columns_put_promoted(const struct compact_columns *columns, struct duck_fill *fill,
                                  const struct row_cells *cells, struct arena *arena, bool is_lent);

#endif
