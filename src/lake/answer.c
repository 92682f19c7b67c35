#include "lake/answer.h"

#include "base/buf.h"
#include "event/columns.h"
#include "lake/arrow_stream.h"

#include <stdlib.h>

enum { SQL_BYTES_MAX = 64 * 1024 * 1024 };

bool answer_format_find(const char *name, enum answer_format *format)
{
    static const char *const NAMES[] = {"table", "csv", "json", "ndjson", "parquet", "arrow"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            *format = (enum answer_format)i;
            return true;
        }
    }
    return false;
}

static bool is_json(const struct answer *answer)
{
    return answer->options->format == ANSWER_JSON || answer->options->format == ANSWER_NDJSON;
}

static bool is_number(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        return true;
    default:
        return false;
    }
}

static bool is_nested(duckdb_type type)
{
    return type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_ARRAY || type == DUCKDB_TYPE_STRUCT ||
           type == DUCKDB_TYPE_MAP || type == DUCKDB_TYPE_UNION;
}

/* The events' own columns of JSON are VARCHAR to DuckDB. */
static bool is_json_column(const char *name)
{
    enum column column = column_find(view_from_text(name));
    return column < COLUMN_COUNT && columns[column].type == COLUMN_JSON;
}

/* How the column becomes text; a number behind % is the column's. */
static const char *text_of(const struct answer *answer, struct answer_column *column,
                           const char *alias)
{
    duckdb_type type = column->type;
    bool is_for_json = is_json(answer);
    column->kind = is_number(type) ? ANSWER_NUMBER : ANSWER_TEXT;
    if (type == DUCKDB_TYPE_TIMESTAMP_TZ) {
        return "strftime(c%zu, '%%Y-%%m-%%dT%%H:%%M:%%S.%%gZ')";
    }
    if (!is_for_json) {
        return "c%zu::varchar";
    }
    if (type == DUCKDB_TYPE_FLOAT || type == DUCKDB_TYPE_DOUBLE) {
        return "case when isfinite(c%zu) then c%zu::varchar end";
    }
    if (is_nested(type)) {
        column->kind = ANSWER_RAW;
        return "to_json(c%zu)::varchar";
    }
    if (type == DUCKDB_TYPE_BOOLEAN || (alias && strcmp(alias, "JSON") == 0)) {
        column->kind = ANSWER_RAW;
        return "c%zu::varchar";
    }
    if (type == DUCKDB_TYPE_VARCHAR && is_json_column(column->name)) {
        column->kind = ANSWER_RAW;
        return "case when json_valid(c%zu) then c%zu else to_json(c%zu)::varchar end";
    }
    return "c%zu::varchar";
}

/* The same number for each of the patterns' places. */
static void append_pattern(struct buf *sql, const char *pattern, size_t number)
{
    for (const char *at = pattern; *at; at++) {
        if (at[0] == '%' && at[1] == 'z') {
            buf_append_uint64(sql, number);
            at += 2;
        } else {
            at += at[0] == '%';
            buf_append_byte(sql, *at);
        }
    }
}

static void append_texts(struct buf *sql, struct answer *answer, duckdb_prepared_statement prepared)
{
    const struct duck_api *api = duck_api(answer->duck);
    for (size_t i = 0; i < answer->column_count; i++) {
        duckdb_logical_type type = api->prepared_statement_column_logical_type(prepared, i);
        char *alias = api->logical_type_get_alias(type);
        buf_append_text(sql, i > 0 ? ", " : "");
        append_pattern(sql, text_of(answer, &answer->columns[i], alias), i);
        api->free(alias);
        api->destroy_logical_type(&type);
    }
}

/* On lines of its own: errors show the line as it was written, and it may end in a comment. */
static void append_source(struct buf *sql, const struct answer *answer, struct view statement)
{
    buf_append_text(sql, " from (\n");
    buf_append_view(sql, statement);
    buf_append_text(sql, "\n) as answer(");
    for (size_t i = 0; i < answer->column_count; i++) {
        buf_append_format(sql, "%sc%zu", i > 0 ? ", " : "", i);
    }
    buf_append_text(sql, ")");
}

static void append_columns(struct buf *sql, struct answer *answer,
                           duckdb_prepared_statement prepared)
{
    if (answer->options->format != ANSWER_ARROW) {
        append_texts(sql, answer, prepared);
        return;
    }
    for (size_t i = 0; i < answer->column_count; i++) {
        buf_append_text(sql, i > 0 ? ", " : "");
        append_pattern(sql, arrow_stream_cast(answer->columns[i].type), i);
    }
}

static enum status read_columns(struct answer *answer, duckdb_prepared_statement prepared,
                                struct fault *fault)
{
    const struct duck_api *api = duck_api(answer->duck);
    answer->column_count = api->prepared_statement_column_count(prepared);
    answer->columns = calloc(answer->column_count + 1, sizeof(*answer->columns));
    for (size_t i = 0; answer->columns && i < answer->column_count; i++) {
        duckdb_logical_type type = api->prepared_statement_column_logical_type(prepared, i);
        const char *name = api->prepared_statement_column_name(prepared, i);
        answer->columns[i].type = api->get_type_id(type);
        answer->columns[i].name = strdup(name ? name : "");
        api->free((void *)(uintptr_t)name);
        api->destroy_logical_type(&type);
        if (!answer->columns[i].name) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for the answer's columns");
        }
    }
    return answer->columns ? STATUS_OK
                           : fault_set(fault, STATUS_NO_MEMORY, "no memory for the answer");
}

