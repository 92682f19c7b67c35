/*
 * generate.c - makes a data folder of events whose every count is known; see `--help`.
 */
#include "base/clock.h"
#include "base/option.h"
#include "bench/lake/lake_out.h"
#include "bench/lake/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20, HELP_BYTES_MAX = 64 * 1024, PATH_BYTES = 4096 };
static const int64_t DAY_MS = 86400000;

struct settings {
    const char *data;
    const char *truth;
    const char *start;
    int64_t events;
    int64_t days;
    int64_t seed;
    int64_t part_rows;
    bool repeats;
    bool drift;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row ROWS[] = {
    {.name = "data",
     .type = OPTION_TEXT,
     .default_text = "build/bench/lake",
     .offset = FIELD(data),
     .value = "DIR",
     .help = "data folder to make; it must not have a lake",
     .uses = 1},
    {.name = "truth",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(truth),
     .value = "FILE",
     .help = "what is in it, as JSON; by itself DIR.truth.json",
     .uses = 1},
    {.name = "events",
     .type = OPTION_NUMBER,
     .default_text = "2000000",
     .offset = FIELD(events),
     .min = 1,
     .max = 100000000,
     .help = "events, each counted once",
     .uses = 1},
    {.name = "days",
     .type = OPTION_NUMBER,
     .default_text = "7",
     .offset = FIELD(days),
     .min = 1,
     .max = TRUTH_DAYS_MAX,
     .help = "over how many days",
     .uses = 1},
    {.name = "start",
     .type = OPTION_TEXT,
     .default_text = "2026-03-02",
     .offset = FIELD(start),
     .value = "YYYY-MM-DD",
     .help = "the first day, UTC",
     .uses = 1},
    {.name = "seed",
     .type = OPTION_NUMBER,
     .default_text = "1",
     .offset = FIELD(seed),
     .min = 1,
     .max = INT32_MAX,
     .help = "the same seed gives the same rows",
     .uses = 1},
    {.name = "part-rows",
     .type = OPTION_NUMBER,
     .default_text = "2000",
     .offset = FIELD(part_rows),
     .min = 1,
     .max = 100000000,
     .help = "rows of a part at most",
     .uses = 1},
    {.name = "repeats",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(repeats),
     .help = "keep what was sent twice, as if the keys had been lost; else it is left out, as the "
             "collector does",
     .uses = 1},
    {.name = "drift",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(drift),
     .help = "clicks, engagement and impressions become events of 10,000 names with 5,000 "
             "properties of any type",
     .uses = 1},
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static int help(void)
{
    struct buf text;
    buf_init(&text, HELP_BYTES_MAX);
    option_append_help(&text, ROWS, ROW_COUNT, 1);
    printf("generate: a lake whose every count is known\n\n%.*s", VIEW_ARG(buf_view(&text)));
    buf_free(&text);
    return 0;
}

static enum status read_start(const struct settings *settings, int64_t *start_ms,
                              struct fault *fault)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%.20sT00:00:00Z", settings->start);
    return clock_parse(text, (size_t)len, start_ms)
               ? STATUS_OK
               : fault_set(fault, STATUS_BAD_INPUT, "--start %s is no day", settings->start);
}

static void report(const struct truth *truth, const char *data, const char *path)
{
    printf("%s: %llu events of %llu visitors in %llu sessions, %llu persons; %llu sent twice\n"
           "%llu rows of %.0f bytes in %llu files; what is true of them: %s\n",
           data, (unsigned long long)truth->events, (unsigned long long)truth->anonymous_ids,
           (unsigned long long)truth->sessions.count, (unsigned long long)truth->persons,
           (unsigned long long)truth->rows.repeats, (unsigned long long)truth->rows.raw,
           (double)truth->rows.bytes / (double)truth->rows.raw,
           (unsigned long long)truth->rows.files, path);
}

static enum status write_all(const struct settings *settings, struct plan *plan,
                             const struct world *world, struct truth *truth, struct fault *fault)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s", settings->truth);
    if (!path[0]) {
        snprintf(path, sizeof(path), "%s.truth.json", settings->data);
    }
    struct lake_out_options options = {.folder = settings->data,
                                       .part_rows = (uint32_t)settings->part_rows,
                                       .has_repeats = settings->repeats};
    plan_sort(plan);
    enum status status = lake_out_write(plan, world, &options, truth, fault);
    if (status == STATUS_OK) {
        status = truth_write(truth, world, path, fault);
    }
    if (status == STATUS_OK) {
        report(truth, settings->data, path);
    }
    return status;
}

static enum status generate(const struct settings *settings, struct fault *fault)
{
    static struct world world;
    static struct truth truth;
    struct plan plan = {0};
    struct plan_options options = {.events = (uint32_t)settings->events,
                                   .days = (uint32_t)settings->days,
                                   .is_drifting = settings->drift};
    enum status status = read_start(settings, &options.start_ms, fault);
    if (status == STATUS_OK && options.start_ms % DAY_MS != 0) {
        status = fault_set(fault, STATUS_BAD_INPUT, "--start is a day without a time");
    }
    world_init(&world, (uint64_t)settings->seed);
    if (status == STATUS_OK) {
        status = truth_init(&truth, options.start_ms, options.days, options.events, fault);
    }
    if (status == STATUS_OK) {
        status = plan_make(&plan, &world, &options, &truth, fault);
    }
    if (status == STATUS_OK) {
        status = write_all(settings, &plan, &world, &truth, fault);
    }
    plan_free(&plan);
    truth_free(&truth);
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
    if (status == STATUS_OK && !set.wants_help) {
        status = generate(&settings, &fault);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "generate: %s\n", fault.text);
    }
    int result = status != STATUS_OK ? 1 : set.wants_help ? help() : 0;
    arena_free(&arena);
    return result;
}
