/*
 * duck_sql.c - DuckDB's shell for tests and measures: runs statements, prints what they answer as
 * JSON, a row a line. None of our own tables, views or limits: what everybody's DuckDB would say.
 *
 *     duck_sql [--threads N] [--memory SIZE] [--spill DIR] SQL...
 */
#include "base/option.h"
#include "lake/duck.h"

#include <stdio.h>

enum { ARENA_BYTES = 1 << 20, SQL_BYTES_MAX = 1 << 20 };

struct settings {
    int64_t threads;
    int64_t memory;
    const char *spill;
    const char *duckdb;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row ROWS[] = {
    {.name = "threads",
     .type = OPTION_NUMBER,
     .default_text = "2",
     .offset = FIELD(threads),
     .min = 1,
     .max = 64,
     .help = "that DuckDB may use",
     .uses = 1},
    {.name = "memory",
     .type = OPTION_SIZE,
     .default_text = "1GiB",
     .offset = FIELD(memory),
     .help = "that DuckDB may take",
     .uses = 1},
    {.name = "spill",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(spill),
     .value = "DIR",
     .help = "where it puts what does not fit",
     .uses = 1},
    {.name = "duckdb",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(duckdb),
     .value = "FILE",
     .help = "the library",
     .uses = 1},
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static void print_chunk(const struct duck_api *api, duckdb_data_chunk chunk)
{
    duckdb_vector vector = api->data_chunk_get_vector(chunk, 0);
    const void *data = api->vector_get_data(vector);
    for (idx_t row = 0; row < api->data_chunk_get_size(chunk); row++) {
        struct view text = duck_text(data, row);
        fwrite(text.at, 1, text.len, stdout);
        putchar('\n');
    }
}

/* Statements that answer with rows become one column of JSON. */
static bool is_asking(struct view sql)
{
    static const char *const WORDS[] = {"select", "with", "from", "pivot"};
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        size_t len = strlen(WORDS[i]);
        if (view_is_ignoring_case(view_part(sql, 0, len), WORDS[i])) {
            return true;
        }
    }
    return false;
}

static enum status run(struct duck *duck, const char *sql, struct fault *fault)
{
    sql += strspn(sql, " \n");
    if (!is_asking(view_from_text(sql))) {
        return duck_exec(duck, sql, fault);
    }
    struct buf asking;
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    buf_init(&asking, SQL_BYTES_MAX);
    buf_append_format(&asking, "select to_json(rows)::varchar from (%s\n) rows", sql);
    buf_append_byte(&asking, 0);
    enum status status = buf_status(&asking);
    if (status == STATUS_OK) {
        status = duck_query(duck, asking.at, &result, fault);
    }
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        print_chunk(duck_api(duck), chunk);
    }
    duck_result_close(result);
    buf_free(&asking);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status run_all(const struct settings *settings, const struct option_set *set,
                           struct fault *fault)
{
    struct duck *duck = NULL;
    struct duck_options options = {
        .library = settings->duckdb,
        .memory_bytes = (uint64_t)settings->memory,
        .threads = (unsigned)settings->threads,
        .temp_folder = settings->spill[0] ? settings->spill : NULL,
    };
    enum status status = duck_open(&duck, &options, fault);
    for (size_t i = 0; i < set->positional_count && status == STATUS_OK; i++) {
        status = run(duck, set->positionals[i], fault);
    }
    duck_close(duck);
    return status;
}

int main(int count, char **words)
{
    struct settings settings;
    struct arena arena;
    struct fault fault = {0};
    static struct option_set set;
    arena_init(&arena, ARENA_BYTES);
    option_set_init(&set, ROWS, ROW_COUNT, &settings, &arena);
    enum status status = option_set_defaults(&set, &fault);
    if (status == STATUS_OK) {
        status = option_read_flags(&set, 1, count - 1, words + 1, &fault);
    }
    if (status == STATUS_OK) {
        status = run_all(&settings, &set, &fault);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "duck_sql: %s\n", fault.text);
    }
    arena_free(&arena);
    return status == STATUS_OK ? 0 : 1;
}
