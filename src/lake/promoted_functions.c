#include "lake/promoted_functions.h"

#include <stdio.h>

enum { ARENA_BYTES = 64 * 1024 * 1024, NAME_BYTES = 48 };

duckdb_type promoted_duck_type(enum promoted_type type)
{
    static const duckdb_type TYPES[] = {[PROMOTED_TEXT] = DUCKDB_TYPE_VARCHAR,
                                        [PROMOTED_NUMBER] = DUCKDB_TYPE_DOUBLE,
                                        [PROMOTED_BOOLEAN] = DUCKDB_TYPE_BOOLEAN};
    return TYPES[type];
}

/* Of a key that is there twice the last one counts. */
static bool find_value(const struct promoted_column *column, struct view properties,
                       struct arena *arena, struct promoted_value *value)
{
    struct view name = view_make(column->property, column->property_len);
    struct row_member member;
    bool fits = false;
    const char *at = properties.at + 1;
    const char *end = properties.at + properties.len;
    if (properties.len < 2 || properties.at[0] != '{') {
        return false;
    }
    while (row_member_next(&at, end, &member)) {
        if (!member.is_key_escaped && view_equal(member.key, name)) {
            fits = promoted_fits(column->type, &member, arena, value);
        }
    }
    return fits;
}

/* The answer's column, row by row. */
struct output {
    const struct duck_api *api;
    duckdb_vector vector;
    void *data;
    uint64_t *validity;
};

static void put(struct output *output, idx_t row, enum promoted_type type,
                const struct promoted_value *value)
{
    switch (type) {
    case PROMOTED_TEXT:
        output->api->vector_assign_string_element_len(output->vector, row, value->text.at,
                                                      value->text.len);
        break;
    case PROMOTED_NUMBER:
        ((double *)output->data)[row] = value->number;
        break;
    case PROMOTED_BOOLEAN:
        ((bool *)output->data)[row] = value->is_true;
        break;
    }
}

static void on_call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector result)
{
    const struct duck_api *api = duck_library();
    const struct promoted_column *column = api->scalar_function_get_extra_info(info);
    duckdb_vector properties = api->data_chunk_get_vector(input, 0);
    const void *texts = api->vector_get_data(properties);
    const uint64_t *is_there = api->vector_get_validity(properties);
    idx_t rows = api->data_chunk_get_size(input);
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    api->vector_ensure_validity_writable(result);
    struct output output = {.api = api,
                            .vector = result,
                            .data = api->vector_get_data(result),
                            .validity = api->vector_get_validity(result)};
    for (idx_t row = 0; row < rows; row++) {
        struct promoted_value value;
        arena_clear(&arena);
        if (duck_is_valid(is_there, row) &&
            find_value(column, duck_text(texts, row), &arena, &value)) {
            put(&output, row, column->type, &value);
        } else {
            output.validity[row / 64] &= ~(UINT64_C(1) << (row % 64));
        }
    }
    arena_free(&arena);
}

static enum status register_one(struct duck *duck, const struct promoted *promoted, size_t index,
                                struct fault *fault)
{
    const struct duck_api *api = duck_api(duck);
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), PROMOTED_FUNCTION "%zu", index);
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type type =
        api->create_logical_type(promoted_duck_type(promoted->columns[index].type));
    api->scalar_function_set_name(function, name);
    api->scalar_function_add_parameter(function, text);
    api->scalar_function_set_return_type(function, type);
    api->scalar_function_set_extra_info(function, (void *)(uintptr_t)&promoted->columns[index],
                                        NULL);
    api->scalar_function_set_function(function, on_call);
    duckdb_state state = api->register_scalar_function(duck_connection(duck), function);
    api->destroy_logical_type(&text);
    api->destroy_logical_type(&type);
    api->destroy_scalar_function(&function);
    return state == DuckDBSuccess
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "DuckDB does not take the function %s", name);
}

enum status promoted_functions_register(struct duck *duck, const struct promoted *promoted,
                                        size_t first, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = first; i < promoted->count && status == STATUS_OK; i++) {
        status = register_one(duck, promoted, i, fault);
    }
    return status;
}
