#include "lake/retention_run.h"

#include "journal/data_folder.h"
#include "lake/disk_use.h"
#include "lake/duck.h"
#include "lake/lake_commit.h"
#include "lake/lake_hour.h"
#include "lake/lake_manifest.h"
#include "lake/lake_schema.h"
#include "lake/part_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 256, MEMORY_BYTES = 128 << 20, KEPT_HOURS = 2 };
static const int64_t HOUR_MS = 3600000;

struct running {
    const struct retention_run *run;
    struct retention_report *report;
    int lake_fd;
    struct duck *duck;
    struct subject_row row;
    /* of the hour */
    int64_t hour;
    char path[LAKE_HOUR_PATH_BYTES];
    struct buf files; /* lines of its change */
    struct ledger_tally tally;
    uint64_t rows;
    uint64_t bytes;
};

static uint64_t size_of(const struct running *running, const char *path)
{
    struct stat facts;
    return fstatat(running->lake_fd, path, &facts, AT_SYMLINK_NOFOLLOW) == 0
               ? (uint64_t)facts.st_size
               : 0;
}

static void count(struct running *running, struct view site, enum ledger_count what, uint64_t rows)
{
    ledger_tally_add(&running->tally, running->hour, site, what, rows);
    running->rows += rows;
}

/* A damaged part goes as well: what of it can be read is counted. */
static enum status count_part(struct running *running, const char *path, enum tree tree,
                              struct fault *fault)
{
    struct part_reader *reader;
    struct view text;
    enum status status = part_reader_open(&reader, running->lake_fd, path, fault);
    while (status == STATUS_OK && (status = part_reader_next(reader, &text, fault)) == STATUS_OK) {
        if (tree == TREE_QUARANTINE) {
            count(running, view_make(NULL, 0), LEDGER_QUARANTINE_EXPIRED, 1);
        } else {
            (void)subject_row_read(&running->row, text);
            count(running, running->row.site, LEDGER_EXPIRED, 1);
        }
    }
    part_reader_close(reader);
    return status == STATUS_END || status == STATUS_DAMAGED ? STATUS_OK : status;
}

static enum status take_parts(struct running *running, enum tree tree, uint64_t *files,
                              struct fault *fault)
{
    const char *name = tree == TREE_RAW ? "raw" : "quarantine";
    struct lake_parts parts = {0};
    int tree_fd;
    enum status status = data_folder_enter(running->lake_fd, name, false, &tree_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    status = lake_parts_list(&parts, tree_fd, running->hour, fault);
    close(tree_fd);
    for (size_t i = 0; i < parts.count && status == STATUS_OK; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof(path), "%s/%s/%s", name, running->path, parts.at[i].name);
        status = count_part(running, path, tree, fault);
        buf_append_format(&running->files, "remove %s\n", path);
        running->bytes += parts.at[i].bytes;
        (*files)++;
    }
    lake_parts_free(&parts);
    return status;
}

