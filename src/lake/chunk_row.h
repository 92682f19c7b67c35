/*
 * chunk_row.h - a row of DuckDB's as a row of the lake: NDJSON, columns in the order of columns.c.
 *
 * What a Parquet file of the lake has becomes what it was made of, but for the way some numbers
 * (`density`) and escapes in texts are written.
 *
 *     chunk_row_init(&made, duck, result);
 *     chunk_row_append(&made, chunk, row, &out);
 */
#ifndef PIPES_LAKE_CHUNK_ROW_H
#define PIPES_LAKE_CHUNK_ROW_H

#include "base/buf.h"
#include "event/columns.h"
#include "lake/duck.h"

struct chunk_row {
    const struct duck_api *api;
    idx_t places[COLUMN_COUNT]; /* in the result */
    bool has[COLUMN_COUNT];
};

/* Columns of other names, or of types that the lake's are not, are passed over. */
void chunk_row_init(struct chunk_row *made, const struct duck *duck, struct duck_result *result);
/* Without a line end. Ask buf_status() in the end. */
void chunk_row_append(const struct chunk_row *made, duckdb_data_chunk chunk, idx_t row,
                      struct buf *out);

#endif
