#include "app/metrics.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_OF_NS 1e-9

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct buf *out, const char *name, const char *help, double value)
{
    head(out, name, "gauge", help);
    buf_append_format(out, "%s %.17g\n", name, value);
}

static void counter(struct buf *out, const char *name, const char *help, double value)
{
    head(out, name, "counter", help);
    buf_append_format(out, "%s %.17g\n", name, value);
}

static void append_front(struct counts *counts, struct buf *out)
{
    struct counts_value value;
    for (unsigned i = 0; counts_value(counts, i, &value); i++) {
        if (value.help) {
            head(out, value.metric, "counter", value.help);
        }
        buf_append_format(out, "%s%s %llu\n", value.metric, value.labels,
                          (unsigned long long)value.value);
    }
}

static void append_histogram(struct histogram *histogram, const char *name, const char *help,
                             struct buf *out)
{
    head(out, name, "histogram", help);
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        buf_append_format(out, "%s_bucket{le=\"%g\"} %llu\n", name, histogram_bounds_us[i] / 1e6,
                          (unsigned long long)histogram_at_most(histogram, i));
    }
    /* One sum for both: a commit that ends meanwhile is in both, or in neither. */
    uint64_t all = histogram_at_most(histogram, HISTOGRAM_BOUNDS);
    buf_append_format(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9f\n%s_count %llu\n", name,
                      (unsigned long long)all, name,
                      (double)atomic_load(&histogram->sum_ns) * SECONDS_OF_NS, name,
                      (unsigned long long)all);
}

static void append_journal(const struct readiness_source *source, struct buf *out)
{
    append_histogram(&source->counts->commit_time, "pipes_journal_commit_seconds",
                     "from the start of a commit until it is on disk", out);
    gauge(out, "pipes_journal_sync_seconds",
          "moving mean of a commit's write and sync, of the slowest worker",
          (double)journal_sync_ns(source->journal) * SECONDS_OF_NS);
    counter(out, "pipes_journal_written_bytes_total", "bytes of all commits",
            (double)journal_written_bytes(source->journal));
    gauge(out, "pipes_spool_bytes", "bytes of the journal that the lake does not have yet",
          (double)journal_spool_bytes(source->journal));
    gauge(out, "pipes_stable_seq", "below this ingest_seq nothing is in flight",
          (double)journal_stable(source->journal));
}

static void append_lake(const struct readiness_source *source, struct buf *out)
{
    const struct lake_counts *lake = source->lake;
    const struct {
        const char *outcome;
        const _Atomic uint64_t *value;
    } rows[] = {{"stored", &lake->stored},
                {"duplicate", &lake->duplicates},
                {"erased", &lake->erased},
                {"quarantined", &lake->quarantined},
                {"quarantine_dropped", &lake->quarantine_dropped}};
    head(out, "pipes_lake_events_total", "counter", "what became of events behind the journal");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_append_format(out, "pipes_lake_events_total{outcome=\"%s\"} %llu\n", rows[i].outcome,
                          (unsigned long long)atomic_load(rows[i].value));
    }
    counter(out, "pipes_lake_parts_total", "files of rows that were closed",
            (double)atomic_load(&lake->parts));
    counter(out, "pipes_lake_damaged_total", "places in the journal that could not be read",
            (double)atomic_load(&lake->damaged));
    gauge(out, "pipes_lake_lag_seconds",
          "how long something durable has waited for a closed file; 0: nothing does",
          (double)readiness_lag_ms(lake, source->clock) / 1000);
}

static void append_disk(struct upkeep *upkeep, struct buf *out)
{
    struct disk_use use;
    uint64_t budget;
    upkeep_use(upkeep, &use, &budget);
    double days = disk_use_days_left(&use, budget);
    gauge(out, "pipes_disk_used_bytes", "bytes of all files in the data folder", (double)use.bytes);
    gauge(out, "pipes_disk_free_bytes", "bytes that are free on its file system",
          (double)use.free_bytes);
    gauge(out, "pipes_disk_budget_bytes", "disk-budget; 0: none", (double)budget);
    gauge(out, "pipes_disk_growth_bytes_per_day", "mean growth of the last days; 0: not known yet",
          (double)use.bytes_per_day);
    if (days >= 0) {
        gauge(out, "pipes_disk_days_left", "until budget or disk is used up, at the present growth",
              days);
    }
}

static unsigned count_open_fds(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) {
        count++;
    }
    if (folder) {
        closedir(folder);
    }
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static double resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%*u %lu", &pages) != 1) {
        pages = 0;
    }
    if (file) {
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Names that every exporter for Prometheus uses. */
static void append_process(struct buf *out)
{
    struct rusage used = {0};
    struct rlimit fds = {0};
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_NOFILE, &fds);
    counter(out, "process_cpu_seconds_total", "processor time of this process",
            (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    gauge(out, "process_resident_memory_bytes", "memory it holds", resident_bytes());
    gauge(out, "process_open_fds", "files and connections it holds", count_open_fds());
    gauge(out, "process_max_fds", "how many it may hold", (double)fds.rlim_cur);
}

void metrics_append(const struct readiness_source *source, const char *version, struct buf *out)
{
    struct readiness readiness;
    readiness_look(&readiness, source);
    head(out, "pipes_build_info", "gauge", "the version that runs");
    buf_append_format(out, "pipes_build_info{version=\"%s\"} 1\n", version);
    gauge(out, "pipes_ready", "1: GET /readyz answers 200", readiness.is_ready);
    append_front(source->counts, out);
    append_journal(source, out);
    append_lake(source, out);
    append_disk(source->upkeep, out);
    append_process(out);
}