static enum status ask_sites(struct running *running, const char *path, struct fault *fault)
{
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    char sql[PATH_BYTES + 160];
    const struct duck_options options = {
        .library = running->run->library, .memory_bytes = MEMORY_BYTES, .threads = 1};
    enum status status = running->duck ? STATUS_OK : duck_open(&running->duck, &options, fault);
    snprintf(sql, sizeof(sql),
             "SELECT coalesce(site, ''), count(*) FROM read_parquet('/proc/self/fd/%d/%s') GROUP "
             "BY ALL",
             running->lake_fd, path);
    status = status == STATUS_OK ? duck_query(running->duck, sql, &result, fault) : status;
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        const struct duck_api *api = duck_api(running->duck);
        const void *sites = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
        const int64_t *rows = api->vector_get_data(api->data_chunk_get_vector(chunk, 1));
        for (idx_t i = 0; i < api->data_chunk_get_size(chunk); i++) {
            count(running, duck_text(sites, i), LEDGER_EXPIRED, (uint64_t)rows[i]);
        }
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

/* The file, what is known of its properties, and its line of the manifest. */
static enum status take_parquet(struct running *running, struct fault *fault)
{
    char path[PATH_BYTES];
    char names[2][LAKE_MANIFEST_NAME_BYTES];
    struct lake_manifest manifest;
    snprintf(path, sizeof(path), "events/%s/events.parquet", running->path);
    if (faccessat(running->lake_fd, path, F_OK, 0) != 0) {
        return STATUS_OK;
    }
    running->bytes += size_of(running, path);
    buf_append_format(&running->files, "remove %s\n", path);
    enum status status = ask_sites(running, path, fault);
    lake_schema_propose_removal(running->lake_fd, running->hour, &running->files);
    status = status == STATUS_OK
                 ? lake_manifest_load(&manifest, running->lake_fd, running->hour, fault)
                 : status;
    if (status != STATUS_OK || running->run->is_dry) {
        return status;
    }
    struct lake_manifest_row *row = lake_manifest_row(&manifest, running->hour);
    ledger_tally_add(&running->tally, running->hour, view_make(NULL, 0), LEDGER_MERGED,
                     row->is_there ? row->merged : 0);
    *row = (struct lake_manifest_row){0};
    lake_manifest_name(manifest.day, true, names[0]);
    lake_manifest_name(manifest.day, false, names[1]);
    buf_append_format(&running->files, "replace %s %s\n", names[0], names[1]);
    return lake_manifest_save(&manifest, running->lake_fd, fault);
}

static void begin_hour(struct running *running, int64_t hour)
{
    running->hour = hour;
    lake_hour_path(hour, running->path);
    buf_clear(&running->files);
    ledger_tally_clear(&running->tally);
    running->rows = running->bytes = 0;
}

/* Empty folders are of no use; one in which something came meanwhile stays. */
static void remove_folders(struct running *running)
{
    static const char *const TREES_OF_HOURS[] = {"raw", "events", "quarantine"};
    for (size_t i = 0; i < sizeof(TREES_OF_HOURS) / sizeof(TREES_OF_HOURS[0]); i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof(path), "%s/%s", TREES_OF_HOURS[i], running->path);
        unlinkat(running->lake_fd, path, AT_REMOVEDIR);
        *strrchr(path, '/') = 0;
        unlinkat(running->lake_fd, path, AT_REMOVEDIR);
    }
}

static enum status commit_hour(struct running *running, struct fault *fault)
{
    const struct retention_run *run = running->run;
    struct buf posts;
    buf_init(&posts, LEDGER_POST_BYTES_MAX);
    ledger_line_counts(&posts, &running->tally);
    struct erase_change change = {.hours = &running->hour,
                                  .hour_count = 1,
                                  .files = buf_view(&running->files),
                                  .posts = buf_view(&posts)};
    enum status status = buf_status(&posts);
    status = status == STATUS_OK ? buf_status(&running->files) : status;
    status = status == STATUS_OK ? run->commit(run->self, &change, fault) : status;
    buf_free(&posts);
    if (status == STATUS_OK) {
        remove_folders(running);
    }
    return status;
}

/* What may not go yet (a part's name is still needed) goes the next time. */
static enum status finish_hour(struct running *running, bool *is_done, struct fault *fault)
{
    *is_done = running->files.len > 0;
    enum status status =
        *is_done && !running->run->is_dry ? commit_hour(running, fault) : STATUS_OK;
    *is_done = *is_done && status == STATUS_OK;
    return status == STATUS_BAD_INPUT ? STATUS_OK : status;
}

static enum status drop_hour(struct running *running, int64_t hour, struct fault *fault)
{
    uint64_t files = 0;
    bool is_done = false;
    begin_hour(running, hour);
    enum status status = take_parts(running, TREE_RAW, &files, fault);
    status = status == STATUS_OK ? take_parquet(running, fault) : status;
    status = status == STATUS_OK ? finish_hour(running, &is_done, fault) : status;
    running->report->hours += is_done;
    running->report->rows += is_done ? running->rows : 0;
    running->report->bytes += is_done ? running->bytes : 0;
    return status;
}

static enum status drop_quarantine(struct running *running, int64_t hour, struct fault *fault)
{
    uint64_t files = 0;
    bool is_done = false;
    begin_hour(running, hour);
    enum status status = take_parts(running, TREE_QUARANTINE, &files, fault);
    status = status == STATUS_OK ? finish_hour(running, &is_done, fault) : status;
    running->report->quarantine_files += is_done ? files : 0;
    running->report->quarantine_rows += is_done ? running->rows : 0;
    return status;
}