static enum status write_result(struct answer *answer, struct duck_result *result,
                                struct fault *fault)
{
    return answer->options->format == ANSWER_ARROW ? arrow_stream_write(answer, result, fault)
                                                   : answer_text_write(answer, result, fault);
}

static enum status run_sql(struct answer *answer, struct buf *sql, struct fault *fault)
{
    struct duck_result *result;
    if (buf_append_byte(sql, 0) != STATUS_OK || buf_status(sql) != STATUS_OK) {
        return fault_set(fault, STATUS_TOO_BIG, "the statement is too long");
    }
    enum status status = duck_query(answer->duck, sql->at, &result, fault);
    if (status == STATUS_OK) {
        status = write_result(answer, result, fault);
        duck_result_close(result);
    }
    return status;
}

/* Numbers and texts need no cast: then the statement is run as it was prepared, which costs half.
 */
static bool is_native(struct answer *answer, duckdb_prepared_statement prepared)
{
    const struct duck_api *api = duck_api(answer->duck);
    bool is_native = answer->options->format < ANSWER_PARQUET && answer->column_count > 0;
    for (size_t i = 0; i < answer->column_count && is_native; i++) {
        struct answer_column *column = &answer->columns[i];
        duckdb_logical_type type = api->prepared_statement_column_logical_type(prepared, i);
        char *alias = api->logical_type_get_alias(type);
        is_native = !alias && (column->type == DUCKDB_TYPE_BIGINT ||
                               (column->type == DUCKDB_TYPE_VARCHAR &&
                                !(is_json(answer) && is_json_column(column->name))));
        column->kind = column->type == DUCKDB_TYPE_BIGINT ? ANSWER_NUMBER : ANSWER_TEXT;
        api->free(alias);
        api->destroy_logical_type(&type);
    }
    return is_native;
}

/* What DuckDB cannot nest (explain ...) answers with text anyway. */
static enum status write_as_it_is(struct answer *answer, struct duck_statement *statement,
                                  duckdb_statement_type type, struct fault *fault)
{
    struct duck_result *result;
    bool is_shown = answer->is_native || type == DUCKDB_STATEMENT_TYPE_EXPLAIN;
    answer->is_plan = type == DUCKDB_STATEMENT_TYPE_EXPLAIN;
    enum status status = duck_run(statement, &result, fault);
    if (status != STATUS_OK) {
        return status;
    }
    duckdb_data_chunk chunk;
    if (is_shown) {
        status = answer_text_write(answer, result, fault);
    }
    while (!is_shown && status == STATUS_OK) {
        status = duck_result_next(result, &chunk, fault);
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status write_select(struct answer *answer, struct view statement,
                                duckdb_prepared_statement prepared, struct fault *fault)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    bool is_parquet = answer->options->format == ANSWER_PARQUET;
    if (is_parquet) {
        buf_append_text(&sql, "copy (\n");
        buf_append_view(&sql, statement);
        buf_append_format(&sql, "\n) to '%s' (format parquet, compression zstd)",
                          answer->options->pipe_path);
        buf_append_byte(&sql, 0);
    } else {
        buf_append_text(&sql, "select ");
        append_columns(&sql, answer, prepared);
        append_source(&sql, answer, statement);
    }
    int line = duck_first_line(answer->duck);
    duck_begin_at(answer->duck, line - 1);
    enum status status = is_parquet && buf_status(&sql) == STATUS_OK
                             ? duck_exec(answer->duck, sql.at, fault)
                             : run_sql(answer, &sql, fault);
    duck_begin_at(answer->duck, line);
    buf_free(&sql);
    return status;
}

static enum status prepare(struct duck *duck, struct view sql, struct duck_statement **statement,
                           struct fault *fault)
{
    struct buf text;
    buf_init(&text, SQL_BYTES_MAX);
    buf_append_view(&text, sql);
    *statement = NULL;
    enum status status = buf_append_byte(&text, 0) == STATUS_OK
                             ? duck_prepare(duck, text.at, statement, fault)
                             : fault_set(fault, STATUS_TOO_BIG, "the statement is too long");
    buf_free(&text);
    return status;
}

enum status answer_write(struct duck *duck, struct view sql, const struct answer_options *options,
                         uint64_t *rows, struct fault *fault)
{
    struct answer answer = {.duck = duck, .options = options};
    struct duck_statement *statement;
    *rows = 0;
    enum status status = prepare(duck, sql, &statement, fault);
    if (status != STATUS_OK) {
        return status;
    }
    duckdb_statement_type type = duck_api(duck)->prepared_statement_type(duck_prepared(statement));
    status = read_columns(&answer, duck_prepared(statement), fault);
    answer.is_native = status == STATUS_OK && type == DUCKDB_STATEMENT_TYPE_SELECT &&
                       is_native(&answer, duck_prepared(statement));
    if (status == STATUS_OK && (answer.is_native || type != DUCKDB_STATEMENT_TYPE_SELECT)) {
        status = write_as_it_is(&answer, statement, type, fault);
    } else if (status == STATUS_OK) {
        status = write_select(&answer, sql, duck_prepared(statement), fault);
    }
    *rows = answer.rows;
    for (size_t i = 0; answer.columns && i < answer.column_count; i++) {
        free(answer.columns[i].name);
    }
    free(answer.columns);
    duck_statement_close(statement);
    return status;
}
