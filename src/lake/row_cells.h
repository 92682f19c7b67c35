/*
 * row_cells.h - where the columns of a row of the lake stand in its text.
 *
 *     struct row_cells cells;
 *     if (row_cells_read(&cells, row)) {
 *         struct view site = cells.text[COLUMN_SITE];       without its quotes
 *     }
 *
 * Rows are our own and were checked when they were made, files carry checksums: so values are
 * only delimited here, which is several times quicker than checking them. Nothing outside of the
 * row is read whatever it holds.
 */
#ifndef PIPES_LAKE_ROW_CELLS_H
#define PIPES_LAKE_ROW_CELLS_H

#include "base/arena.h"
#include "base/status.h"
#include "event/columns.h"

enum cell_kind {
    CELL_NONE,    /* the row has no such column */
    CELL_PLAIN,   /* a string without escapes: text is what it says */
    CELL_ESCAPED, /* a string with escapes: row_cells_text() */
    CELL_NESTED,  /* an object or array */
    CELL_SCALAR,  /* a number, true, false or null */
};

struct row_cells {
    uint8_t kinds[COLUMN_COUNT];
    struct view text[COLUMN_COUNT]; /* borrowed from the row; a string's has no quotes */
};

/* False when it is no JSON object, or is cut off. */
bool row_cells_read(struct row_cells *cells, struct view row);

/* The same to be kept beside the row, in a tenth of the room. A row is shorter than 512 MiB. */
struct row_cell {
    uint32_t start; /* from the row's first byte */
    uint32_t len : 29;
    uint32_t kind : 3; /* enum cell_kind */
};
enum { ROW_PACKED_WORDS = (COLUMN_COUNT + 63) / 64 };
struct row_packed {
    uint64_t has[ROW_PACKED_WORDS];      /* a bit for each column */
    struct row_cell cells[COLUMN_COUNT]; /* of columns that the row has, in their order */
};
/* How many bytes of *packed are in use: as many are to be kept. */
size_t row_cells_pack(const struct row_cells *cells, struct view row, struct row_packed *packed);
void row_cells_unpack(const struct row_packed *packed, struct view row, struct row_cells *cells);

/* The same steps for whoever reads an object inside of a row (properties): *at stands behind the
 * brace or comma, and then behind the value. False at the end, or when it is no member. */
struct row_member {
    struct view key;  /* between its quotes */
    struct view text; /* as in row_cells */
    enum cell_kind kind;
    bool is_key_escaped;
};
bool row_member_next(const char **at, const char *end, struct row_member *member);

/* What a string says, escapes resolved: in the arena when there are any. STATUS_BAD_INPUT when it
 * cannot be told. */
enum status row_text(struct view text, enum cell_kind kind, struct arena *arena, struct view *said)
    MUST_CHECK;
/* Of a column that is COLUMN_TIME: milliseconds since 1970; of COLUMN_INTEGER. False when it has
 * none. */
bool row_cells_time(const struct row_cells *cells, enum column column, int64_t *utc_ms);
bool row_cells_integer(const struct row_cells *cells, enum column column, int64_t *number);
/* A JSON number. */
bool row_number(struct view text, double *number);

#endif
