/*
 * row_disk.c - what the disk below all of it can do: 1 MB at a time written and synced into a file
 * that is there already, as a journal does it; and what a commit costs in each way the journal has.
 */
#include "collector/bench.h"

#include "base/buf.h"
#include "base/clock.h"
#include "journal/disk_ring.h"
#include "load/histogram.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 1000 * 1000,
    CHUNKS = 256,
    QUICK_CHUNKS = 64,
    COMMIT_BYTES = 96 * 1024,
    COMMITS = 1500,
    QUICK_COMMITS = 200,
    COMMITS_OF_FILE = 512 /* within what QUICK_CHUNKS wrote */
};

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

/* --- the ways to commit as much as a worker gathers, into blocks that were written before --- */

struct way {
    const char *name;
    bool is_direct;
    bool has_ring;
};

/* What a commit of the journal costs in one of them. */
struct commits {
    int fd;
    int done_fd;
    char *bytes; /* COMMIT_BYTES of them, aligned */
    struct disk_ring *ring;
    struct histogram *times;
};

static enum status wait_for_ring(const struct commits *commits, struct fault *fault)
{
    enum status status;
    while ((status = disk_ring_end(commits->ring, fault)) == STATUS_BUSY) {
        struct pollfd done = {.fd = commits->done_fd, .events = POLLIN};
        uint64_t count;
        poll(&done, 1, -1);
        ssize_t got = read(commits->done_fd, &count, sizeof(count));
        (void)got;
    }
    return status;
}

static enum status commit_once(const struct commits *commits, const struct way *way,
                               uint64_t offset, struct fault *fault)
{
    const struct disk_write write = {
        commits->fd, offset, {view_make(commits->bytes, COMMIT_BYTES)}};
    if (!way->is_direct) {
        bool is_good =
            pwrite(commits->fd, commits->bytes, COMMIT_BYTES, (off_t)offset) == COMMIT_BYTES &&
            fdatasync(commits->fd) == 0;
        return is_good ? STATUS_OK : fault_errno(fault, errno, "cannot write and sync");
    }
    if (!way->has_ring) {
        return disk_write_now(&write, fault);
    }
    enum status status = disk_ring_write(commits->ring, &write, fault);
    return status == STATUS_OK ? wait_for_ring(commits, fault) : status;
}

static int64_t thread_cpu_ns(void)
{
    struct timespec used = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static enum status time_way(struct bench *bench, struct commits *commits, const struct way *way,
                            struct fault *fault)
{
    unsigned count = bench->is_quick ? QUICK_COMMITS : COMMITS;
    enum status status = STATUS_OK;
    int64_t cpu_ns = thread_cpu_ns();
    *commits->times = (struct histogram){0};
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        int64_t begin_ns = clock_stopwatch_ns();
        status = commit_once(commits, way, (uint64_t)(i % COMMITS_OF_FILE) * COMMIT_BYTES, fault);
        histogram_add(commits->times, clock_stopwatch_ns() - begin_ns);
    }
    if (status == STATUS_OK) {
        report_print(&bench->report, "%-34s of 96 KiB: p50 %.3f ms, p99 %.3f ms; CPU %.1f us\n",
                     way->name, (double)histogram_quantile_ns(commits->times, 0.5) / 1e6,
                     (double)histogram_quantile_ns(commits->times, 0.99) / 1e6,
                     (double)(thread_cpu_ns() - cpu_ns) / 1e3 / count);
    }
    return status;
}

/* Of those that this system has. */
static enum status time_ways(struct bench *bench, const char *path, struct commits *commits,
                             struct fault *fault)
{
    static const struct way WAYS[] = {{"pwrite, fdatasync", false, false},
                                      {"O_DIRECT, RWF_DSYNC", true, false},
                                      {"O_DIRECT, RWF_DSYNC, io_uring", true, true}};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(WAYS) / sizeof(WAYS[0]) && status == STATUS_OK; i++) {
        commits->fd = open(path, O_RDWR | O_CLOEXEC | (WAYS[i].is_direct ? O_DIRECT : 0));
        bool is_there = commits->fd >= 0 && (!WAYS[i].has_ring || commits->ring);
        status = is_there ? time_way(bench, commits, &WAYS[i], fault) : STATUS_OK;
        if (commits->fd >= 0) {
            close(commits->fd);
        }
    }
    return status;
}

static enum status compare_ways(struct bench *bench, const char *path, struct fault *fault)
{
    struct commits commits = {
        .done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        .bytes = aligned_alloc(DISK_BLOCK_BYTES, COMMIT_BYTES),
        .times = calloc(1, sizeof(*commits.times)),
    };
    struct fault none;
    enum status status = fault_set(fault, STATUS_NO_MEMORY, "no memory for writes");
    if (disk_ring_create(&commits.ring, commits.done_fd, &none) != STATUS_OK) {
        commits.ring = NULL;
    }
    if (commits.bytes && commits.times) {
        memset(commits.bytes, 'x', COMMIT_BYTES);
        status = time_ways(bench, path, &commits, fault);
    }
    disk_ring_destroy(commits.ring);
    close(commits.done_fd);
    free(commits.times);
    free(commits.bytes);
    return status;
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
    enum status status = is_good ? compare_ways(bench, path, fault)
                                 : fault_errno(fault, reason, "cannot write %s", path);
    free(times);
    free(bytes);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return status;
}
