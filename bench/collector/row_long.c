/*
 * row_long.c - 20 GB of batches, without a pause: what is left of the throughput when caches are
 * full and the lake falls behind; beside what the disk itself appends and syncs.
 */
#include "collector/bench.h"

#include "base/clock.h"
#include "collector/process.h"
#include "fault/fault_base.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1000 * 1000 };

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

/* As long as a part, 1 MB at a time into a file that grows. Bytes a second; 0: it failed. */
static double append_and_sync(const struct bench *bench, double seconds)
{
    char path[SERVER_PATH_BYTES + 16];
    snprintf(path, sizeof(path), "%s/disk", bench->place.folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *bytes = calloc(1, CHUNK_BYTES); /* too large for the stack */
    int64_t begin_ns = clock_stopwatch_ns();
    int64_t took_ns = 0;
    double written = 0;
    bool is_good = fd >= 0 && bytes;
    while (is_good && (double)took_ns < seconds * 1e9) {
        is_good =
            pwrite(fd, bytes, CHUNK_BYTES, (off_t)written) == CHUNK_BYTES && fdatasync(fd) == 0;
        written += CHUNK_BYTES;
        took_ns = clock_stopwatch_ns() - begin_ns;
    }
    free(bytes);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return is_good ? written * 1e9 / (double)took_ns : 0;
}

static enum status run_parts(struct bench *bench, const struct bench_row *row,
                             const struct server *server, struct fault *fault)
{
    double bytes = 0;
    uint64_t journal_bytes = 0;
    double seconds = bench->is_quick ? QUICK_PART_SECONDS : PART_SECONDS;
    double whole_bytes = bench->is_quick ? QUICK_WHOLE_BYTES : WHOLE_BYTES;
    enum status status = STATUS_OK;
    double disk_bytes_s = append_and_sync(bench, seconds);
    report_print(&bench->report, "append and sync of 1 MB, into a file that grows: %.0f MB/s\n",
                 disk_bytes_s / 1e6);
    report_print(&bench->report, "%8s %10s %8s %8s %8s %13s %7s %12s %8s\n", "GB sent", "events/s",
                 "p50 ms", "p99 ms", "errors", "journal MB/s", "x disk", "spool MB", "sync ms");
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
        double journal_bytes_s = (double)(counts.journal_bytes - journal_bytes) / seconds;
        journal_bytes = counts.journal_bytes;
        report_print(&bench->report, "%8.2f %10.0f %8.2f %8.2f %8.0f %13.0f %7.2f %12.0f %8.2f\n",
                     bytes / 1e9, result.events_s, result.p50_ms, result.p99_ms, result.errors,
                     journal_bytes_s / 1e6, disk_bytes_s > 0 ? journal_bytes_s / disk_bytes_s : 0,
                     (double)counts.spool_bytes / 1e6, (double)counts.sync_us / 1e3);
    }
    return status;
}

/* How fast the lake catches up when nothing more comes: all of it would take minutes. */
static enum status watch_lake(struct bench *bench, const struct server *server, struct fault *fault)
{
    struct server_counts before = {0};
    struct server_counts after = {0};
    enum status status = server_counts(server, &before, fault);
    int64_t begin_ns = clock_stopwatch_ns();
    fault_sleep_ms(bench->is_quick ? 1000 : 20000);
    if (status == STATUS_OK) {
        status = server_counts(server, &after, fault);
    }
    double seconds = (double)(clock_stopwatch_ns() - begin_ns) / 1e9;
    if (status == STATUS_OK) {
        report_print(&bench->report,
                     "the lake has %.1f of %.1f M events, and takes %.0f a second\n",
                     (double)before.stored / 1e6, (double)before.accepted / 1e6,
                     (double)(after.stored - before.stored) / seconds);
    }
    return status;
}

enum status row_long(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    struct server server;
    enum status status = bench_server(bench, &server_pipes_long, &server, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t all_ns = process_cpu_ns(server.child.pid);
    status = run_parts(bench, row, &server, fault);
    all_ns = process_cpu_ns(server.child.pid) - all_ns;
    int64_t lake_ns = process_thread_cpu_ns(server.child.pid, "lake");
    report_print(&bench->report, "processor time until then: %.1f s, of it the lake %.1f s\n",
                 (double)all_ns / 1e9, (double)lake_ns / 1e9);
    if (status == STATUS_OK) {
        status = watch_lake(bench, &server, fault);
    }
    server_remove(&server);
    return status;
}
