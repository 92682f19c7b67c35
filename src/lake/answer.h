/*
 * answer.h - asks DuckDB one statement and writes what it answers, in a format for people or for
 * programs.
 *
 *     table     columns for people; what a terminal would act on is shown as \x1b
 *     csv       RFC 4180, a head of names; NULL is empty, an empty text is ""
 *     json      one array of objects;  ndjson: an object a line
 *     parquet   zstd; DuckDB writes it to `pipe_path`
 *     arrow     an IPC stream
 *
 * Times are RFC 3339 in UTC with milliseconds. In json and ndjson the events' JSON columns are JSON
 * byte for byte, nested values are nested, infinite numbers are null.
 *
 *     struct answer_options options = {.format = ANSWER_CSV, .out_fd = 1};
 *     answer_write(duck, VIEW_LITERAL("select 42 as n"), &options, &rows, &fault);
 */
#ifndef PIPES_LAKE_ANSWER_H
#define PIPES_LAKE_ANSWER_H

#include "lake/duck.h"

#include <stdbool.h>

enum answer_format {
    ANSWER_TABLE,
    ANSWER_CSV,
    ANSWER_JSON,
    ANSWER_NDJSON,
    ANSWER_PARQUET,
    ANSWER_ARROW,
};

struct answer_options {
    enum answer_format format;
    int out_fd;
    const char *pipe_path; /* of parquet: a path by which DuckDB may open the pipe it writes to */
    bool omits_nulls;      /* of json and ndjson: a member without a value is left out */
    bool omits_head;       /* of csv */
};

/* What does not answer with rows (create temp table ...) is run, and nothing is written. *rows is
 * not counted for parquet. */
enum status answer_write(struct duck *duck, struct view sql, const struct answer_options *options,
                         uint64_t *rows, struct fault *fault) MUST_CHECK;
/* False for a name that is no format. */
bool answer_format_find(const char *name, enum answer_format *format);

/* --- inside: between answer.c and those who write a format --- */

enum answer_kind {
    ANSWER_TEXT,
    ANSWER_NUMBER, /* a JSON number */
    ANSWER_RAW,    /* JSON */
};

struct answer_column {
    char *name;
    enum answer_kind kind;
    duckdb_type type; /* of the statement's own column */
};

struct answer {
    struct duck *duck;
    const struct answer_options *options;
    struct answer_column *columns;
    size_t column_count;
    bool is_plan;   /* of explain */
    bool is_native; /* columns are of their own types: BIGINT or VARCHAR */
    uint64_t rows;
};

/* Every column of the result is VARCHAR, but see is_native. */
enum status answer_text_write(struct answer *answer, struct duck_result *result,
                              struct fault *fault) MUST_CHECK;

#endif
