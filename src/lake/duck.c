#include "lake/duck.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { DETAIL_BYTES = 1024 };

struct duck {
    const struct duck_api *api;
    duckdb_database database;
    duckdb_connection connection;
    int first_line; /* of what was written, on which statements begin */
    char detail[DETAIL_BYTES];
};

struct duck_statement {
    struct duck *duck;
    duckdb_prepared_statement prepared;
};

struct duck_result {
    struct duck *duck;
    struct duck_statement *statement; /* its own, of duck_query(); NULL otherwise */
    duckdb_result result;
    duckdb_data_chunk chunk;
};

/* Values of rows stand in it, too: nothing that a terminal would act on. */
static void tame(char *text)
{
    for (; *text; text++) {
        bool is_high = (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;
        if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f || is_high) {
            *text = is_high ? ' ' : '?';
            text[is_high] = is_high && text[1] ? '?' : text[is_high];
        }
    }
}

/* "LINE 2: select pirce from events", and below it a caret: both move by what the number gains. */
static void note_line(struct duck *duck, struct buf *detail, struct view line, long *shift)
{
    struct view rest = line;
    struct view head = view_cut(&rest, ':');
    uint64_t number;
    size_t before = detail->len;
    bool is_place =
        view_starts_with(head, "LINE ") && view_to_uint64(view_part(head, 5, head.len), &number);
    if (is_place) {
        buf_append_format(detail, "LINE %lld:%.*s", (long long)number + duck->first_line - 1,
                          VIEW_ARG(rest));
        *shift = (long)(detail->len - before) - (long)line.len;
    } else {
        for (; *shift > 0; --*shift) {
            buf_append_byte(detail, ' ');
        }
        buf_append_view(detail, view_part(line, (size_t) - *shift, line.len));
        *shift = 0;
    }
    buf_append_byte(detail, '\n');
}

static void note_detail(struct duck *duck, struct view lines)
{
    struct buf detail;
    long shift = 0;
    buf_init(&detail, DETAIL_BYTES - 1);
    while (lines.len > 0 && buf_status(&detail) == STATUS_OK) {
        struct view line = view_cut(&lines, '\n');
        size_t whole = detail.len;
        if (line.len > 0) {
            note_line(duck, &detail, line, &shift);
        }
        detail.len = buf_status(&detail) == STATUS_OK ? detail.len : whole;
    }
    memcpy(duck->detail, detail.at ? detail.at : "", detail.len);
    duck->detail[detail.len > 0 ? detail.len - 1 : 0] = 0;
    tame(duck->detail);
    buf_free(&detail);
}

/* DuckDB's first line is the sentence; what stands below it is kept for who asks. */
static enum status fail(struct duck *duck, enum status status, const char *text,
                        struct fault *fault)
{
    struct view all = view_from_text(text ? text : "no reason given");
    struct view line = view_cut(&all, '\n');
    if (memmem(line.at, line.len, "No space left", 13)) {
        status = STATUS_FULL;
    }
    note_detail(duck, status == STATUS_BAD_INPUT ? all : view_make(NULL, 0));
    fault_set(fault, status, "%.*s", VIEW_ARG(line));
    if (fault) {
        tame(fault->text);
    }
    return status;
}

static enum status of_error(duckdb_error_type type)
{
    switch (type) {
    case DUCKDB_ERROR_INTERRUPT:
        return STATUS_BUSY;
    case DUCKDB_ERROR_OUT_OF_MEMORY:
        return STATUS_NO_MEMORY;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_FATAL:
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_SERIALIZATION:
        return STATUS_IO;
    default:
        return STATUS_BAD_INPUT;
    }
}

static enum status result_fault(struct duck *duck, duckdb_result *result, struct fault *fault)
{
    const struct duck_api *api = duck->api;
    return fail(duck, of_error(api->result_error_type(result)), api->result_error(result), fault);
}

static enum status set_number(const struct duck_api *api, duckdb_config config, const char *name,
                              uint64_t number, const char *unit, struct fault *fault)
{
    char text[48];
    snprintf(text, sizeof(text), "%llu%s", (unsigned long long)number, unit);
    return number == 0 || api->set_config(config, name, text) == DuckDBSuccess
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "DuckDB does not take %s = %s", name, text);
}

