/*
 * row_disk.c - what the disk below all of it can do: 1 MB at a time written and synced into a file
 * that is there already, as a journal does it.
 */
#include "collector/bench.h"

#include "base/buf.h"
#include "base/clock.h"
#include "load/histogram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1000 * 1000, CHUNKS = 256, QUICK_CHUNKS = 64 };

static bool write_all(int fd, const char *bytes, size_t chunks)
{
    for (size_t i = 0; i < chunks; i++) {
        if (pwrite(fd, bytes, CHUNK_BYTES, (off_t)(i * CHUNK_BYTES)) != CHUNK_BYTES) {
            return false;
        }
    }
    return fdatasync(fd) == 0;
}

static bool time_chunks(int fd, const char *bytes, size_t chunks, struct histogram *times)
{
    for (size_t i = 0; i < chunks; i++) {
        int64_t begin_ns = clock_stopwatch_ns();
        if (pwrite(fd, bytes, CHUNK_BYTES, (off_t)(i * CHUNK_BYTES)) != CHUNK_BYTES ||
            fdatasync(fd) != 0) {
            return false;
        }
        histogram_add(times, clock_stopwatch_ns() - begin_ns);
    }
    return true;
}

static void print_times(struct report *report, const struct histogram *times, int64_t whole_ns)
{
    double median_ms = (double)histogram_quantile_ns(times, 0.5) / 1e6;
    report_print(report,
                 "pwrite + fdatasync of 1 MB: %.0f MB/s in all, %.0f MB/s by the median; "
                 "p50 %.3f ms, p99 %.3f ms, max %.3f ms\n",
                 (double)times->count * 1e9 / (double)whole_ns, 1000 / median_ms, median_ms,
                 (double)histogram_quantile_ns(times, 0.99) / 1e6, (double)times->max_ns / 1e6);
}

enum status row_disk(struct bench *bench, const struct bench_row *row, struct fault *fault)
{
    char path[SERVER_PATH_BYTES + 16];
    size_t chunks = bench->is_quick ? QUICK_CHUNKS : CHUNKS;
    (void)row;
    snprintf(path, sizeof(path), "%s/disk", bench->place.folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *bytes = calloc(1, CHUNK_BYTES); /* too large for the stack */
    struct histogram *times = calloc(1, sizeof(*times));
    bool is_good = fd >= 0 && bytes && times && write_all(fd, bytes, chunks);
    if (is_good) {
        memset(bytes, 'x', CHUNK_BYTES);
        int64_t begin_ns = clock_stopwatch_ns();
        is_good = time_chunks(fd, bytes, chunks, times);
        print_times(&bench->report, times, clock_stopwatch_ns() - begin_ns);
    }
    int reason = errno;
    free(times);
    free(bytes);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return is_good ? STATUS_OK : fault_errno(fault, reason, "cannot write %s", path);
}
