#include "lake/chunk_row.h"

#include "base/clock.h"
#include "base/json.h"
#include "lake/duck_rows.h"

void chunk_row_init(struct chunk_row *made, const struct duck *duck, struct duck_result *result)
{
    *made = (struct chunk_row){.api = duck_api(duck)};
    duckdb_result *own = duck_result_get(result);
    for (idx_t i = 0; i < made->api->column_count(own); i++) {
        enum column column = column_find(view_from_text(made->api->column_name(own, i)));
        if (column < COLUMN_COUNT &&
            made->api->column_type(own, i) == duck_type_of(columns[column].type)) {
            made->places[column] = i;
            made->has[column] = true;
        }
    }
}

static void append_time(struct buf *out, int64_t micros)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(micros / 1000, text);
    buf_append_byte(out, '"');
    buf_append_text(out, text);
    buf_append_byte(out, '"');
}

static void append_value(struct buf *out, enum column_type type, const void *data, idx_t row)
{
    switch (type) {
    case COLUMN_STRING:
        json_append_string(out, duck_text(data, row));
        break;
    case COLUMN_JSON:
        buf_append_view(out, duck_text(data, row));
        break;
    case COLUMN_INTEGER:
        buf_append_int64(out, ((const int64_t *)data)[row]);
        break;
    case COLUMN_REAL:
        buf_append_format(out, "%.17g", ((const double *)data)[row]);
        break;
    case COLUMN_BOOLEAN:
        buf_append_text(out, ((const bool *)data)[row] ? "true" : "false");
        break;
    case COLUMN_TIME:
        append_time(out, ((const int64_t *)data)[row]);
        break;
    }
}

void chunk_row_append(const struct chunk_row *made, duckdb_data_chunk chunk, idx_t row,
                      struct buf *out)
{
    bool is_first = true;
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (!made->has[i]) {
            continue;
        }
        duckdb_vector vector = made->api->data_chunk_get_vector(chunk, made->places[i]);
        if (!duck_is_valid(made->api->vector_get_validity(vector), row)) {
            continue;
        }
        buf_append_text(out, is_first ? "{" : ",");
        buf_append_text(out, columns[i].head + 1); /* without the comma */
        append_value(out, columns[i].type, made->api->vector_get_data(vector), row);
        is_first = false;
    }
    buf_append_text(out, is_first ? "{}" : "}");
}
