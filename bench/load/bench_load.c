/*
 * bench_load.c - load on a collector or another HTTP server on this machine; see `--help`.
 *
 * Prints one line of key=value. With --wait it says "ready" when all connections are open and
 * answered once, and runs when it gets a byte on standard input: who measures the server reads its
 * figures in between. With --idle it only holds the connections until that byte.
 */
#include "base/option.h"
#include "load/load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ARENA_BYTES = 1 << 20, LINE_BYTES_MAX = 64 * 1024 };

struct settings {
    int64_t port;
    int64_t connections;
    const char *seconds;
    int64_t rate;
    const char *scenario;
    bool tls;
    bool http2;
    int64_t streams;
    int64_t slices;
    int64_t idle;
    bool wait;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row ROWS[] = {
    {.name = "port",
     .type = OPTION_NUMBER,
     .default_text = "8080",
     .offset = FIELD(port),
     .min = 1,
     .max = 65535,
     .help = "of the server, at 127.0.0.1",
     .uses = 1},
    {.name = "connections",
     .type = OPTION_NUMBER,
     .default_text = "64",
     .offset = FIELD(connections),
     .min = 1,
     .max = 19000,
     .help = "that are open all the time",
     .uses = 1},
    {.name = "seconds",
     .type = OPTION_TEXT,
     .default_text = "5",
     .offset = FIELD(seconds),
     .value = "S",
     .help = "how long, with decimals",
     .uses = 1},
    {.name = "rate",
     .type = OPTION_NUMBER,
     .default_text = "0",
     .offset = FIELD(rate),
     .min = 0,
     .max = 10000000,
     .help = "requests a second, whatever the server does; 0: a request follows an answer",
     .uses = 1},
    {.name = "scenario",
     .type = OPTION_CHOICE,
     .default_text = "S",
     .offset = FIELD(scenario),
     .choices = "S|B|T|H",
     .help = "S: one event of 1,024 bytes; B: 50 of them; T: one of 200; H: GET /healthz",
     .uses = 1},
    {.name = "tls",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(tls),
     .help = "TLS",
     .uses = 1},
    {.name = "http2",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(http2),
     .help = "HTTP/2, by ALPN or with prior knowledge",
     .uses = 1},
    {.name = "streams",
     .type = OPTION_NUMBER,
     .default_text = "16",
     .offset = FIELD(streams),
     .min = 1,
     .max = 100,
     .help = "in flight on a connection, with HTTP/2",
     .uses = 1},
    {.name = "slices",
     .type = OPTION_NUMBER,
     .default_text = "1",
     .offset = FIELD(slices),
     .min = 1,
     .max = 1000,
     .help = "of the time; rates and latencies are the medians of theirs",
     .uses = 1},
    {.name = "idle",
     .type = OPTION_NUMBER,
     .default_text = "0",
     .offset = FIELD(idle),
     .min = 0,
     .max = 19000,
     .help = "opens so many connections, sends one request on each, holds them until it gets a "
             "byte on standard input",
     .uses = 1},
    {.name = "wait",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = FIELD(wait),
     .help = "says \"ready\" and begins with a byte on standard input",
     .uses = 1},
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static enum status read_settings(int count, char **words, struct settings *settings,
                                 struct option_set *set, struct arena *arena, struct fault *fault)
{
    option_set_init(set, ROWS, ROW_COUNT, settings, arena);
    enum status status = option_set_defaults(set, fault);
    return status == STATUS_OK ? option_read_flags(set, 1, count, words, fault) : status;
}

static enum status read_options(const struct settings *settings, struct load_options *options,
                                struct fault *fault)
{
    char *end = NULL;
    *options = (struct load_options){
        .port = (unsigned)settings->port,
        .connections = (size_t)(settings->idle > 0 ? settings->idle : settings->connections),
        .streams = (size_t)settings->streams,
        .seconds = strtod(settings->seconds, &end),
        .rate = (uint64_t)settings->rate,
        .slices = (size_t)settings->slices,
        .is_tls = settings->tls,
        .is_http2 = settings->http2,
    };
    if (*end || !(options->seconds > 0.001 && options->seconds < 1e6)) {
        return fault_set(fault, STATUS_BAD_INPUT, "--seconds: a number, not %s", settings->seconds);
    }
    if (!payload_kind_of(settings->scenario, &options->kind) ||
        (options->kind == PAYLOAD_HEALTH && options->is_http2)) {
        return fault_set(fault, STATUS_BAD_INPUT, "--scenario H is for HTTP/1.1");
    }
    return STATUS_OK;
}

/* Sockets need more than a shell allows; and a sleep is to end when it should. */
static void prepare_process(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prctl(PR_SET_TIMERSLACK, 1UL);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
}

static void wait_for_byte(void)
{
    char byte;
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) < 0) {
    }
}

static enum status run(const struct settings *settings, struct fault *fault)
{
    struct load_options options;
    struct load *load = NULL;
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    enum status status = read_options(settings, &options, fault);
    if (status == STATUS_OK) {
        status = load_create(&load, &options, fault);
    }
    if (status == STATUS_OK) {
        status = load_warm_up(load, fault);
    }
    if (status == STATUS_OK && (settings->wait || settings->idle > 0)) {
        wait_for_byte();
    }
    if (status == STATUS_OK && settings->idle == 0) {
        status = load_run(load, fault);
        load_print(load, &line);
        printf("%.*s", VIEW_ARG(buf_view(&line)));
        fflush(stdout);
    }
    load_destroy(load);
    buf_free(&line);
    return status;
}

static void print_help(void)
{
    struct buf text;
    buf_init(&text, LINE_BYTES_MAX);
    option_append_help(&text, ROWS, ROW_COUNT, 1);
    printf("bench_load: load on an HTTP server of this machine\n\n%.*s", VIEW_ARG(buf_view(&text)));
    buf_free(&text);
}

int main(int count, char **words)
{
    struct settings settings = {0};
    struct option_set set;
    struct arena arena;
    struct fault fault = {0};
    arena_init(&arena, ARENA_BYTES);
    enum status status = read_settings(count - 1, words + 1, &settings, &set, &arena, &fault);
    if (status == STATUS_OK && set.wants_help) {
        print_help();
    } else if (status == STATUS_OK) {
        prepare_process();
        status = run(&settings, &fault);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_load: %s\n", fault.text);
    }
    arena_free(&arena);
    return status == STATUS_OK ? 0 : 1;
}