static enum status configure(const struct duck_api *api, duckdb_config config,
                             const struct duck_options *options, struct fault *fault)
{
    const char *const settings[][2] = {
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        /* What it reads of files it reads once: copies cost a tenth of a query's time. */
        {"enable_external_file_cache", "false"},
        {"temp_directory", options->temp_folder ? options->temp_folder : ""},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (api->set_config(config, settings[i][0], settings[i][1]) != DuckDBSuccess) {
            return fault_set(fault, STATUS_IO, "DuckDB does not take %s", settings[i][0]);
        }
    }
    enum status status =
        set_number(api, config, "threads", options->threads ? options->threads : 1, "", fault);
    if (status == STATUS_OK) {
        status = set_number(api, config, "memory_limit", options->memory_bytes, "B", fault);
    }
    return status == STATUS_OK
               ? set_number(api, config, "max_temp_directory_size", options->temp_bytes, "B", fault)
               : status;
}

static enum status open_database(struct duck *duck, const struct duck_options *options,
                                 struct fault *fault)
{
    const struct duck_api *api = duck->api;
    duckdb_config config = NULL;
    if (api->create_config(&config) != DuckDBSuccess) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for DuckDB");
    }
    char *reason = NULL;
    enum status status = configure(api, config, options, fault);
    if (status == STATUS_OK &&
        api->open_ext(NULL, &duck->database, config, &reason) != DuckDBSuccess) {
        status = fault_set(fault, STATUS_IO, "DuckDB does not open: %s", reason ? reason : "?");
    }
    api->free(reason);
    api->destroy_config(&config);
    if (status == STATUS_OK && api->connect(duck->database, &duck->connection) != DuckDBSuccess) {
        status = fault_set(fault, STATUS_IO, "DuckDB opens, but does not connect");
    }
    return status;
}

enum status duck_open(struct duck **duck, const struct duck_options *options, struct fault *fault)
{
    struct duck *made = calloc(1, sizeof(*made));
    *duck = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for DuckDB");
    }
    made->first_line = 1;
    enum status status = duck_library_load(&made->api, options->library, fault);
    status = status == STATUS_OK ? open_database(made, options, fault) : status;
    if (status != STATUS_OK) {
        duck_close(made);
        return status;
    }
    *duck = made;
    return STATUS_OK;
}

void duck_close(struct duck *duck)
{
    if (!duck) {
        return;
    }
    if (duck->connection) {
        duck->api->disconnect(&duck->connection);
    }
    if (duck->database) {
        duck->api->close(&duck->database);
    }
    free(duck);
}

const struct duck_api *duck_api(const struct duck *duck)
{
    return duck->api;
}

duckdb_connection duck_connection(const struct duck *duck)
{
    return duck->connection;
}

const char *duck_detail(const struct duck *duck)
{
    return duck->detail;
}

void duck_begin_at(struct duck *duck, int line)
{
    duck->first_line = line;
}

int duck_first_line(const struct duck *duck)
{
    return duck->first_line;
}

enum status duck_exec(struct duck *duck, const char *sql, struct fault *fault)
{
    duckdb_result result = {0};
    enum status status = STATUS_OK;
    if (duck->api->query(duck->connection, sql, &result) != DuckDBSuccess) {
        status = result_fault(duck, &result, fault);
    }
    duck->api->destroy_result(&result);
    return status;
}

enum status duck_exec_format(struct duck *duck, struct fault *fault, const char *format, ...)
{
    char *sql = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&sql, format, args);
    va_end(args);
    enum status status = len >= 0 ? duck_exec(duck, sql, fault)
                                  : fault_set(fault, STATUS_NO_MEMORY, "no memory for a statement");
    if (len >= 0) {
        free(sql);
    }
    return status;
}

enum status duck_prepare(struct duck *duck, const char *sql, struct duck_statement **statement,
                         struct fault *fault)
{
    struct duck_statement *made = calloc(1, sizeof(*made));
    *statement = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a statement");
    }
    made->duck = duck;
    if (duck->api->prepare(duck->connection, sql, &made->prepared) != DuckDBSuccess) {
        enum status status =
            fail(duck, STATUS_BAD_INPUT, duck->api->prepare_error(made->prepared), fault);
        duck_statement_close(made);
        return status;
    }
    *statement = made;
    return STATUS_OK;
}

void duck_statement_close(struct duck_statement *statement)
{
    if (statement) {
        statement->duck->api->destroy_prepare(&statement->prepared);
        free(statement);
    }
}

duckdb_prepared_statement duck_prepared(const struct duck_statement *statement)
{
    return statement->prepared;
}

static enum status bound(duckdb_state state, unsigned index, struct fault *fault)
{
    return state == DuckDBSuccess
               ? STATUS_OK
               : fault_set(fault, STATUS_BAD_INPUT, "the statement has no parameter $%u", index);
}

