#include "app/time_range.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"
#include "lake/lake_schema.h"
#include "lake/schema_json.h"
#include "lake/schema_names.h"
#include "lake/schema_print.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    TEXT_BYTES_MAX = 256 << 20,
    FLUSH_BYTES = 64 * 1024,
    PLAN_BYTES_MAX = 16 << 20,
    PLAN_ARENA_BYTES = 128 << 20,
    EXIT_NO = 1,      /* it does not conform */
    EXIT_UNKNOWN = 2, /* it cannot be told */
};

/* One run of the command. */
struct run {
    const struct cmd_context *context;
    struct data_folder data;
    uint64_t seed;
    struct buf out;
    bool is_json;
    uint64_t told; /* events, changes or findings that were printed */
};

static void flush(struct run *run, size_t above)
{
    if (run->out.len > above) {
        cmd_write(run->context->out_fd, buf_view(&run->out));
        buf_clear(&run->out);
    }
}

/* In front of what is printed of a list. */
static void begin_one(struct run *run)
{
    flush(run, FLUSH_BYTES);
    buf_append_text(&run->out, run->is_json && run->told > 0 ? "," : "");
    run->told++;
}

static void on_note(void *self, const char *sentence)
{
    const struct run *run = self;
    dprintf(run->context->err_fd, "pipes: %s\n", sentence);
}

static enum status gather(struct run *run, int64_t from_ms, int64_t to_ms,
                          struct schema_stats **stats, struct fault *fault)
{
    struct lake_schema_range range = {.data_fd = run->data.fd,
                                      .data = run->context->config->data,
                                      .duckdb = run->context->config->duckdb,
                                      .seed = run->seed,
                                      .from_ms = from_ms,
                                      .to_ms = to_ms,
                                      .on_note = on_note,
                                      .self = run};
    enum status status = schema_stats_create(stats, run->seed, fault);
    return status == STATUS_OK ? lake_schema_add(&range, *stats, fault) : status;
}

enum { HOUR_MS = 3600000 };

/* The beginning of the hour that the option names; as it was where it is not given. */
static enum status read_hour(const struct run *run, const char *name, const char *text,
                             int64_t *hour_ms, struct fault *fault)
{
    int64_t now_ms = clock_now_ms(run->context->clock);
    enum status status = time_range_read(name, text, now_ms, hour_ms, fault);
    *hour_ms -= *hour_ms % HOUR_MS;
    return status;
}

/* Everything between --from and --to. */
static enum status gather_range(struct run *run, struct schema_stats **stats, struct fault *fault)
{
    int64_t from_ms = 0;
    int64_t to_ms = 0;
    enum status status = read_hour(run, "from", run->context->config->from, &from_ms, fault);
    if (status == STATUS_OK) {
        status = read_hour(run, "to", run->context->config->to, &to_ms, fault);
    }
    if (status == STATUS_OK && to_ms > 0 && to_ms <= from_ms) {
        status = fault_set(fault, STATUS_BAD_INPUT,
                           "there is no full hour between --from %s and --to %s",
                           run->context->config->from, run->context->config->to);
    }
    return status == STATUS_OK ? gather(run, from_ms, to_ms, stats, fault) : status;
}

/* By its name; what has no name, by its type. */
static bool is_wanted(const struct run *run, const struct schema_event_key *key)
{
    const char *wanted = run->context->config->event;
    return wanted[0] == 0 || view_is(key->name.len > 0 ? key->name : key->type, wanted);
}

static enum status refuse_event(const struct run *run, const struct schema_stats *stats,
                                struct fault *fault)
{
    struct view wanted = view_from_text(run->context->config->event);
    struct view alike = {0};
    for (struct schema_event *one = schema_stats_first(stats); one; one = one->next) {
        bool is_alike = schema_names_are_alike(one->key.name, wanted);
        alike = is_alike ? one->key.name : alike;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "no event %.80s came%s%.*s%s", wanted.at,
                     alike.len > 0 ? "; did you mean " : "", VIEW_ARG(view_part(alike, 0, 80)),
                     alike.len > 0 ? "?" : "; `pipes schema` lists all");
}

