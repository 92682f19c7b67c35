#include "lake/duck_rows.h"

#include <stdlib.h>

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024 };

struct scan {
    const struct duck_rows *rows;
    void *own; /* the caller's */
};

/* A thread's part in a scan. */
struct reader {
    const struct duck_rows *rows;
    void *own; /* the caller's */
    bool is_over;
    struct arena texts;
};

duckdb_type duck_type_of(enum column_type type)
{
    static const duckdb_type TYPES[] = {
        [COLUMN_STRING] = DUCKDB_TYPE_VARCHAR,    [COLUMN_INTEGER] = DUCKDB_TYPE_BIGINT,
        [COLUMN_REAL] = DUCKDB_TYPE_DOUBLE,       [COLUMN_BOOLEAN] = DUCKDB_TYPE_BOOLEAN,
        [COLUMN_TIME] = DUCKDB_TYPE_TIMESTAMP_TZ, [COLUMN_JSON] = DUCKDB_TYPE_VARCHAR,
    };
    return TYPES[type];
}

const char *duck_type_name(enum column_type type)
{
    static const char *const NAMES[] = {
        [COLUMN_STRING] = "VARCHAR",  [COLUMN_INTEGER] = "BIGINT",   [COLUMN_REAL] = "DOUBLE",
        [COLUMN_BOOLEAN] = "BOOLEAN", [COLUMN_TIME] = "TIMESTAMPTZ", [COLUMN_JSON] = "VARCHAR",
    };
    return NAMES[type];
}

void duck_columns(struct duck_column made[COLUMN_COUNT])
{
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        made[i] = (struct duck_column){columns[i].name, duck_type_of(columns[i].type)};
    }
}

static void put_time(struct duck_fill *fill, const struct row_cells *cells, enum column column,
                     int64_t units_per_ms)
{
    int64_t utc_ms;
    if (row_cells_time(cells, column, &utc_ms)) {
        duck_put_int64(fill, column, utc_ms * units_per_ms);
    } else {
        duck_put_null(fill, column);
    }
}

static void put_integer(struct duck_fill *fill, const struct row_cells *cells, enum column column)
{
    int64_t number;
    if (row_cells_integer(cells, column, &number)) {
        duck_put_int64(fill, column, number);
    } else {
        duck_put_null(fill, column);
    }
}

static void put_real(struct duck_fill *fill, struct view text, enum column column)
{
    double number;
    if (row_number(text, &number)) {
        duck_put_double(fill, column, number);
    } else {
        duck_put_null(fill, column);
    }
}

static void put_boolean(struct duck_fill *fill, struct view text, enum column column)
{
    if (view_is(text, "true") || view_is(text, "false")) {
        duck_put_boolean(fill, column, text.at[0] == 't');
    } else {
        duck_put_null(fill, column);
    }
}

static void put_text(struct duck_fill *fill, enum column column, struct view text, bool is_lent)
{
    if (is_lent) {
        duck_put_lent_text(fill, column, text);
    } else {
        duck_put_text(fill, column, text);
    }
}

static enum status put_string(struct duck_fill *fill, const struct row_cells *cells,
                              enum column column, struct arena *arena, bool is_lent,
                              struct fault *fault)
{
    struct view said;
    enum cell_kind kind = cells->kinds[column];
    enum status status = row_text(cells->text[column], kind, arena, &said);
    if (status == STATUS_NO_MEMORY) {
        return fault_set(fault, status, "no memory for the texts of rows");
    }
    if (status != STATUS_OK) {
        duck_put_null(fill, column);
    } else {
        put_text(fill, column, said, is_lent);
    }
    return STATUS_OK;
}

/* With its quotes, when it is a string. */
static void put_json(struct duck_fill *fill, const struct row_cells *cells, enum column column,
                     bool is_lent)
{
    struct view text = cells->text[column];
    bool is_string = cells->kinds[column] == CELL_PLAIN || cells->kinds[column] == CELL_ESCAPED;
    put_text(fill, column, is_string ? view_make(text.at - 1, text.len + 2) : text, is_lent);
}

