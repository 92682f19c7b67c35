#include "collector/series.h"

#include <stddef.h>
#include <stdlib.h>

enum { ROUNDS_MAX = 100, TITLE_COLUMNS = 15 };

static double figure(const struct trial *trial, size_t offset)
{
    double value;
    memcpy(&value, (const char *)trial + offset, sizeof(value));
    return value;
}

double series_median(const struct series_server *server, size_t rounds, size_t offset)
{
    double values[ROUNDS_MAX];
    for (size_t i = 0; i < rounds; i++) {
        values[i] = figure(&server->trials[i], offset);
    }
    return bench_median(values, rounds);
}

static double sum_errors(const struct series_server *server, size_t rounds)
{
    double sum = 0;
    for (size_t i = 0; i < rounds; i++) {
        sum += server->trials[i].load.errors + server->trials[i].load.broken;
    }
    return sum;
}

/* Of a figure to that of the other in the same round; 0 when it is not there. */
static double median_ratio(const struct series *series, const struct series_server *server,
                           const struct server_kind *base, size_t offset)
{
    double values[ROUNDS_MAX];
    for (size_t s = 0; s < series->server_count; s++) {
        const struct series_server *other = &series->servers[s];
        for (size_t i = 0; i < series->rounds && other->kind == base; i++) {
            double of = figure(&other->trials[i], offset);
            values[i] = of > 0 ? figure(&server->trials[i], offset) / of : 0;
        }
        if (other->kind == base) {
            return bench_median(values, series->rounds);
        }
    }
    return 0;
}

static void print_ratio(struct report *report, double ratio)
{
    if (ratio > 0) {
        report_print(report, " %7.2f", ratio);
    } else {
        report_print(report, " %7s", "-");
    }
}

static void print_server(const struct series *series, const struct series_server *server,
                         struct report *report)
{
    report_print(report, "%-*s %9.0f %10.0f", TITLE_COLUMNS, server->kind->name,
                 SERIES_MEDIAN(series, server, load.req_s),
                 SERIES_MEDIAN(series, server, load.events_s));
    const size_t rate = offsetof(struct trial, load.req_s);
    const size_t cost = offsetof(struct trial, cpu_us);
    print_ratio(report, median_ratio(series, server, &server_nginx_204, rate));
    print_ratio(report, median_ratio(series, server, &server_nginx_log, rate));
    report_print(report, " %8.3f %8.3f %8.3f %8.3f", SERIES_MEDIAN(series, server, load.p50_ms),
                 SERIES_MEDIAN(series, server, load.p90_ms),
                 SERIES_MEDIAN(series, server, load.p99_ms),
                 SERIES_MEDIAN(series, server, load.p999_ms));
    report_print(report, " %8.3f", SERIES_MEDIAN(series, server, cpu_us));
    print_ratio(report, median_ratio(series, server, &server_nginx_204, cost));
    print_ratio(report, median_ratio(series, server, &server_nginx_log, cost));
    report_print(report, " %8.3f %5.0f %6.0f %6.0f\n", SERIES_MEDIAN(series, server, lake_cpu_us),
                 SERIES_MEDIAN(series, server, core_share) * 100,
                 SERIES_MEDIAN(series, server, others_share) * 100,
                 sum_errors(server, series->rounds));
}

void series_print(const struct series *series, struct report *report)
{
    report_print(report, "%-*s %9s %10s %7s %7s %8s %8s %8s %8s %8s %7s %7s %8s %5s %6s %6s\n",
                 TITLE_COLUMNS, "server", "req/s", "events/s", "x 204", "x log", "p50 ms", "p90 ms",
                 "p99 ms", "p99.9 ms", "us/event", "x 204", "x log", "lake us", "core%", "other%",
                 "errors");
    for (size_t i = 0; i < series->server_count; i++) {
        print_server(series, &series->servers[i], report);
    }
}

void series_free(struct series *series)
{
    for (size_t i = 0; i < series->server_count; i++) {
        free(series->servers[i].trials);
    }
    *series = (struct series){0};
}

static enum status start_all(struct series *series, struct server *servers,
                             const struct series_plan *plan, const struct bench *bench,
                             struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t k = 0; plan->kinds[k] && status == STATUS_OK; k++) {
        if (plan->kinds[k]->is_present() && series->server_count < SERIES_SERVERS_MAX) {
            struct series_server *server = &series->servers[series->server_count];
            *server = (struct series_server){plan->kinds[k],
                                             calloc(series->rounds, sizeof(struct trial))};
            status = bench_server(bench, server->kind, &servers[series->server_count++], fault);
            if (status == STATUS_OK && !server->trials) {
                status = fault_set(fault, STATUS_NO_MEMORY, "no memory for a series");
            }
        }
    }
    return status;
}

enum status series_run(struct series *series, const struct series_plan *plan,
                       const struct bench *bench, struct fault *fault)
{
    struct server servers[SERIES_SERVERS_MAX] = {0};
    *series = (struct series){.rounds = bench->rounds < ROUNDS_MAX ? bench->rounds : ROUNDS_MAX};
    enum status status = start_all(series, servers, plan, bench, fault);
    for (size_t round = 0; round < series->rounds && status == STATUS_OK; round++) {
        for (size_t i = 0; i < series->server_count && status == STATUS_OK; i++) {
            status = trial_run(&servers[i], &plan->load, &series->servers[i].trials[round], fault);
        }
    }
    for (size_t i = 0; i < series->server_count; i++) {
        server_remove(&servers[i]);
    }
    if (status != STATUS_OK) {
        series_free(series);
    }
    return status;
}
