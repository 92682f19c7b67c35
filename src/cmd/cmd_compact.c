#include "app/compacting.h"
#include "base/heap.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"
#include "lake/compact.h"
#include "lake/lake_work.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Address space that libraries, stacks and files take beside the memory that is used. */
enum { LOWEST_PRIORITY = 19, BESIDE_BYTES = 512 * 1024 * 1024 };
enum { KEPT_BLOCK_BYTES = HEAP_BLOCK_BYTES_MAX, KEPT_BYTES = 64 << 20, ROOM_BYTES = 30 << 20 };

struct compacted {
    uint64_t hours;
    uint64_t rows;
    uint64_t failed; /* hours, or damaged parts */
};

/* Gives way to everything, and is the first to go when memory is short. */
static void enter_background(void)
{
    setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t written = write(fd, "900", 3);
        (void)written;
        close(fd);
    }
}

/* Memory given back is needed again an hour's file later: to get it from the system anew is half of
 * all the work. DuckDB's own allocator reads this when the library is loaded; its compression uses
 * the C library's, which main() made give back large blocks at once, and reads and writes tables of
 * some hundred KiB here and there, for which large pages are less work. */
static void keep_memory(void)
{
    heap_make_room(ROOM_BYTES, KEPT_BLOCK_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_ARENA_MAX, 1); /* the one that has the room */
    setenv("DUCKDB_JE_MALLOC_CONF", "dirty_decay_ms:60000,muzzy_decay_ms:60000", 0);
}

/* What counts against the limit below already; a sanitizer's bookkeeping alone is terabytes. */
static uint64_t data_bytes(void)
{
    unsigned long long pages[6] = {0};
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        int read = fscanf(file, "%llu %llu %llu %llu %llu %llu", &pages[0], &pages[1], &pages[2],
                          &pages[3], &pages[4], &pages[5]);
        (void)read;
        fclose(file);
    }
    return pages[5] * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Behind DuckDB's own limit, which does not count everything. */
static void limit_memory(int64_t bytes)
{
    rlim_t most = (rlim_t)bytes * 2 + BESIDE_BYTES;
    struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    if (data_bytes() < most) {
        setrlimit(RLIMIT_DATA, &limit);
    }
}

static void report(const struct cmd_context *context, int64_t hour,
                   const struct compact_outcome *outcome)
{
    char path[LAKE_HOUR_PATH_BYTES];
    lake_hour_path(hour, path);
    dprintf(context->out_fd, "  %s  %llu rows in %llu bytes from %llu parts of %llu bytes%s", path,
            (unsigned long long)outcome->sums.rows, (unsigned long long)outcome->bytes,
            (unsigned long long)outcome->parts, (unsigned long long)outcome->part_bytes,
            outcome->duplicates > 0 ? "" : "\n");
    if (outcome->duplicates > 0) {
        dprintf(context->out_fd, "; %llu were there twice\n",
                (unsigned long long)outcome->duplicates);
    }
}

static enum status do_hour(const struct cmd_context *context, struct compact *compact,
                           struct lake_work *work, int64_t hour, struct compacted *done,
                           struct fault *fault)
{
    struct compact_outcome outcome;
    enum status status = compact_hour(compact, hour, &outcome, fault);
    if (status == STATUS_OK) {
        status = lake_work_commit(work, buf_view(&outcome.change), fault);
    }
    done->failed += outcome.damaged;
    if (status == STATUS_OK) {
        report(context, hour, &outcome);
        done->hours++;
        done->rows += outcome.sums.rows;
    }
    compact_outcome_free(&outcome);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status do_hours(const struct cmd_context *context, struct lake_work *work,
                            const struct compacting *due, struct compacted *done,
                            struct fault *fault)
{
    const struct config *config = context->config;
    struct compact *compact;
    struct compact_options options = {
        .library = config->duckdb,
        .memory_bytes = (uint64_t)config->compact_memory,
        .room_bytes = (uint64_t)config->disk_reserve,
        .has_variant = config->variant,
        .log = context->log,
    };
    enum status status = compact_open(&compact, work->data_fd, &options, fault);
    for (size_t i = 0; i < due->hours.count && status == STATUS_OK; i++) {
        status = do_hour(context, compact, work, due->hours.at[i], done, fault);
        /* Trouble with one hour's file is none with the next one's. */
        if (status == STATUS_DAMAGED || status == STATUS_BAD_INPUT) {
            logger_error(context->log, "compact", "%s", fault->text);
            done->failed++;
            status = STATUS_OK;
        }
    }
    compact_close(compact);
    return status;
}

static enum status compact_due(const struct cmd_context *context, struct lake_work *work,
                               struct compacted *done, struct fault *fault)
{
    const struct config *config = context->config;
    struct compacting due;
    enum status status = compacting_due(&due, work->lake_fd, clock_now_ms(context->clock),
                                        config->open ? -1 : config->compact_after_ms, fault);
    if (status == STATUS_OK && due.hours.count > 0) {
        status = do_hours(context, work, &due, done, fault);
    }
    compacting_free(&due);
    return status;
}

static int run(const struct cmd_context *context)
{
    const struct config *config = context->config;
    struct data_folder data;
    struct lake_work work;
    struct compacted done = {0};
    struct fault fault = {0};
    if (config->background) {
        enter_background();
    }
    limit_memory(config->compact_memory);
    keep_memory();
    enum status status = data_folder_open(&data, config->data, DATA_FOLDER_READ, &fault);
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    status = lake_work_wait(&work, data.fd, config->data, context->log, &fault);
    status = status == STATUS_OK ? compact_due(context, &work, &done, &fault) : status;
    lake_work_end(&work);
    data_folder_close(&data);
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    dprintf(context->out_fd, "%llu hours, %llu rows are Parquet now.\n",
            (unsigned long long)done.hours, (unsigned long long)done.rows);
    return done.failed == 0 ? 0 : 1;
}

const struct command cmd_compact = {
    .name = "compact",
    .summary = "make Parquet of the lake's hours that are over; serve does it by itself",
    .usage = "[OPTIONS]",
    .uses = CONFIG_COMPACT,
    .run = run,
};
