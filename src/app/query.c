#include "app/query.h"

#include "app/confined.h"
#include "app/pipe_pump.h"
#include "app/query_watch.h"
#include "base/buf.h"
#include "lake/sql_script.h"
#include "lake/views.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SQL_BYTES_MAX = 64 * 1024 * 1024 };

struct query {
    const struct query_options *options;
    struct snapshot *snapshot;
    struct duck *duck;
    struct views views;
    struct pipe_pump pump; /* of parquet */
    bool is_late;
    bool was_damaged; /* said once */
};

void query_raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void on_damage(void *self, const char *file, uint64_t offset, uint64_t end,
                      const char *reason)
{
    struct query *query = self;
    if (!query->was_damaged) {
        dprintf(query->options->err_fd,
                "pipes: journal segment %s is damaged from byte %llu to %llu (%s) and is passed "
                "over there; `pipes verify` shows all of it\n",
                file, (unsigned long long)offset, (unsigned long long)end, reason);
    }
    query->was_damaged = true;
}

static bool shows_progress(const struct query *query)
{
    return isatty(query->options->err_fd);
}

static enum status open_duck(struct query *query, const struct confined_place *place,
                             struct fault *fault)
{
    const struct query_options *options = query->options;
    struct duck_options duck = {.library = options->library,
                                .memory_bytes = (uint64_t)options->memory_bytes,
                                .threads = options->threads,
                                .temp_folder = place->temp_folder};
    enum status status = duck_open(&query->duck, &duck, fault);
    if (status == STATUS_OK && shows_progress(query)) {
        status = duck_exec(query->duck,
                           "set enable_progress_bar = true; set enable_progress_bar_print = false",
                           fault);
    }
    if (status == STATUS_OK) {
        const struct views_options views = {
            .range = options->range, .threads = options->threads, .has_promoted = true};
        status = views_open(&query->views, query->duck, query->snapshot, &views, fault);
    }
    return status == STATUS_OK ? views_create(&query->views, options->sql, fault) : status;
}

/* The right to write is given up, the file system is closed to SQL, and then it may come. */
static enum status open_all(struct query *query, const struct confined_place *place,
                            struct fault *fault)
{
    bool is_parquet = query->options->format == ANSWER_PARQUET;
    enum status status = STATUS_OK;
    if (is_parquet && !place->has_landlock) {
        return fault_set(fault, STATUS_IO,
                         "parquet needs a kernel with Landlock, for DuckDB writes it by itself; "
                         "choose --format arrow or csv");
    }
    if (is_parquet) {
        status = pipe_pump_open(&query->pump, query->options->out_fd, fault);
    }
    if (status == STATUS_OK) {
        status = open_duck(query, place, fault);
    }
    return status == STATUS_OK
               ? views_lock(&query->views, is_parquet ? query->pump.path : NULL, fault)
               : status;
}

/* For what errors say of lines: where in the script this statement begins. */
static void tell_line(struct query *query, struct view statement)
{
    int line = 1;
    for (const char *at = query->options->sql.at; at < statement.at; at++) {
        line += *at == '\n';
    }
    duck_begin_at(query->duck, line);
}

static enum status run_statement(struct query *query, struct view statement, struct fault *fault)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_view(&sql, statement);
    tell_line(query, statement);
    enum status status = buf_append_byte(&sql, 0) == STATUS_OK
                             ? duck_exec(query->duck, sql.at, fault)
                             : fault_set(fault, STATUS_TOO_BIG, "the statement is too long");
    buf_free(&sql);
    return status;
}

static enum status run_script(struct query *query, struct fault *fault)
{
    struct view rest = query->options->sql;
    struct view statement;
    struct view next;
    struct answer_options answer = {.format = query->options->format,
                                    .out_fd = query->options->out_fd,
                                    .pipe_path = query->pump.path};
    if (!sql_script_next(&rest, &statement)) {
        return fault_set(fault, STATUS_BAD_INPUT, "there is no statement in this");
    }
    enum status status = STATUS_OK;
    while (status == STATUS_OK && sql_script_next(&rest, &next)) {
        status = run_statement(query, statement, fault);
        statement = next;
    }
    uint64_t rows;
    tell_line(query, statement);
    return status == STATUS_OK ? answer_write(query->duck, statement, &answer, &rows, fault)
                               : status;
}

