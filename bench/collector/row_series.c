/*
 * row_series.c - rows that are a series of loads: throughput, latency at a fixed rate, slow disks.
 */
#include "collector/bench.h"
#include "collector/series.h"

static const double SLICE_SECONDS = 0.2;

static enum status run_series(const struct bench *bench, const struct bench_row *row,
                              struct series *series, struct fault *fault)
{
    struct series_plan plan = {.kinds = row->kinds, .load = row->load};
    plan.load.seconds = bench->seconds;
    if (plan.load.slices == 0) {
        plan.load.slices = (unsigned)(bench->seconds / SLICE_SECONDS + 0.5);
    }
    return series_run(series, &plan, bench, fault);
}

enum status row_series(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct series series;
    enum status status = run_series(bench, row, &series, fault);
    if (status == STATUS_OK) {
        series_print(&series, &bench->report);
        series_free(&series);
    }
    return status;
}

static double sync_ms_of(const struct series *series, const struct server_kind *kind)
{
    for (size_t i = 0; i < series->server_count; i++) {
        if (series->servers[i].kind == kind) {
            return SERIES_MEDIAN(series, &series->servers[i], sync_ms);
        }
    }
    return 0;
}

/* A closed loop gets no more than one answer for each connection and sync. What a sync took by the
 * collector's own count is more where others had to pass before it. */
static void print_bound(const struct series *series, const struct series_server *server,
                        unsigned connections, struct report *report)
{
    double sync_ms = sync_ms_of(series, &server_pipes) + server->kind->sync_delay_ms;
    double rate = SERIES_MEDIAN(series, server, load.req_s);
    double bound = sync_ms > 0 ? connections / sync_ms * 1000 : 0;
    if (bound > 0 && server->kind->sync_delay_ms > 0) {
        report_print(report,
                     "%-15s a sync takes %.2f ms (the collector says %.2f); bound %u connections / "
                     "sync = %.0f req/s; reached %.2f of it\n",
                     server->kind->name, sync_ms, SERIES_MEDIAN(series, server, sync_ms),
                     connections, bound, rate / bound);
    }
}

enum status row_delay(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct series series;
    enum status status = run_series(bench, row, &series, fault);
    if (status == STATUS_OK) {
        series_print(&series, &bench->report);
        for (size_t i = 0; i < series.server_count; i++) {
            print_bound(&series, &series.servers[i], row->load.connections, &bench->report);
        }
        series_free(&series);
    }
    return status;
}