/* Hours of a tree; none when there is no such tree. */
static enum status list_tree(const struct running *running, const char *name,
                             struct lake_hours *hours, struct fault *fault)
{
    int fd;
    *hours = (struct lake_hours){0};
    enum status status = data_folder_enter(running->lake_fd, name, false, &fd, fault);
    if (status == STATUS_OK) {
        status = lake_hours_list(hours, fd, fault);
        close(fd);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static bool has_parquet(const struct running *running, int64_t hour)
{
    char folder[LAKE_HOUR_PATH_BYTES];
    char path[PATH_BYTES];
    lake_hour_path(hour, folder);
    snprintf(path, sizeof(path), "events/%s/events.parquet", folder);
    return faccessat(running->lake_fd, path, F_OK, 0) == 0;
}

/* Of the rows an hour goes once, whichever tree it is in: with its Parquet file, if it has one. */
static bool is_others(const struct running *running, const char *tree, int64_t hour)
{
    bool is_of_parquet = view_is(view_from_text(tree), "events");
    bool is_of_parts = view_is(view_from_text(tree), "raw");
    return (is_of_parquet || is_of_parts) && has_parquet(running, hour) != is_of_parquet;
}

static enum status drop_over(struct running *running, const char *tree, enum retention_rule rule,
                             struct fault *fault)
{
    struct lake_hours hours;
    enum status status = list_tree(running, tree, &hours, fault);
    for (size_t i = 0; i < hours.count && status == STATUS_OK; i++) {
        bool is_over = retention_is_over(running->run->retention, rule, hours.at[i]);
        if (is_over && !is_others(running, tree, hours.at[i])) {
            status = rule == RETENTION_QUARANTINE ? drop_quarantine(running, hours.at[i], fault)
                                                  : drop_hour(running, hours.at[i], fault);
        }
    }
    lake_hours_free(&hours);
    return status;
}

/* The oldest that is not just being filled. */
static enum status oldest_hour(const struct running *running, int64_t beyond, int64_t *oldest,
                               struct fault *fault)
{
    static const char *const TREES_OF_ROWS[] = {"events", "raw"};
    int64_t last = running->run->retention->now_ms / HOUR_MS - KEPT_HOURS;
    enum status status = STATUS_OK;
    *oldest = INT64_MAX;
    for (size_t i = 0; i < 2 && status == STATUS_OK; i++) {
        struct lake_hours hours;
        status = list_tree(running, TREES_OF_ROWS[i], &hours, fault);
        for (size_t n = 0; n < hours.count; n++) {
            int64_t hour = hours.at[n];
            *oldest = hour > beyond && hour <= last && hour < *oldest ? hour : *oldest;
        }
        lake_hours_free(&hours);
    }
    return status;
}

static enum status drop_oldest(struct running *running, struct fault *fault)
{
    struct disk_use use;
    int64_t hour = INT64_MIN;
    enum status status = disk_use_measure(&use, running->run->data_fd, fault);
    while (status == STATUS_OK && running->run->keep_bytes > 0 &&
           use.bytes > running->run->keep_bytes) {
        status = oldest_hour(running, hour, &hour, fault);
        if (status != STATUS_OK || hour == INT64_MAX) {
            break;
        }
        status = drop_hour(running, hour, fault);
        use.bytes -= running->bytes < use.bytes ? running->bytes : use.bytes;
    }
    return status;
}

static enum status run_all(struct running *running, struct fault *fault)
{
    const struct retention_run *run = running->run;
    const struct erase_job job = {.retention = run->retention,
                                  .is_dry = run->is_dry,
                                  .self = run->self,
                                  .commit = run->commit};
    enum status status = drop_over(running, "events", RETENTION_EVENTS, fault);
    status = status == STATUS_OK ? drop_over(running, "raw", RETENTION_EVENTS, fault) : status;
    status = status == STATUS_OK ? drop_over(running, "quarantine", RETENTION_QUARANTINE, fault)
                                 : status;
    status = status == STATUS_OK ? drop_oldest(running, fault) : status;
    return status == STATUS_OK
               ? erase_lake(run->data_fd, run->library, &job, &running->report->partial, fault)
               : status;
}

enum status retention_run(const struct retention_run *run, struct retention_report *report,
                          struct fault *fault)
{
    struct running running = {.run = run, .report = report, .lake_fd = -1};
    enum status status = data_folder_enter(run->data_fd, "lake", false, &running.lake_fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    subject_row_init(&running.row);
    buf_init(&running.files, LAKE_CHANGE_BYTES_MAX / 2);
    ledger_tally_init(&running.tally, LEDGER_SITES_MAX);
    status = status == STATUS_OK ? run_all(&running, fault) : status;
    ledger_tally_free(&running.tally);
    buf_free(&running.files);
    subject_row_free(&running.row);
    duck_close(running.duck);
    if (running.lake_fd >= 0) {
        close(running.lake_fd);
    }
    return status;
}
