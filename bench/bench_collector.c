/*
 * bench_collector.c - the collector under load, beside nginx on the same core; see `--help`.
 *
 * Servers run on core 0, the load on core 1. Every row starts its servers anew, in a folder on the
 * disk of TMPDIR or /var/tmp that is removed when it is over.
 */
#include "base/option.h"
#include "collector/bench.h"
#include "collector/certificate.h"
#include "collector/process.h"
#include "fault/fault_base.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ARENA_BYTES = 1 << 20, HELP_BYTES_MAX = 64 * 1024, ROUNDS = 7, QUICK_ROUNDS = 3 };

static const uint64_t FREE_BYTES_LEAST = 10ULL << 30;
static const char RESULTS[] = "bench/results";

struct settings {
    bool quick;
    const char *only;
    int64_t rounds;
    int64_t milliseconds;
    bool save;
    bool longer;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row ROWS[] = {
    {.name = "quick",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(quick),
     .help = "short loads and few rounds: shows that all works",
     .uses = 1},
    {.name = "only",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(only),
     .value = "NAME,...",
     .help = "these rows",
     .uses = 1},
    {.name = "rounds",
     .type = OPTION_NUMBER,
     .default_text = "0",
     .offset = FIELD(rounds),
     .min = 0,
     .max = 100,
     .help = "of each row; 0: 7, or 3 with --quick",
     .uses = 1},
    {.name = "slice",
     .type = OPTION_DURATION,
     .default_text = "0ms",
     .offset = FIELD(milliseconds),
     .min = 0,
     .max = 3600000,
     .help = "how long each load of a round is; 0: 1s, or 400ms with --quick",
     .uses = 1},
    {.name = "save",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(save),
     .help = "append the report to bench/results/DATE-collector.txt",
     .uses = 1},
    {.name = "long",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(longer),
     .help = "with the rows that take minutes",
     .uses = 1},
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

static void print_help(void)
{
    struct buf text;
    buf_init(&text, HELP_BYTES_MAX);
    option_append_help(&text, ROWS, ROW_COUNT, 1);
    printf("bench_collector: the collector under load, beside nginx\n\n%.*s\nrows:\n",
           VIEW_ARG(buf_view(&text)));
    for (const struct bench_row *row = bench_rows; row->name; row++) {
        printf("  %-10s %s%s\n", row->name, row->title, row->is_long ? " (--long)" : "");
    }
    buf_free(&text);
}

static const struct bench_row *find_row(struct view name)
{
    for (const struct bench_row *row = bench_rows; row->name; row++) {
        if (view_is(name, row->name)) {
            return row;
        }
    }
    return NULL;
}

static enum status check_names(const char *only, struct fault *fault)
{
    struct view rest = view_from_text(only);
    while (rest.len > 0) {
        struct view name = view_cut(&rest, ',');
        if (!find_row(name)) {
            return fault_set(fault, STATUS_BAD_INPUT, "--only: there is no row %.*s; see --help",
                             VIEW_ARG(name));
        }
    }
    return STATUS_OK;
}

static bool is_wanted(const struct bench_row *row, const struct settings *settings)
{
    struct view rest = view_from_text(settings->only);
    bool is_named = false;
    while (rest.len > 0) {
        is_named = view_is(view_cut(&rest, ','), row->name) || is_named;
    }
    return is_named || (!settings->only[0] && (settings->longer || !row->is_long));
}

static enum status make_place(struct server_place *place, struct fault *fault)
{
    const char *given = getenv("TMPDIR");
    char pattern[PATH_MAX];
    char whole[PATH_MAX];
    struct statvfs disk;
    snprintf(pattern, sizeof(pattern), "%s/pipes-bench-XXXXXX", given ? given : "/var/tmp");
    if (!mkdtemp(pattern) || !realpath(pattern, whole) || strlen(whole) >= SERVER_PATH_BYTES) {
        return fault_errno(fault, errno, "cannot make a folder like %.100s", pattern);
    }
    memcpy(place->folder, whole, strlen(whole) + 1);
    if (statvfs(whole, &disk) != 0 || (uint64_t)disk.f_bavail * disk.f_frsize < FREE_BYTES_LEAST) {
        return fault_set(fault, STATUS_FULL, "%.100s: less than 10 GiB are free; set TMPDIR",
                         whole);
    }
    snprintf(place->certificate, sizeof(place->certificate), "%s/certificate.pem", place->folder);
    snprintf(place->key, sizeof(place->key), "%s/key.pem", place->folder);
    return certificate_write(place->certificate, place->key, fault);
}

static void print_kinds(struct bench *bench)
{
    static const struct server_kind *const KINDS[] = {
        &server_pipes,        &server_pipes_plain, &server_pipes_apart,
        &server_pipes_5ms,    &server_pipes_50ms,  &server_nginx_204,
        &server_nginx_204_8k, &server_nginx_log,   &server_nginx_lua};
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        report_print(&bench->report, "%-15s %s%s\n", KINDS[i]->name, KINDS[i]->note,
                     KINDS[i]->is_present() ? "" : " - not here");
    }
    report_print(
        &bench->report,
        "%zu rounds of %.1f s, servers in turn; medians of slices of 0.2 s and of rounds;\n"
        "ratios within a round: x 204 to nginx-204, x log to nginx-log; first of req/s, then "
        "of us/event;\nus/event: CPU of the server, user and kernel, the collector's without its "
        "lake, whose is lake us;\nother%%: of the server's core, used by anything else\n",
        bench->rounds, bench->seconds);
}

/* A row that fails is told, and the others go on. */
static bool run_rows(struct bench *bench, const struct settings *settings)
{
    bool is_good = true;
    for (const struct bench_row *row = bench_rows; row->name && !is_interrupted; row++) {
        struct fault fault = {0};
        if (is_wanted(row, settings)) {
            report_print(&bench->report, "\n== %s: %s\n", row->name, row->title);
            bool is_done = row->run(bench, row, &fault) == STATUS_OK;
            if (!is_done) {
                report_print(&bench->report, "failed: %s\n", fault.text);
            }
            is_good = is_done && is_good;
        }
    }
    return is_good && !is_interrupted;
}

/* This process only looks on, from the core of the load. */
static void prepare_process(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(LOAD_CORE, &set);
    sched_setaffinity(0, sizeof(set), &set);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
}

static int run(const struct settings *settings, int count, char **words)
{
    struct bench bench = {.is_quick = settings->quick};
    struct fault fault = {0};
    bool is_good = false;
    size_t rounds = settings->quick ? QUICK_ROUNDS : ROUNDS;
    bench.rounds = settings->rounds > 0 ? (size_t)settings->rounds : rounds;
    bench.seconds = settings->quick ? 0.4 : 1.0;
    if (settings->milliseconds > 0) {
        bench.seconds = (double)settings->milliseconds / 1000;
    }
    report_init(&bench.report);
    enum status status = make_place(&bench.place, &fault);
    if (status == STATUS_OK) {
        report_begin(&bench.report, count, words);
        print_kinds(&bench);
        is_good = run_rows(&bench, settings);
        status = settings->save ? report_save(&bench.report, RESULTS, &fault) : STATUS_OK;
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_collector: %s\n", fault.text);
    }
    if (bench.place.folder[0]) {
        fault_remove_tree(bench.place.folder);
    }
    report_free(&bench.report);
    return status == STATUS_OK && is_good ? 0 : 1;
}

int main(int count, char **words)
{
    struct settings settings = {0};
    struct option_set set;
    struct arena arena;
    struct fault fault = {0};
    int result = 2;
    arena_init(&arena, ARENA_BYTES);
    option_set_init(&set, ROWS, ROW_COUNT, &settings, &arena);
    enum status status = option_set_defaults(&set, &fault);
    if (status == STATUS_OK) {
        status = option_read_flags(&set, 1, count - 1, words + 1, &fault);
    }
    if (status == STATUS_OK) {
        status = check_names(settings.only, &fault);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_collector: %s\n", fault.text);
    } else if (set.wants_help) {
        print_help();
        result = 0;
    } else {
        prepare_process();
        result = run(&settings, count, words);
    }
    arena_free(&arena);
    return result;
}