/* What to do next, for what people run into. */
static const char *advice(const struct query *query, enum status status, const char *text)
{
    if (query->is_late) {
        return ". It was stopped after --limit-time: give it more, or ask for a shorter time "
               "(--from, --to)";
    }
    if (status == STATUS_NO_MEMORY) {
        return ". Give it more with --limit-memory, or ask for a shorter time (--from, --to)";
    }
    if (strstr(text, "Table with name") || strstr(text, "Table Function with name")) {
        return ". There are: events, events_all, sessions, page_views, users, identities, "
               "person_events, funnel(), retention()";
    }
    if (strstr(text, "disabled by configuration") ||
        strstr(text, "disabled through configuration") || strstr(text, "has been locked")) {
        return ". A query reads the lake and nothing else; to write its answer to a file use "
               "--format and the shell's >";
    }
    if (strstr(text, "Referenced column")) {
        return ". `describe events` lists the columns; what the site sent is in properties: "
               "properties ->> '$.price'";
    }
    return "";
}

/* Below the sentence, a little to the right: names that there are, the place with its caret. */
static void print_detail(const struct query *query)
{
    struct view lines = query->duck ? view_from_text(duck_detail(query->duck)) : view_make(NULL, 0);
    while (lines.len > 0) {
        struct view line = view_cut(&lines, '\n');
        dprintf(query->options->err_fd, "  %.*s\n", VIEW_ARG(line));
    }
}

/* A pipe's end sends a signal, which ends the process; a socket may tell by an error only. */
static bool is_reader_gone(const struct query *query)
{
    struct pollfd end = {.fd = query->options->out_fd, .events = POLLOUT};
    return poll(&end, 1, 0) == 1 && (end.revents & (POLLERR | POLLHUP)) != 0;
}

static int work(void *self, const struct confined_place *place)
{
    struct query *query = self;
    struct fault fault = {0};
    struct query_watch watch = {.limit_ms = query->options->time_ms,
                                .err_fd = query->options->err_fd,
                                .shows_progress = shows_progress(query)};
    enum status status = open_all(query, place, &fault);
    if (status == STATUS_OK) {
        watch.duck = query->duck;
        query_watch_start(&watch);
        status = run_script(query, &fault);
        query->is_late = query_watch_stop(&watch) && status != STATUS_OK;
    }
    struct fault pump_fault = {0};
    if (pipe_pump_close(&query->pump, &pump_fault) != STATUS_OK && status == STATUS_OK) {
        status = STATUS_IO;
        fault = pump_fault;
    }
    if (status == STATUS_IO && is_reader_gone(query)) {
        return 128 + SIGPIPE; /* as a shell says it */
    }
    if (status != STATUS_OK) {
        dprintf(query->options->err_fd, "pipes: %s%s\n", fault.text,
                advice(query, status, fault.text));
        if (status == STATUS_BAD_INPUT) {
            print_detail(query);
        }
    }
    /* The process ends: what it holds goes with it. */
    return status == STATUS_OK ? 0 : 1;
}

static bool take_snapshot(void *self)
{
    struct query *query = self;
    const struct query_options *options = query->options;
    struct fault fault = {0};
    struct snapshot_options snapshot = {.range = options->range,
                                        .spill_folder = getenv("TMPDIR"),
                                        .on_damage = on_damage,
                                        .self = query};
    bool is_taken =
        snapshot_open(&query->snapshot, options->data_fd, &snapshot, &fault) == STATUS_OK;
    if (!is_taken) {
        dprintf(options->err_fd, "pipes: %s\n", fault.text);
    }
    return is_taken;
}

int query_run(const struct query_options *options)
{
    struct query query = {.options = options};
    struct confined_options confined = {.data_fd = options->data_fd,
                                        .err_fd = options->err_fd,
                                        .library = options->library,
                                        .prepare = take_snapshot,
                                        .work = work,
                                        .self = &query};
    query_raise_file_limit();
    return confined_run(&confined);
}
