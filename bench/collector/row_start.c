/*
 * row_start.c - from the start of the program to the first event that it took: with nothing there,
 * and with a journal of 1 GiB that was left behind by a kill.
 */
#include "collector/bench.h"
#include "collector/process.h"

#include "base/clock.h"
#include "fault/fault_base.h"

#include <stdlib.h>

enum { STARTS = 20, QUICK_STARTS = 5, LOADS_MAX = 600, PATIENCE_MS = 600000, REPORT_MS = 2 };

static const uint64_t JOURNAL_BYTES = 1ULL << 30;
static const uint64_t QUICK_JOURNAL_BYTES = 1ULL << 27;

static enum status time_starts(const struct bench *bench, const struct server_kind *kind,
                               double *times_ms, size_t count, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct server server;
        status = bench_server(bench, kind, &server, fault);
        if (status == STATUS_OK) {
            times_ms[i] = (double)server.ready_ns / 1e6;
            server_remove(&server);
        }
    }
    return status;
}

enum status row_start(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    size_t count = bench->is_quick ? QUICK_STARTS : STARTS;
    enum status status = STATUS_OK;
    for (size_t i = 0; row->kinds[i] && status == STATUS_OK; i++) {
        double times_ms[STARTS];
        if (!row->kinds[i]->is_present()) {
            continue;
        }
        status = time_starts(bench, row->kinds[i], times_ms, count, fault);
        if (status == STATUS_OK) {
            double median_ms = bench_median(times_ms, count);
            report_print(&bench->report, "%-15s ready after %.1f ms (%.1f to %.1f, %zu starts)\n",
                         row->kinds[i]->name, median_ms, times_ms[0], times_ms[count - 1], count);
        }
    }
    return status;
}

/* The lake fails, the journal takes: events accepted until it is long enough. */
static enum status fill_journal(struct server *server, const struct bench *bench,
                                struct server_counts *counts, struct fault *fault)
{
    struct load_plan plan = {.scenario = "B", .connections = 64, .seconds = 0.2};
    uint64_t wanted = bench->is_quick ? QUICK_JOURNAL_BYTES : JOURNAL_BYTES;
    enum status status = STATUS_OK;
    server_fail_disk(server, "change:EIO:1:0:/lake/");
    *counts = (struct server_counts){0};
    for (int i = 0; i < LOADS_MAX && status == STATUS_OK && counts->spool_bytes < wanted; i++) {
        struct load_result result;
        status = load_child_run(server->port, &plan, &result, fault);
        if (status == STATUS_OK) {
            status = server_counts(server, counts, fault);
        }
    }
    if (status == STATUS_OK && counts->spool_bytes < wanted) {
        status = fault_set(fault, STATUS_IO, "the journal did not grow to %llu bytes",
                           (unsigned long long)wanted);
    }
    return status;
}

/* What the lake had taken before the kill it may take again and know. */
static enum status wait_for_lake(const struct server *server, uint64_t wanted, struct fault *fault)
{
    struct server_counts counts = {0};
    int64_t end_ms = fault_now_ms() + PATIENCE_MS;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && counts.stored < wanted) {
        status = server_counts(server, &counts, fault);
        fault_sleep_ms(REPORT_MS);
        if (status == STATUS_OK && fault_now_ms() > end_ms) {
            status = fault_set(fault, STATUS_IO, "the lake did not take what was left behind");
        }
    }
    return status;
}

static void print_recovery(struct report *report, const struct server *server,
                           const struct server_counts *left, int64_t taken_ns)
{
    struct process_memory memory = process_memory(server->worker);
    report_print(
        report,
        "journal of %.0f MB, %llu events: ready after %.1f ms; all in the lake after "
        "%.2f s (%.0f MB/s); peak %.1f MB\n",
        (double)left->spool_bytes / 1e6, (unsigned long long)(left->accepted - left->stored),
        (double)server->ready_ns / 1e6, (double)taken_ns / 1e9,
        (double)left->spool_bytes * 1000 / (double)taken_ns, (double)memory.peak_bytes / 1e6);
}

enum status row_recovery(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct server server;
    struct server_counts left;
    (void)row;
    enum status status = bench_server(bench, &server_pipes_shim, &server, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = fill_journal(&server, bench, &left, fault);
    if (status == STATUS_OK) {
        server_kill(&server);
        server_fail_disk(&server, "");
        int64_t begin_ns = clock_stopwatch_ns();
        status = server_start(&server, fault);
        if (status == STATUS_OK) {
            status = wait_for_lake(&server, left.accepted - left.stored, fault);
        }
        if (status == STATUS_OK) {
            print_recovery(&bench->report, &server, &left, clock_stopwatch_ns() - begin_ns);
        }
    }
    server_remove(&server);
    return status;
}
