/*
 * row_health.c - /healthz of the collector: at rest, and while events wait for a disk whose every
 * sync takes 50 ms longer.
 */
#include "collector/bench.h"

enum { ASKS_A_SECOND = 200 };

static void print_result(struct report *report, const char *when, const struct load_result *health,
                         double events_s)
{
    report_print(report, "%-28s %9.0f %8.3f %8.3f %8.3f %8.3f %6.0f\n", when, events_s,
                 health->p50_ms, health->p90_ms, health->p99_ms, health->max_ms, health->errors);
}

/* The health is asked for while the load runs: it begins later and ends sooner. */
static enum status ask_under_load(const struct bench *bench, const struct bench_row *row,
                                  const struct server *server, const struct load_plan *health,
                                  struct load_result results[2], struct fault *fault)
{
    struct child load;
    struct load_plan plan = row->load;
    plan.seconds = bench->seconds * 1.5;
    enum status status = load_child_start(&load, server->port, &plan, fault);
    if (status != STATUS_OK) {
        return status;
    }
    load_child_go(&load);
    status = load_child_run(server->admin_port, health, &results[0], fault);
    enum status load_status = load_child_result(&load, &results[1], fault);
    return status == STATUS_OK ? load_status : status;
}

enum status row_health(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct server server;
    struct load_plan health = {
        .scenario = "H", .connections = 1, .seconds = bench->seconds, .rate = ASKS_A_SECOND};
    struct load_result rest = {0};
    struct load_result results[2] = {0};
    enum status status = bench_server(bench, &server_pipes_50ms, &server, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = load_child_run(server.admin_port, &health, &rest, fault);
    if (status == STATUS_OK) {
        status = ask_under_load(bench, row, &server, &health, results, fault);
    }
    if (status == STATUS_OK) {
        report_print(&bench->report, "%-28s %9s %8s %8s %8s %8s %6s\n", "when", "events/s",
                     "p50 ms", "p90 ms", "p99 ms", "max ms", "errors");
        print_result(&bench->report, "at rest", &rest, 0);
        print_result(&bench->report, "load, sync +50 ms", &results[0], results[1].events_s);
    }
    server_remove(&server);
    return status;
}