static void print_list(struct run *run, struct schema_stats *stats)
{
    if (run->is_json) {
        buf_append_byte(&run->out, '{');
        schema_json_totals(&run->out, stats);
        buf_append_text(&run->out, ",\"events\":[");
    }
    for (struct schema_event *one = schema_stats_first(stats); one; one = one->next) {
        if (!is_wanted(run, &one->key)) {
            continue;
        }
        begin_one(run);
        if (run->is_json) {
            schema_json_event(&run->out, one);
        } else {
            schema_print_event(&run->out, one);
        }
    }
    if (run->is_json) {
        buf_append_text(&run->out, "]}\n");
    } else {
        schema_print_totals(&run->out, stats);
    }
}

static enum status list(struct run *run, struct fault *fault)
{
    struct schema_stats *stats = NULL;
    enum status status = gather_range(run, &stats, fault);
    if (status == STATUS_OK) {
        status = schema_stats_sort(stats, fault);
    }
    if (status == STATUS_OK) {
        print_list(run, stats);
    }
    if (status == STATUS_OK && run->told == 0 && run->context->config->event[0] != 0) {
        buf_clear(&run->out);
        status = refuse_event(run, stats, fault);
    }
    schema_stats_destroy(stats);
    return status;
}

static void on_change(void *self, const struct schema_change *change)
{
    struct run *run = self;
    if (!is_wanted(run, change->since ? &change->since->key : &change->before->key)) {
        return;
    }
    begin_one(run);
    if (run->is_json) {
        schema_json_change(&run->out, change);
    } else {
        schema_print_change(&run->out, change);
    }
}

static int64_t first_of_all(const struct schema_stats *stats)
{
    int64_t first_ms = INT64_MAX;
    for (struct schema_event *one = schema_stats_first(stats); one; one = one->next) {
        first_ms = one->first_ms < first_ms ? one->first_ms : first_ms;
    }
    return first_ms;
}

static enum status print_diff(struct run *run, int64_t since_ms, struct schema_stats *before,
                              struct schema_stats *since, struct fault *fault)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(since_ms, text);
    if (!schema_stats_first(before)) {
        return fault_set(fault, STATUS_NOT_FOUND, "nothing was received before %s, to compare with",
                         text);
    }
    struct schema_spans spans = {
        .before_ms = since_ms - first_of_all(before),
        .since_ms = clock_now_ms(run->context->clock) - since_ms,
    };
    if (run->is_json) {
        buf_append_format(&run->out, "{\"since\":\"%s\",\"changes\":[", text);
    }
    enum status status = schema_diff(before, since, &spans, on_change, run, fault);
    if (run->is_json) {
        buf_append_text(&run->out, "]}\n");
    } else if (run->told == 0) {
        buf_append_format(&run->out, "Nothing changed since %s.\n", text);
    }
    return status;
}

static enum status diff(struct run *run, struct fault *fault)
{
    int64_t since_ms = 0;
    struct schema_stats *before = NULL;
    struct schema_stats *since = NULL;
    enum status status = read_hour(run, "diff", run->context->config->diff, &since_ms, fault);
    if (status == STATUS_OK) {
        status = gather(run, 0, since_ms, &before, fault);
    }
    if (status == STATUS_OK) {
        status = gather(run, since_ms, 0, &since, fault);
    }
    if (status == STATUS_OK) {
        status = print_diff(run, since_ms, before, since, fault);
    }
    schema_stats_destroy(before);
    schema_stats_destroy(since);
    return status;
}

static void on_finding(void *self, const struct schema_finding *finding)
{
    struct run *run = self;
    if (!is_wanted(run, &finding->key)) {
        return;
    }
    begin_one(run);
    if (run->is_json) {
        schema_json_finding(&run->out, finding);
    } else {
        schema_print_finding(&run->out, finding);
    }
}

