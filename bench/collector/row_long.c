/*
 * row_long.c - 20 GB of batches, without a pause: what is left of the throughput when caches are
 * full and the lake falls behind.
 */
#include "collector/bench.h"

#include "base/clock.h"

static const double WHOLE_BYTES = 20e9;
static const double QUICK_WHOLE_BYTES = 0.5e9;
static const double PART_SECONDS = 10;
static const double QUICK_PART_SECONDS = 2;

static enum status run_part(const struct bench_row *row, const struct server *server,
                            double seconds, struct load_result *result, struct fault *fault)
{
    struct load_plan plan = row->load;
    plan.seconds = seconds;
    plan.slices = (unsigned)seconds;
    return load_child_run(server->port, &plan, result, fault);
}

static enum status run_parts(struct bench *bench, const struct bench_row *row,
                             const struct server *server, struct fault *fault)
{
    double bytes = 0;
    double seconds = bench->is_quick ? QUICK_PART_SECONDS : PART_SECONDS;
    double whole_bytes = bench->is_quick ? QUICK_WHOLE_BYTES : WHOLE_BYTES;
    enum status status = STATUS_OK;
    report_print(&bench->report, "%8s %10s %8s %8s %10s %12s %8s\n", "GB sent", "events/s",
                 "p50 ms", "p99 ms", "errors", "spool MB", "sync ms");
    while (status == STATUS_OK && bytes < whole_bytes) {
        struct load_result result = {0};
        struct server_counts counts = {0};
        status = run_part(row, server, seconds, &result, fault);
        if (status == STATUS_OK) {
            status = server_counts(server, &counts, fault);
        }
        if (status == STATUS_OK && result.requests < 1) {
            status = fault_set(fault, STATUS_IO, "nothing is taken any more");
        }
        bytes += result.bytes_s * seconds;
        report_print(&bench->report, "%8.2f %10.0f %8.2f %8.2f %10.0f %12.0f %8.2f\n", bytes / 1e9,
                     result.events_s, result.p50_ms, result.p99_ms, result.errors,
                     (double)counts.spool_bytes / 1e6, (double)counts.sync_us / 1e3);
    }
    return status;
}

enum status row_long(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct server server;
    enum status status = bench_server(bench, &server_pipes, &server, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = run_parts(bench, row, &server, fault);
    int64_t begin_ns = clock_stopwatch_ns();
    if (status == STATUS_OK) {
        status = server_settle(&server, fault);
    }
    if (status == STATUS_OK) {
        report_print(&bench->report, "the lake had all of it %.1f s later\n",
                     (double)(clock_stopwatch_ns() - begin_ns) / 1e9);
    }
    server_remove(&server);
    return status;
}
