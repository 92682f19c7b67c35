/*
 * duck_source.h - our own rows as a table of DuckDB: a function that fills its vectors.
 *
 * A source has a name and columns, and is asked for them by SQL as often as the SQL wants:
 * `select count(*) from rows() where site = 'shop'`. Each time it is scanned it is opened, each
 * thread that takes part joins, fills chunks until it has no more, and leaves.
 *
 *     struct duck_source source = {.name = "numbers", .columns = COLUMNS, .column_count = 1,
 *                                  .open = open_numbers, .fill = fill_numbers, ...};
 *     duck_source_register(duck, &source, &fault);          source is borrowed until duck_close()
 *
 *     static enum status fill_numbers(void *reader, struct duck_fill *fill, struct fault *fault)
 *     {
 *         while (fill->rows < fill->rows_max && has_more(reader)) {
 *             duck_put_int64(fill, 0, next(reader));
 *             fill->rows++;
 *         }
 *         return STATUS_OK;                                 no row was put: the end
 *     }
 */
#ifndef PIPES_LAKE_DUCK_SOURCE_H
#define PIPES_LAKE_DUCK_SOURCE_H

#include "lake/duck.h"

struct duck_column {
    const char *name;
    duckdb_type type;
};

/* A chunk being filled: values go to row `rows`. Columns that nobody asked for have no vector. */
struct duck_fill {
    const struct duck_api *api;
    size_t rows;
    size_t rows_max;
    size_t column_count;
    duckdb_vector *vectors; /* by column; NULL: nobody asked for it, as of the next two */
    void **data;
    uint64_t **validity;
};

struct duck_source {
    const char *name;
    const struct duck_column *columns;
    size_t column_count;
    void *self;
    unsigned threads_max;   /* that may fill at the same time; 0: one */
    uint64_t rows_estimate; /* 0: not known */
    /* A scan begins; what is given back goes to the others. NULL: self does. */
    enum status (*open)(void *self, void **scan, struct fault *fault);
    /* A thread takes part. NULL: the scan is its own reader. */
    enum status (*join)(void *scan, void **reader, struct fault *fault);
    enum status (*fill)(void *reader, struct duck_fill *fill, struct fault *fault);
    void (*leave)(void *reader); /* NULL: nothing to do, as below */
    void (*close)(void *scan);
};

enum status duck_source_register(struct duck *duck, const struct duck_source *source,
                                 struct fault *fault) MUST_CHECK;

static inline bool duck_wants(const struct duck_fill *fill, size_t column)
{
    return fill->data[column] != NULL;
}

/* Each of these does nothing for a column that nobody asked for. */
static inline void duck_put_null(struct duck_fill *fill, size_t column)
{
    if (duck_wants(fill, column)) {
        fill->validity[column][fill->rows / 64] &= ~(UINT64_C(1) << (fill->rows % 64));
    }
}

static inline void duck_put_int64(struct duck_fill *fill, size_t column, int64_t number)
{
    if (duck_wants(fill, column)) {
        ((int64_t *)fill->data[column])[fill->rows] = number; /* also times, in microseconds */
    }
}

static inline void duck_put_double(struct duck_fill *fill, size_t column, double number)
{
    if (duck_wants(fill, column)) {
        ((double *)fill->data[column])[fill->rows] = number;
    }
}

static inline void duck_put_boolean(struct duck_fill *fill, size_t column, bool is_true)
{
    if (duck_wants(fill, column)) {
        ((bool *)fill->data[column])[fill->rows] = is_true;
    }
}

/* The text is lent: it must stay until the statement is over. Valid UTF-8 below 4 GiB. */
static inline void duck_put_lent_text(struct duck_fill *fill, size_t column, struct view text)
{
    if (!duck_wants(fill, column)) {
        return;
    }
    duckdb_string_t *place = (duckdb_string_t *)fill->data[column] + fill->rows;
    char *inlined = place->value.inlined.inlined;
    place->value.inlined.length = (uint32_t)text.len;
    if (text.len <= sizeof(place->value.inlined.inlined)) {
        memset(inlined, 0, sizeof(place->value.inlined.inlined));
        if (text.len > 0) {
            memcpy(inlined, text.at, text.len);
        }
    } else {
        memcpy(place->value.pointer.prefix, text.at, sizeof(place->value.pointer.prefix));
        memcpy(&place->value.pointer.ptr, &text.at, sizeof(text.at));
    }
}

/* The text is copied. */
static inline void duck_put_text(struct duck_fill *fill, size_t column, struct view text)
{
    if (duck_wants(fill, column) && text.len <= 12) {
        duck_put_lent_text(fill, column, text);
    } else if (duck_wants(fill, column)) {
        fill->api->vector_assign_string_element_len(fill->vectors[column], fill->rows, text.at,
                                                    text.len);
    }
}

#endif