enum status duck_bind_text(struct duck_statement *statement, unsigned index, struct view text,
                           struct fault *fault)
{
    const struct duck_api *api = statement->duck->api;
    const char *at = text.at ? text.at : "";
    return bound(api->bind_varchar_length(statement->prepared, index, at, text.len), index, fault);
}

enum status duck_bind_int64(struct duck_statement *statement, unsigned index, int64_t number,
                            struct fault *fault)
{
    const struct duck_api *api = statement->duck->api;
    return bound(api->bind_int64(statement->prepared, index, number), index, fault);
}

enum status duck_run(struct duck_statement *statement, struct duck_result **result,
                     struct fault *fault)
{
    const struct duck_api *api = statement->duck->api;
    struct duck_result *made = calloc(1, sizeof(*made));
    *result = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for an answer");
    }
    made->duck = statement->duck;
    duckdb_pending_result pending = NULL;
    enum status status = STATUS_OK;
    if (api->pending_prepared_streaming(statement->prepared, &pending) != DuckDBSuccess) {
        status = fail(made->duck, STATUS_BAD_INPUT, api->pending_error(pending), fault);
    } else if (api->execute_pending(pending, &made->result) != DuckDBSuccess) {
        status = result_fault(made->duck, &made->result, fault);
    }
    api->destroy_pending(&pending);
    if (status != STATUS_OK) {
        duck_result_close(made);
        return status;
    }
    *result = made;
    return STATUS_OK;
}

enum status duck_query(struct duck *duck, const char *sql, struct duck_result **result,
                       struct fault *fault)
{
    struct duck_statement *statement;
    *result = NULL;
    enum status status = duck_prepare(duck, sql, &statement, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = duck_run(statement, result, fault);
    if (status == STATUS_OK) {
        (*result)->statement = statement;
    } else {
        duck_statement_close(statement);
    }
    return status;
}

enum status duck_result_next(struct duck_result *result, duckdb_data_chunk *chunk,
                             struct fault *fault)
{
    const struct duck_api *api = result->duck->api;
    if (result->chunk) {
        api->destroy_data_chunk(&result->chunk);
    }
    result->chunk = api->fetch_chunk(result->result);
    *chunk = result->chunk;
    if (result->chunk && api->data_chunk_get_size(result->chunk) > 0) {
        return STATUS_OK;
    }
    const char *reason = api->result_error(&result->result);
    return reason && reason[0] ? result_fault(result->duck, &result->result, fault) : STATUS_END;
}

duckdb_result *duck_result_get(struct duck_result *result)
{
    return &result->result;
}

void duck_result_close(struct duck_result *result)
{
    if (!result) {
        return;
    }
    if (result->chunk) {
        result->duck->api->destroy_data_chunk(&result->chunk);
    }
    result->duck->api->destroy_result(&result->result);
    duck_statement_close(result->statement);
    free(result);
}

static enum status take_int64(struct duck_result *result, int64_t *number, struct fault *fault)
{
    const struct duck_api *api = result->duck->api;
    duckdb_data_chunk chunk;
    enum status status = duck_result_next(result, &chunk, fault);
    if (status != STATUS_OK) {
        return status == STATUS_END ? STATUS_OK : status;
    }
    if (api->column_type(&result->result, 0) != DUCKDB_TYPE_BIGINT) {
        return fault_set(fault, STATUS_BAD_INPUT, "the statement does not answer with a BIGINT");
    }
    duckdb_vector vector = api->data_chunk_get_vector(chunk, 0);
    if (duck_is_valid(api->vector_get_validity(vector), 0)) {
        *number = *(const int64_t *)api->vector_get_data(vector);
    }
    return STATUS_OK;
}

enum status duck_query_int64(struct duck *duck, const char *sql, int64_t *number,
                             struct fault *fault)
{
    struct duck_result *result;
    *number = 0;
    enum status status = duck_query(duck, sql, &result, fault);
    if (status == STATUS_OK) {
        status = take_int64(result, number, fault);
        duck_result_close(result);
    }
    return status;
}

void duck_interrupt(struct duck *duck)
{
    duck->api->interrupt(duck->connection);
}

double duck_progress(struct duck *duck)
{
    return duck->api->query_progress(duck->connection).percentage;
}

static enum status append_quoted(struct buf *sql, struct view text, char quote)
{
    buf_append_byte(sql, quote);
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == quote) {
            buf_append_byte(sql, quote);
        }
        buf_append_byte(sql, text.at[i]);
    }
    return buf_append_byte(sql, quote);
}

enum status duck_append_literal(struct buf *sql, struct view text)
{
    return append_quoted(sql, text, '\'');
}

enum status duck_append_name(struct buf *sql, struct view name)
{
    return append_quoted(sql, name, '"');
}
