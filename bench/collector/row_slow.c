/*
 * row_slow.c - clients as usual, alone and beside thousands that send one byte now and then or
 * nothing at all.
 */
#include "collector/bench.h"
#include "collector/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SLOW = 5000, HALF_OPEN = 10000, CLIENTS = 64, RATE = 5000, SECONDS_MORE = 6, WARM_S = 4 };

static const char *binary(void)
{
    const char *given = getenv("SLOW_CLIENTS");
    return given ? given : "build/bench/slow_clients";
}

static enum status start_slow(struct child *child, const struct server *server,
                              const struct bench *bench, struct fault *fault)
{
    struct command command = {.core = LOAD_CORE};
    command_word(&command, "%s", binary());
    command_word(&command, "--port");
    command_word(&command, "%u", server->port);
    command_word(&command, "--slow");
    command_word(&command, "%d", SLOW);
    command_word(&command, "--half-open");
    command_word(&command, "%d", HALF_OPEN);
    command_word(&command, "--seconds");
    command_word(&command, "%.0f", bench->seconds + SECONDS_MORE);
    return command_start(&command, child, fault);
}

static void print_result(struct report *report, const char *when, const struct load_result *found,
                         uint64_t resident_bytes)
{
    report_print(report, "%-44s %8.0f %8.3f %8.3f %8.3f %6.0f %8.1f\n", when, found->req_s,
                 found->p50_ms, found->p99_ms, found->max_ms, found->errors + found->broken,
                 (double)resident_bytes / 1e6);
}

static void print_slow(struct report *report, struct child *child)
{
    char line[256];
    while (child_read_line(child, line, sizeof(line)) == STATUS_OK) {
        report_print(report, "%s\n", line);
    }
}

enum status row_slow(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct server server;
    struct child slow = {0};
    const struct load_plan usual = {.scenario = row->load.scenario,
                                    .connections = CLIENTS,
                                    .seconds = bench->seconds,
                                    .rate = RATE,
                                    .slices = 5};
    const struct timespec warm = {.tv_sec = WARM_S};
    struct load_result alone = {0};
    struct load_result beside = {0};
    enum status status = bench_server(bench, &server_pipes_plain, &server, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = load_child_run(server.port, &usual, &alone, fault);
    uint64_t before = process_memory(server.worker).resident_bytes;
    status = status == STATUS_OK ? start_slow(&slow, &server, bench, fault) : status;
    if (status == STATUS_OK) {
        nanosleep(&warm, NULL);
        status = load_child_run(server.port, &usual, &beside, fault);
    }
    if (status == STATUS_OK) {
        struct report *report = &bench->report;
        report_print(report, "%-44s %8s %8s %8s %8s %6s %8s\n", "when", "req/s", "p50 ms", "p99 ms",
                     "max ms", "errors", "MB");
        print_result(report, "alone", &alone, before);
        print_result(report, "beside 5,000 slow and 10,000 half-open ones", &beside,
                     process_memory(server.worker).resident_bytes);
        print_slow(report, &slow);
        child_wait(&slow);
    } else if (slow.pid > 0) {
        child_end(&slow, SIGTERM, 1000);
    }
    server_remove(&server);
    return status;
}