static enum status print_check(struct run *run, const struct schema_plan *plan,
                               struct schema_stats *stats, struct fault *fault)
{
    if (run->is_json) {
        buf_append_text(&run->out, "{\"findings\":[");
    }
    enum status status = schema_check(plan, stats, on_finding, run, fault);
    if (run->is_json) {
        buf_append_format(&run->out, "],\"conforms\":%s,", run->told == 0 ? "true" : "false");
        schema_json_totals(&run->out, stats);
        buf_append_text(&run->out, "}\n");
    } else {
        buf_append_format(&run->out, "%s: %llu rows %s.\n", run->context->config->check,
                          (unsigned long long)schema_stats_totals(stats).rows,
                          run->told == 0 ? "conform" : "do NOT all conform");
    }
    return status;
}

static enum status read_plan(struct run *run, struct arena *arena, struct buf *text,
                             struct schema_plan *plan, struct fault *fault)
{
    struct fault why = {0};
    const char *path = run->context->config->check;
    enum status status = file_read(AT_FDCWD, path, text, fault);
    if (status == STATUS_OK) {
        status = schema_plan_read(plan, buf_view(text), run->seed, arena, &why);
    }
    return why.text[0] != 0 ? fault_set(fault, status, "%s: %s", path, why.text) : status;
}

static enum status check(struct run *run, struct fault *fault)
{
    struct arena arena;
    struct buf text;
    struct schema_plan plan;
    struct schema_stats *stats = NULL;
    arena_init(&arena, PLAN_ARENA_BYTES);
    buf_init(&text, PLAN_BYTES_MAX);
    enum status status = read_plan(run, &arena, &text, &plan, fault);
    if (status == STATUS_OK) {
        status = gather_range(run, &stats, fault);
    }
    if (status == STATUS_OK) {
        status = print_check(run, &plan, stats, fault);
    }
    schema_stats_destroy(stats);
    buf_free(&text);
    arena_free(&arena);
    return status;
}

static enum status choose(struct run *run, struct fault *fault)
{
    const struct config *config = run->context->config;
    if (config->check[0] != 0 && config->diff[0] != 0) {
        return fault_set(fault, STATUS_BAD_INPUT, "give either --check or --diff, not both");
    }
    if (config->diff[0] != 0 && (config->from[0] != 0 || config->to[0] != 0)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--diff compares all there is before a time with all since; --from and "
                         "--to go without it");
    }
    return config->diff[0] != 0 ? diff(run, fault)
           : config->check[0]   ? check(run, fault)
                                : list(run, fault);
}

static int run(const struct cmd_context *context)
{
    struct run run = {.context = context,
                      .is_json = view_is(view_from_text(context->config->schema_format), "json")};
    struct fault fault = {0};
    bool is_check = context->config->check[0] != 0;
    buf_init(&run.out, TEXT_BYTES_MAX);
    enum status status =
        data_folder_open(&run.data, context->config->data, DATA_FOLDER_READ, &fault);
    if (status == STATUS_OK) {
        status = lake_schema_seed(run.data.fd, &run.seed, &fault);
    }
    if (status == STATUS_OK) {
        status = choose(&run, &fault);
    }
    if (status == STATUS_OK) {
        flush(&run, 0);
    }
    buf_free(&run.out);
    data_folder_close(&run.data);
    if (status != STATUS_OK) {
        cmd_fail(context, "%s", fault.text);
        return is_check ? EXIT_UNKNOWN : EXIT_NO;
    }
    return is_check && run.told > 0 ? EXIT_NO : 0;
}

const struct command cmd_schema = {
    .name = "schema",
    .summary = "what events and properties there are, what changed, whether it is as planned",
    .usage = "[OPTIONS]",
    .uses = CONFIG_SCHEMA,
    .run = run,
};
