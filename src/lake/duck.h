/*
 * duck.h - one DuckDB in memory: SQL in, rows out a chunk at a time, stopped from any thread.
 *
 * Only commands and child processes open one, never the collector. It fetches nothing: no
 * extension is installed or loaded. memory_bytes is what DuckDB allows itself; the process takes
 * some more (what the caller's own sources hold, the allocator's slack).
 *
 *     struct duck_options options = {.memory_bytes = 256 << 20, .threads = 1};
 *     duck_open(&duck, &options, &fault);
 *     duck_exec(duck, "set timezone = 'UTC'", &fault);
 *     duck_query(duck, "select 42", &result, &fault);
 *     while (duck_result_next(result, &chunk, &fault) == STATUS_OK) { ... }
 *     duck_result_close(result);
 *     duck_close(duck);
 *
 * Failures: STATUS_BAD_INPUT when the SQL is not understood or a value does not fit,
 * STATUS_NO_MEMORY over the memory, STATUS_FULL when the disk is full, STATUS_BUSY when it was
 * interrupted, else STATUS_IO.
 */
#ifndef PIPES_LAKE_DUCK_H
#define PIPES_LAKE_DUCK_H

#include "base/status.h"
#include "base/view.h"
#include "lake/duck_library.h"

struct duck;
struct duck_result;
struct duck_statement;

struct duck_options {
    const char *library;     /* NULL or empty: looked for */
    uint64_t memory_bytes;   /* 0: DuckDB's own default */
    unsigned threads;        /* 0: one */
    const char *temp_folder; /* where it may spill to; NULL: nowhere */
    uint64_t temp_bytes;     /* and how much; 0: as much as there is room */
};

enum status duck_open(struct duck **duck, const struct duck_options *options, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void duck_close(struct duck *duck);

/* For what has no function here. Valid as long as the duck. */
const struct duck_api *duck_api(const struct duck *duck);
duckdb_connection duck_connection(const struct duck *duck);

/* What DuckDB said below the sentence of the last failure with STATUS_BAD_INPUT: names that there
 * are, and the place in the SQL with a caret below it. Lines, the last one without its end; empty
 * when there was nothing. Valid until the next failure. */
const char *duck_detail(const struct duck *duck);
/* On which line of what its author wrote the next statements begin, for duck_detail(); 1 unless
 * said, 0 for SQL that has a line before it. */
void duck_begin_at(struct duck *duck, int line);
int duck_first_line(const struct duck *duck);

/* Runs one statement or several, and drops what they answer. */
enum status duck_exec(struct duck *duck, const char *sql, struct fault *fault) MUST_CHECK;
enum status duck_exec_format(struct duck *duck, struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_CHECK;

/* One statement with parameters ($1, $2, ...), counted from 1. */
enum status duck_prepare(struct duck *duck, const char *sql, struct duck_statement **statement,
                         struct fault *fault) MUST_CHECK;
enum status duck_bind_text(struct duck_statement *statement, unsigned index, struct view text,
                           struct fault *fault) MUST_CHECK;
enum status duck_bind_int64(struct duck_statement *statement, unsigned index, int64_t number,
                            struct fault *fault) MUST_CHECK;
/* For what has no function here. */
duckdb_prepared_statement duck_prepared(const struct duck_statement *statement);
/* Begins it; rows come as they are found. */
enum status duck_run(struct duck_statement *statement, struct duck_result **result,
                     struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void duck_statement_close(struct duck_statement *statement);

/* Prepares and begins one statement; rows come as they are found. */
enum status duck_query(struct duck *duck, const char *sql, struct duck_result **result,
                       struct fault *fault) MUST_CHECK;
/* The next rows, lent until the next call. STATUS_END behind the last. */
enum status duck_result_next(struct duck_result *result, duckdb_data_chunk *chunk,
                             struct fault *fault) MUST_CHECK;
/* For names and types of columns. */
duckdb_result *duck_result_get(struct duck_result *result);
/* Accepts NULL. */
void duck_result_close(struct duck_result *result);
/* The one number that a statement answers with (NULL gives 0). */
enum status duck_query_int64(struct duck *duck, const char *sql, int64_t *number,
                             struct fault *fault) MUST_CHECK;

/* From any thread (not from a signal handler): what runs fails with STATUS_BUSY. */
void duck_interrupt(struct duck *duck);
/* From any thread: per cent of what runs; negative when it cannot be told. */
double duck_progress(struct duck *duck);

/* Text of a VARCHAR (BLOB, JSON) vector's row: borrowed from the chunk. */
static inline struct view duck_text(const void *data, idx_t row)
{
    const duckdb_string_t *text = (const duckdb_string_t *)data + row;
    uint32_t len = text->value.inlined.length;
    return view_make(len <= sizeof(text->value.inlined.inlined) ? text->value.inlined.inlined
                                                                : text->value.pointer.ptr,
                     len);
}

/* Whether a row of a vector has a value; `validity` as vector_get_validity() gives it. */
static inline bool duck_is_valid(const uint64_t *validity, idx_t row)
{
    return !validity || (validity[row / 64] >> (row % 64) & 1) != 0;
}

/* Appends a text as an SQL literal, quotes doubled. */
struct buf;
enum status duck_append_literal(struct buf *sql, struct view text);
/* The same as an identifier, in double quotes. */
enum status duck_append_name(struct buf *sql, struct view name);

#endif