enum status duck_put_cells(struct duck_fill *fill, const struct row_cells *cells,
                           struct arena *arena, unsigned how, struct fault *fault)
{
    enum status status = STATUS_OK;
    bool is_lent = (how & DUCK_PUT_LENT) != 0;
    int64_t units_per_ms = (how & DUCK_PUT_TIMES_MS) != 0 ? 1 : 1000;
    for (enum column i = 0; i < COLUMN_COUNT && status == STATUS_OK; i++) {
        if (!duck_wants(fill, i)) {
            continue;
        }
        if (cells->kinds[i] == CELL_NONE) {
            duck_put_null(fill, i);
            continue;
        }
        switch (columns[i].type) {
        case COLUMN_STRING:
            status = put_string(fill, cells, i, arena, is_lent, fault);
            break;
        case COLUMN_INTEGER:
            put_integer(fill, cells, i);
            break;
        case COLUMN_REAL:
            put_real(fill, cells->text[i], i);
            break;
        case COLUMN_BOOLEAN:
            put_boolean(fill, cells->text[i], i);
            break;
        case COLUMN_TIME:
            put_time(fill, cells, i, units_per_ms);
            break;
        case COLUMN_JSON:
            put_json(fill, cells, i, is_lent);
            break;
        }
    }
    return status;
}

static enum status open_scan(void *self, void **scan, struct fault *fault)
{
    const struct duck_rows *rows = self;
    struct scan *made = malloc(sizeof(*made));
    *scan = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a scan");
    }
    *made = (struct scan){.rows = rows, .own = rows->self};
    enum status status = rows->open ? rows->open(rows->self, &made->own, fault) : STATUS_OK;
    if (status != STATUS_OK) {
        free(made);
    }
    return status;
}

static void close_scan(void *self)
{
    struct scan *scan = self;
    if (scan->rows->close) {
        scan->rows->close(scan->own);
    }
    free(scan);
}

static enum status join_scan(void *self, void **reader, struct fault *fault)
{
    const struct scan *scan = self;
    struct reader *made = malloc(sizeof(*made));
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a scan");
    }
    *made = (struct reader){.rows = scan->rows, .own = scan->own};
    arena_init(&made->texts, TEXT_BYTES_MAX);
    enum status status =
        scan->rows->join ? scan->rows->join(scan->own, &made->own, fault) : STATUS_OK;
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *reader = made;
    return STATUS_OK;
}

static void leave_scan(void *self)
{
    struct reader *reader = self;
    if (reader->rows->leave) {
        reader->rows->leave(reader->own);
    }
    arena_free(&reader->texts);
    free(reader);
}

static enum status fill_rows(void *self, struct duck_fill *fill, struct fault *fault)
{
    struct reader *reader = self;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !reader->is_over && fill->rows < fill->rows_max) {
        struct view row;
        struct row_cells cells;
        status = reader->rows->next(reader->own, &row, fault);
        if (status == STATUS_OK && !row_cells_read(&cells, row)) {
            status = fault_set(fault, STATUS_DAMAGED, "a row is no JSON object: %.*s",
                               VIEW_ARG(view_part(row, 0, 80)));
        }
        if (status == STATUS_OK) {
            arena_clear(&reader->texts);
            status = duck_put_cells(fill, &cells, &reader->texts, 0, fault);
            if (reader->rows->more_count > 0) {
                reader->rows->put_more(reader->rows->put_self, fill, &cells, &reader->texts);
            }
            fill->rows++;
        }
    }
    reader->is_over = reader->is_over || status == STATUS_END;
    return status == STATUS_END ? STATUS_OK : status;
}

enum status duck_rows_register(struct duck *duck, struct duck_rows *rows, struct fault *fault)
{
    duck_columns(rows->columns);
    for (size_t i = 0; i < rows->more_count; i++) {
        rows->columns[COLUMN_COUNT + i] = rows->more[i];
    }
    rows->source = (struct duck_source){
        .name = rows->name,
        .columns = rows->columns,
        .column_count = COLUMN_COUNT + rows->more_count,
        .self = rows,
        .threads_max = rows->threads_max,
        .rows_estimate = rows->rows_estimate,
        .open = open_scan,
        .join = join_scan,
        .fill = fill_rows,
        .leave = leave_scan,
        .close = close_scan,
    };
    return duck_source_register(duck, &rows->source, fault);
}
