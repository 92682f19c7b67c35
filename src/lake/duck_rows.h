/*
 * duck_rows.h - anything that gives NDJSON rows, as a table of DuckDB with the columns of
 * src/event/columns.c.
 *
 *     COLUMN_STRING   VARCHAR
 *     COLUMN_INTEGER  BIGINT
 *     COLUMN_REAL     DOUBLE
 *     COLUMN_BOOLEAN  BOOLEAN
 *     COLUMN_TIME     TIMESTAMP WITH TIME ZONE (an instant)
 *     COLUMN_JSON     VARCHAR: the text as it stands in the row, byte for byte
 *
 * A column that the row does not have, or whose value is not of its type, is NULL.
 *
 *     struct duck_rows rows = {.name = "raw_rows", .next = next_row, .open = ..., .self = parts};
 *     duck_rows_register(duck, &rows, &fault);         rows is borrowed until duck_close()
 *     duck_exec(duck, "create view events as select * from raw_rows()", &fault);
 */
#ifndef PIPES_LAKE_DUCK_ROWS_H
#define PIPES_LAKE_DUCK_ROWS_H

#include "lake/duck_source.h"
#include "lake/row_cells.h"

enum { DUCK_ROWS_MORE_MAX = 64 };

struct duck_rows {
    const char *name;
    void *self;
    unsigned threads_max;   /* that may read at the same time; 0: one */
    uint64_t rows_estimate; /* 0: not known */
    /* As of struct duck_source: a scan begins, a thread takes part; each thread's reader then gives
     * a part of the rows. NULL: self is the scan, the scan is the reader. */
    enum status (*open)(void *self, void **scan, struct fault *fault);
    enum status (*join)(void *scan, void **reader, struct fault *fault);
    /* The next row, lent until the next call; STATUS_END behind the last. */
    enum status (*next)(void *reader, struct view *row, struct fault *fault);
    void (*leave)(void *reader); /* NULL: nothing to do, as below */
    void (*close)(void *scan);
    /* Columns behind those of columns.c, and who puts them; 0: none. */
    const struct duck_column *more;
    size_t more_count; /* at most DUCK_ROWS_MORE_MAX */
    void (*put_more)(void *self, struct duck_fill *fill, const struct row_cells *cells,
                     struct arena *arena);
    void *put_self;
    /* of duck_rows.c */
    struct duck_source source;
    struct duck_column columns[COLUMN_COUNT + DUCK_ROWS_MORE_MAX];
};

enum status duck_rows_register(struct duck *duck, struct duck_rows *rows, struct fault *fault)
    MUST_CHECK;

/* The types above, and their names in SQL. */
duckdb_type duck_type_of(enum column_type type);
const char *duck_type_name(enum column_type type);
/* The columns of the table, for who has a source of its own. */
void duck_columns(struct duck_column made[COLUMN_COUNT]);

enum duck_put {
    DUCK_PUT_LENT = 1,     /* texts are lent, of the row and of the arena; copied otherwise */
    DUCK_PUT_TIMES_MS = 2, /* times are TIMESTAMP_MS */
};

/* Puts a row's cells into the columns 0 to COLUMN_COUNT - 1 of the chunk's next row (whose number
 * stays). `how`: of enum duck_put, or 0. */
enum status duck_put_cells(struct duck_fill *fill, const struct row_cells *cells,
                           struct arena *arena, unsigned how, struct fault *fault) MUST_CHECK;

#endif
