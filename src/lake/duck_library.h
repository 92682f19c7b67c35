/*
 * duck_library.h - DuckDB, loaded when somebody asks it something.
 *
 * The program is not linked with it: `pipes serve` never loads it, and all that does not read or
 * write Parquet works without. The library is looked for
 *
 *     where the caller (option --duckdb, PIPES_DUCKDB) says, and then nowhere else;
 *     next to the program;
 *     in ../lib/pipes/ from there, where an installed program has it;
 *     in node_modules/@duckdb/ of the folders above, where a built one has it;
 *     wherever the system's loader looks.
 *
 *     const struct duck_api *api;
 *     duck_library_load(&api, NULL, &fault);
 *     api->open_ext(NULL, &database, NULL, NULL);       duckdb_open_ext() of duckdb.h
 */
#ifndef PIPES_LAKE_DUCK_LIBRARY_H
#define PIPES_LAKE_DUCK_LIBRARY_H

#include "base/status.h"

#include <duckdb.h>

/* Every function of duckdb.h that we call, without its prefix. */
#define DUCK_FUNCTIONS(X)                          \
    X(library_version)                             \
    X(free)                                        \
    X(create_config)                               \
    X(set_config)                                  \
    X(destroy_config)                              \
    X(open_ext)                                    \
    X(close)                                       \
    X(connect)                                     \
    X(disconnect)                                  \
    X(interrupt)                                   \
    X(query_progress)                              \
    X(query)                                       \
    X(destroy_result)                              \
    X(result_error)                                \
    X(result_error_type)                           \
    X(result_return_type)                          \
    X(result_statement_type)                       \
    X(rows_changed)                                \
    X(column_count)                                \
    X(column_name)                                 \
    X(column_type)                                 \
    X(column_logical_type)                         \
    X(fetch_chunk)                                 \
    X(extract_statements)                          \
    X(extract_statements_error)                    \
    X(prepare_extracted_statement)                 \
    X(destroy_extracted)                           \
    X(prepare)                                     \
    X(prepare_error)                               \
    X(prepared_statement_type)                     \
    X(prepared_statement_column_count)             \
    X(prepared_statement_column_name)              \
    X(prepared_statement_column_logical_type)      \
    X(nparams)                                     \
    X(destroy_prepare)                             \
    X(bind_varchar_length)                         \
    X(bind_int64)                                  \
    X(bind_uint64)                                 \
    X(bind_double)                                 \
    X(bind_boolean)                                \
    X(bind_blob)                                   \
    X(bind_null)                                   \
    X(pending_prepared_streaming)                  \
    X(pending_prepared)                            \
    X(pending_error)                               \
    X(pending_execute_task)                        \
    X(execute_pending)                             \
    X(destroy_pending)                             \
    X(create_logical_type)                         \
    X(create_list_type)                            \
    X(create_struct_type)                          \
    X(destroy_logical_type)                        \
    X(get_type_id)                                 \
    X(logical_type_get_alias)                      \
    X(logical_type_set_alias)                      \
    X(list_type_child_type)                        \
    X(struct_type_child_count)                     \
    X(struct_type_child_name)                      \
    X(struct_type_child_type)                      \
    X(decimal_scale)                               \
    X(decimal_internal_type)                       \
    X(enum_dictionary_value)                       \
    X(enum_internal_type)                          \
    X(list_vector_get_child)                       \
    X(list_vector_get_size)                        \
    X(struct_vector_get_child)                     \
    X(vector_size)                                 \
    X(create_data_chunk)                           \
    X(destroy_data_chunk)                          \
    X(data_chunk_reset)                            \
    X(data_chunk_get_column_count)                 \
    X(data_chunk_get_vector)                       \
    X(data_chunk_get_size)                         \
    X(data_chunk_set_size)                         \
    X(vector_get_column_type)                      \
    X(vector_get_data)                             \
    X(vector_get_validity)                         \
    X(vector_ensure_validity_writable)             \
    X(vector_assign_string_element_len)            \
    X(create_table_function)                       \
    X(destroy_table_function)                      \
    X(table_function_set_name)                     \
    X(table_function_set_extra_info)               \
    X(table_function_set_bind)                     \
    X(table_function_set_init)                     \
    X(table_function_set_local_init)               \
    X(table_function_set_function)                 \
    X(table_function_supports_projection_pushdown) \
    X(register_table_function)                     \
    X(bind_get_extra_info)                         \
    X(bind_add_result_column)                      \
    X(bind_set_cardinality)                        \
    X(bind_set_error)                              \
    X(init_get_extra_info)                         \
    X(init_set_init_data)                          \
    X(init_get_column_count)                       \
    X(init_get_column_index)                       \
    X(init_set_max_threads)                        \
    X(init_set_error)                              \
    X(function_get_extra_info)                     \
    X(function_get_init_data)                      \
    X(function_get_local_init_data)                \
    X(function_set_error)                          \
    X(create_scalar_function)                      \
    X(destroy_scalar_function)                     \
    X(scalar_function_set_name)                    \
    X(scalar_function_add_parameter)               \
    X(scalar_function_set_return_type)             \
    X(scalar_function_set_extra_info)              \
    X(scalar_function_set_function)                \
    X(scalar_function_get_extra_info)              \
    X(scalar_function_set_error)                   \
    X(register_scalar_function)                    \
    X(connection_get_arrow_options)                \
    X(result_get_arrow_options)                    \
    X(destroy_arrow_options)                       \
    X(to_arrow_schema)                             \
    X(data_chunk_to_arrow)                         \
    X(error_data_has_error)                        \
    X(error_data_message)                          \
    X(destroy_error_data)

#define DUCK_MEMBER(name) __typeof__(duckdb_##name) *name;
struct duck_api {
    DUCK_FUNCTIONS(DUCK_MEMBER)
};
#undef DUCK_MEMBER

/* `path` NULL or empty: it is looked for. A library cannot be unloaded: the process keeps the first
 * one it loads, and gets it again whatever the path. STATUS_NOT_FOUND: the fault says where it was
 * looked for; STATUS_BAD_INPUT: it is of a version that this program does not know. */
enum status duck_library_load(const struct duck_api **api, const char *path, struct fault *fault)
    MUST_CHECK;
/* The loaded one, for functions that DuckDB calls with nothing of ours at hand. */
const struct duck_api *duck_library(void);
/* Its path; NULL before it is loaded. */
const char *duck_library_file(void);

#endif
