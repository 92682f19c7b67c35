#include "lake/duck_source.h"

#include <stdatomic.h>
#include <stdlib.h>

struct scan {
    _Atomic unsigned holders; /* DuckDB, and each reader: it does not say which it lets go first */
    const struct duck_source *source;
    void *own; /* the source's */
    size_t wanted_count;
    idx_t wanted[]; /* columns of the source, in the order of the chunk's */
};

struct reader {
    struct scan *scan; /* NULL: it has not been asked for rows yet */
    void *own;         /* the source's; NULL: it did not join */
    struct duck_fill fill;
};

static void say_column(const struct duck_api *api, duckdb_bind_info info,
                       const struct duck_column *column)
{
    duckdb_logical_type type = api->create_logical_type(column->type);
    api->bind_add_result_column(info, column->name, type);
    api->destroy_logical_type(&type);
}

static void on_bind(duckdb_bind_info info)
{
    const struct duck_api *api = duck_library();
    const struct duck_source *source = api->bind_get_extra_info(info);
    for (size_t i = 0; i < source->column_count; i++) {
        say_column(api, info, &source->columns[i]);
    }
    if (source->rows_estimate > 0) {
        api->bind_set_cardinality(info, source->rows_estimate, false);
    }
}

static void let_go(void *data)
{
    struct scan *scan = data;
    if (atomic_fetch_sub(&scan->holders, 1) > 1) {
        return;
    }
    if (scan->source->close) {
        scan->source->close(scan->own);
    }
    free(scan);
}

static struct scan *make_scan(const struct duck_api *api, duckdb_init_info info)
{
    idx_t count = api->init_get_column_count(info);
    struct scan *scan = calloc(1, sizeof(*scan) + count * sizeof(scan->wanted[0]));
    if (scan) {
        scan->holders = 1;
        scan->source = api->init_get_extra_info(info);
        scan->own = scan->source->self;
        scan->wanted_count = count;
        for (idx_t i = 0; i < count; i++) {
            scan->wanted[i] = api->init_get_column_index(info, i);
        }
    }
    return scan;
}

static void on_init(duckdb_init_info info)
{
    const struct duck_api *api = duck_library();
    struct fault fault = {0};
    struct scan *scan = make_scan(api, info);
    if (!scan) {
        api->init_set_error(info, "no memory for a scan");
        return;
    }
    if (scan->source->open &&
        scan->source->open(scan->source->self, &scan->own, &fault) != STATUS_OK) {
        free(scan);
        api->init_set_error(info, fault.text);
        return;
    }
    api->init_set_max_threads(info, scan->source->threads_max ? scan->source->threads_max : 1);
    api->init_set_init_data(info, scan, let_go);
}

static void destroy_reader(void *data)
{
    struct reader *reader = data;
    if (reader->own && reader->scan->source->leave) {
        reader->scan->source->leave(reader->own);
    }
    if (reader->scan) {
        let_go(reader->scan);
    }
    free(reader->fill.vectors);
    free(reader->fill.data);
    free(reader->fill.validity);
    free(reader);
}

static void on_local_init(duckdb_init_info info)
{
    const struct duck_api *api = duck_library();
    struct reader *reader = calloc(1, sizeof(*reader));
    if (!reader) {
        api->init_set_error(info, "no memory for a scan");
        return;
    }
    api->init_set_init_data(info, reader, destroy_reader);
}

/* With the first chunk: what DuckDB gives on_local_init() does not lead to the scan. */
static enum status join(struct reader *reader, struct scan *scan, struct fault *fault)
{
    size_t count = scan->source->column_count;
    atomic_fetch_add(&scan->holders, 1);
    reader->scan = scan;
    reader->fill.api = duck_library();
    reader->fill.column_count = count;
    reader->fill.rows_max = reader->fill.api->vector_size();
    reader->fill.vectors = calloc(count, sizeof(reader->fill.vectors[0]));
    reader->fill.data = calloc(count, sizeof(reader->fill.data[0]));
    reader->fill.validity = calloc(count, sizeof(reader->fill.validity[0]));
    if (!reader->fill.vectors || !reader->fill.data || !reader->fill.validity) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a scan");
    }
    if (scan->source->join) {
        return scan->source->join(scan->own, &reader->own, fault);
    }
    reader->own = scan->own;
    return STATUS_OK;
}

/* A count of rows asks for a column that is none of the source's. */
static void take_vectors(struct reader *reader, duckdb_data_chunk chunk)
{
    struct duck_fill *fill = &reader->fill;
    for (size_t i = 0; i < reader->scan->wanted_count; i++) {
        idx_t column = reader->scan->wanted[i];
        if (column < fill->column_count) {
            duckdb_vector vector = fill->api->data_chunk_get_vector(chunk, i);
            fill->api->vector_ensure_validity_writable(vector);
            fill->vectors[column] = vector;
            fill->data[column] = fill->api->vector_get_data(vector);
            fill->validity[column] = fill->api->vector_get_validity(vector);
        }
    }
    fill->rows = 0;
}

static void on_call(duckdb_function_info info, duckdb_data_chunk chunk)
{
    const struct duck_api *api = duck_library();
    struct scan *scan = api->function_get_init_data(info);
    struct reader *reader = api->function_get_local_init_data(info);
    struct fault fault = {0};
    enum status status = reader->scan ? STATUS_OK : join(reader, scan, &fault);
    if (status == STATUS_OK) {
        take_vectors(reader, chunk);
        status = scan->source->fill(reader->own, &reader->fill, &fault);
    }
    if (status == STATUS_OK) {
        api->data_chunk_set_size(chunk, reader->fill.rows);
    } else {
        api->function_set_error(info, fault.text);
    }
}

enum status duck_source_register(struct duck *duck, const struct duck_source *source,
                                 struct fault *fault)
{
    const struct duck_api *api = duck_api(duck);
    duckdb_table_function function = api->create_table_function();
    api->table_function_set_name(function, source->name);
    api->table_function_set_extra_info(function, (void *)source, NULL);
    api->table_function_set_bind(function, on_bind);
    api->table_function_set_init(function, on_init);
    api->table_function_set_local_init(function, on_local_init);
    api->table_function_set_function(function, on_call);
    api->table_function_supports_projection_pushdown(function, true);
    duckdb_state state = api->register_table_function(duck_connection(duck), function);
    api->destroy_table_function(&function);
    return state == DuckDBSuccess
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "DuckDB does not take the table %s", source->name);
}
