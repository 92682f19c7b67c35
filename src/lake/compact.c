#include "lake/compact_inside.h"

#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/lake_done.h"
#include "lake/lake_schema.h"
#include "lake/parquet_write.h"
#include "lake/part_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { CHANGE_BYTES_MAX = 16 * 1024 * 1024, RUNS_MAX = 100000 };
static enum status enter_all(struct compact *made, struct fault *fault)
{
    enum status status = data_folder_enter(made->data_fd, "lake", true, &made->lake_fd, fault);
    status = status == STATUS_OK
                 ? data_folder_enter(made->lake_fd, "raw", true, &made->raw_fd, fault)
                 : status;
    return status == STATUS_OK
               ? data_folder_enter(made->lake_fd, "events", true, &made->events_fd, fault)
               : status;
}

/* Only the newest hour may get columns that older ones do not have. */
static enum status find_newest(struct compact *compact, struct fault *fault)
{
    struct lake_hours hours;
    enum status status = lake_hours_list(&hours, compact->events_fd, fault);
    compact->newest = INT64_MIN;
    for (size_t i = status == STATUS_OK ? hours.count : 0; i > 0; i--) {
        char path[LAKE_HOUR_PATH_BYTES + sizeof(COMPACT_FINISHED)];
        lake_hour_path(hours.at[i - 1], path);
        memcpy(path + strlen(path), "/events.parquet", sizeof("/events.parquet"));
        if (faccessat(compact->events_fd, path, F_OK, 0) == 0) {
            compact->newest = hours.at[i - 1];
            break;
        }
    }
    if (status == STATUS_OK) {
        lake_hours_free(&hours);
    }
    return status;
}

static enum status open_duck(struct compact *compact, struct fault *fault)
{
    char spill[64];
    uint64_t memory = compact->options.memory_bytes;
    /* The rest is for the run, for what DuckDB takes beside its own limit, and the program. */
    struct duck_options options = {
        .library = compact->options.library,
        .memory_bytes = memory / 2,
        .threads = 1,
        .temp_folder = spill,
    };
    snprintf(spill, sizeof(spill), "/proc/self/fd/%d/_spill", compact->lake_fd);
    enum status status = duck_open(&compact->duck, &options, fault);
    status = status == STATUS_OK ? compact_run_create(&compact->run, memory / 6, fault) : status;
    status = status == STATUS_OK ? compact_run_register(compact->run, compact->duck, "run", fault)
                                 : status;
    status = status == STATUS_OK ? compact_merged_register(&compact->merged, compact->duck, fault)
                                 : status;
    return status == STATUS_OK
               ? duck_exec(compact->duck, "set enable_progress_bar = false; set timezone = 'UTC'",
                           fault)
               : status;
}

enum status compact_open(struct compact **compact, int data_fd,
                         const struct compact_options *options, struct fault *fault)
{
    struct compact *made = calloc(1, sizeof(*made));
    *compact = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to compact the lake");
    }
    made->options = *options;
    made->data_fd = data_fd;
    made->lake_fd = made->raw_fd = made->events_fd = -1;
    enum status status = enter_all(made, fault);
    status = status == STATUS_OK ? promoted_load(&made->promoted, made->lake_fd, fault) : status;
    status = status == STATUS_OK ? find_newest(made, fault) : status;
    status = status == STATUS_OK ? open_duck(made, fault) : status;
    status = status == STATUS_OK ? compact_late_open(made, fault) : status;
    if (status != STATUS_OK) {
        compact_close(made);
        return status;
    }
    *compact = made;
    return STATUS_OK;
}

void compact_close(struct compact *compact)
{
    if (!compact) {
        return;
    }
    duck_close(compact->duck);
    compact_run_destroy(compact->run);
    arena_free(&compact->merged.texts);
    const int fds[] = {compact->lake_fd, compact->raw_fd, compact->events_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(compact);
}

void compact_outcome_free(struct compact_outcome *outcome)
{
    buf_free(&outcome->change);
}

/* Frequent properties of the first rows become columns from this hour on; VARIANT when asked for.
 * True when there is something new. */
static bool add_columns(struct compact_work *work)
{
    struct compact *compact = work->compact;
    struct property_tally tally;
    property_tally_init(&tally);
    compact_run_tally(compact->run, &tally);
    bool has_new = property_tally_promote(&tally, &compact->promoted, work->hour);
    property_tally_free(&tally);
    bool has_variant =
        compact->options.has_variant && promoted_add_variant(&compact->promoted, work->hour);
    return has_new || has_variant;
}

static enum status choose_columns(struct compact_work *work, struct fault *fault)
{
    struct compact *compact = work->compact;
    enum status status = STATUS_OK;
    /* Durable before there is a file with them: no other can get their names. */
    if (work->hour > compact->newest && work->runs == 0 && add_columns(work)) {
        status = promoted_save(&compact->promoted, compact->lake_fd, fault);
    }
    compact_run_set_promoted(compact->run, &compact->promoted,
                             promoted_at(&compact->promoted, work->hour));
    return status;
}

/* The run's rows, sorted, and with the columns that they are to have. */
static enum status sort_run(struct compact_work *work, struct fault *fault)
{
    uint64_t dropped = 0;
    enum status status = compact_run_sort(work->compact->run, &dropped, fault);
    work->outcome->duplicates += dropped;
    return status == STATUS_OK ? choose_columns(work, fault) : status;
}

/* One more run is full. */
static enum status spill_run(struct compact_work *work, struct fault *fault)
{
    enum status status = work->runs < RUNS_MAX ? sort_run(work, fault) : STATUS_TOO_BIG;
    status = status == STATUS_OK ? compact_spill(work, fault) : status;
    compact_run_clear(work->compact->run);
    return status;
}

static enum status take_part(struct compact_work *work, const struct lake_part *part,
                             struct fault *fault)
{
    struct part_reader *reader;
    struct view row;
    enum status status = part_reader_open(&reader, work->raw_fd, part->name, fault);
    if (status != STATUS_OK) {
        return status;
    }
    while ((status = part_reader_next(reader, &row, fault)) == STATUS_OK) {
        compact_late_note(work, row);
        status = compact_run_add(work->compact->run, row, fault);
        if (status == STATUS_TOO_BIG) {
            status = spill_run(work, fault);
            status = status == STATUS_OK ? compact_run_add(work->compact->run, row, fault) : status;
        }
        work->outcome->rows_in++;
        if (status != STATUS_OK) {
            break;
        }
    }
    part_reader_close(reader);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Reads all parts. *damaged becomes the index of one that cannot be read. */
static enum status take_parts(struct compact_work *work, size_t *damaged, struct fault *fault)
{
    for (size_t i = 0; i < work->parts.count; i++) {
        if (work->is_out[i]) {
            continue;
        }
        enum status status = take_part(work, &work->parts.at[i], fault);
        if (status != STATUS_OK) {
            *damaged = i;
            return status;
        }
    }
    return STATUS_OK;
}

/* Nothing had to be set aside. */
static bool is_one_run(const struct compact_work *work)
{
    return work->runs == 0 && !work->has_old;
}

/* All rows of the file are in memory, in its order: they are counted on their way to it, and need
 * not be read from it once more. */
static enum status write_run(struct compact_work *work, struct fault *fault)
{
    struct compact *compact = work->compact;
    uint64_t seed;
    enum status status = lake_schema_seed(compact->data_fd, &seed, fault);
    status = status == STATUS_OK ? schema_stats_create(&work->stats, seed, fault) : status;
    if (status == STATUS_OK) {
        compact_run_count(compact->run, work->stats);
        status = parquet_write(compact->duck, compact_select(work, false), work->events_fd,
                               COMPACT_UNFINISHED, fault);
        compact_run_count(compact->run, NULL);
    }
    return status;
}

/* Everything that is in memory, or was set aside, into one file. */
static enum status write_hour(struct compact_work *work, struct compact_sums *expected,
                              struct fault *fault)
{
    struct compact *compact = work->compact;
    if (is_one_run(work)) {
        enum status status = sort_run(work, fault);
        *expected = compact_run_sums(compact->run);
        return status == STATUS_OK ? write_run(work, fault) : status;
    }
    enum status status = compact_run_rows(compact->run) > 0 ? spill_run(work, fault) : STATUS_OK;
    return status == STATUS_OK ? compact_merge(work, expected, fault) : status;
}

static enum status measure(struct compact_work *work, struct fault *fault)
{
    struct lake_manifest_row *row = lake_manifest_row(&work->manifest, work->hour);
    const struct compact_sums *sums = &work->outcome->sums;
    int fd = openat(work->events_fd, COMPACT_UNFINISHED, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open events/%s/%s", work->path,
                           COMPACT_UNFINISHED);
    }
    *row = (struct lake_manifest_row){.is_there = true,
                                      .merged = row->merged + work->outcome->duplicates,
                                      .rows = sums->rows,
                                      .first_seq = sums->first_seq,
                                      .last_seq = sums->last_seq};
    enum status status = lake_manifest_measure(row, fd, fault);
    if (status == STATUS_OK) {
        status = work->stats
                     ? lake_schema_propose_counted(work->stats, work->compact->data_fd, work->hour,
                                                   fd, &work->outcome->change, fault)
                     : lake_schema_propose(work->compact->duck, work->compact->data_fd, work->hour,
                                           fd, &work->outcome->change, fault);
    }
    close(fd);
    work->outcome->bytes = row->bytes;
    return status == STATUS_OK ? lake_manifest_save(&work->manifest, work->compact->lake_fd, fault)
                               : status;
}

/* What was there before must be sound, or its damage would be covered by a new checksum. */
static enum status check_old(struct compact_work *work, struct fault *fault)
{
    struct lake_manifest_row *row = lake_manifest_row(&work->manifest, work->hour);
    struct lake_manifest_row found = {0};
    int fd = openat(work->events_fd, COMPACT_FINISHED, O_RDONLY | O_CLOEXEC);
    work->has_old = fd >= 0;
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK
                               : fault_errno(fault, errno, "cannot open events/%s/%s", work->path,
                                             COMPACT_FINISHED);
    }
    enum status status = lake_manifest_measure(&found, fd, fault);
    close(fd);
    if (status == STATUS_OK &&
        (!row->is_there || found.bytes != row->bytes || found.crc != row->crc)) {
        status = fault_set(fault, STATUS_DAMAGED,
                           "events/%s/%s is not as lake/manifest says it must be; nothing was done "
                           "to it, see `pipes verify`",
                           work->path, COMPACT_FINISHED);
    }
    return status;
}

static void describe(struct compact_work *work)
{
    struct buf *change = &work->outcome->change;
    char name[LAKE_MANIFEST_NAME_BYTES];
    lake_manifest_name(work->manifest.day, true, name);
    buf_append_format(change, "replace events/%s/%s events/%s/%s\n", work->path, COMPACT_UNFINISHED,
                      work->path, COMPACT_FINISHED);
    for (size_t i = 0; i < work->parts.count; i++) {
        if (!work->is_out[i]) {
            buf_append_format(change, "remove raw/%s/%s\n", work->path, work->parts.at[i].name);
        }
    }
    buf_append_format(change, "replace %s ", name);
    lake_manifest_name(work->manifest.day, false, name);
    buf_append_format(change, "%s\n", name);
}

/* Also what a killed process left. */
static void remove_leftovers(struct compact_work *work, bool with_result)
{
    row_keys_destroy(work->keys);
    work->keys = NULL;
    work->runs = 0;
    int fd = openat(work->events_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        bool is_result = strcmp(entry->d_name, COMPACT_UNFINISHED) == 0;
        if (strncmp(entry->d_name, "_run-", 5) == 0 || strcmp(entry->d_name, "_keys") == 0 ||
            (is_result && with_result)) {
            unlinkat(work->events_fd, entry->d_name, 0);
        }
    }
    if (folder) {
        closedir(folder);
    }
}

static bool has_parts(const struct compact_work *work)
{
    for (size_t i = 0; i < work->parts.count; i++) {
        if (!work->is_out[i]) {
            return true;
        }
    }
    return false;
}

/* From the beginning: parts that turn out to be damaged are left out, and all is done again
 * without them, so that none is taken by half. */
static enum status make_file(struct compact_work *work, struct compact_sums *expected,
                             struct fault *fault)
{
    enum status status = STATUS_DAMAGED;
    while (status == STATUS_DAMAGED && has_parts(work)) {
        size_t damaged = work->parts.count;
        remove_leftovers(work, true);
        compact_run_clear(work->compact->run);
        work->outcome->rows_in = work->outcome->duplicates = 0;
        status = take_parts(work, &damaged, fault);
        if (status == STATUS_DAMAGED && damaged < work->parts.count) {
            logger_error(work->compact->options.log, "compact",
                         "lake/raw/%s/%s is damaged and stays where it is: %s", work->path,
                         work->parts.at[damaged].name, fault->text);
            work->is_out[damaged] = true;
            work->outcome->damaged++;
        }
    }
    if (status == STATUS_OK) {
        return write_hour(work, expected, fault);
    }
    return status == STATUS_DAMAGED ? STATUS_END : status;
}

static enum status choose_parts(struct compact_work *work, struct fault *fault)
{
    struct lake_done done;
    enum status status = lake_parts_list(&work->parts, work->compact->raw_fd, work->hour, fault);
    status = status == STATUS_OK ? lake_done_load(&done, work->compact->data_fd, fault) : status;
    if (status != STATUS_OK) {
        return status;
    }
    work->is_out = calloc(work->parts.count + 1, sizeof(bool));
    for (size_t i = 0; work->is_out && i < work->parts.count; i++) {
        work->is_out[i] = !lake_done_covers(&done, TREE_RAW, &work->parts.at[i].parsed);
        work->outcome->parts += !work->is_out[i];
        work->outcome->part_bytes += work->is_out[i] ? 0 : work->parts.at[i].bytes;
    }
    lake_done_free(&done);
    if (!work->is_out) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the parts of an hour");
    }
    return has_parts(work) ? STATUS_OK : STATUS_END;
}

/* The journal goes before: rather no Parquet now than a collector that answers 503. */
static enum status check_room(struct compact_work *work, struct fault *fault)
{
    struct statvfs facts;
    uint64_t wanted = work->compact->options.room_bytes + 2 * work->outcome->part_bytes;
    if (fstatvfs(work->compact->lake_fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot tell how full the disk is");
    }
    uint64_t free_bytes = (uint64_t)facts.f_bavail * facts.f_frsize;
    return free_bytes >= wanted
               ? STATUS_OK
               : fault_set(fault, STATUS_FULL,
                           "the disk has %llu MB left; %llu are wanted to compact %s",
                           (unsigned long long)(free_bytes >> 20),
                           (unsigned long long)(wanted >> 20), work->path);
}

static enum status enter_hour(struct compact_work *work, struct fault *fault)
{
    struct compact *compact = work->compact;
    char date[LAKE_HOUR_PATH_BYTES];
    int date_fd = -1;
    snprintf(date, sizeof(date), "%.15s", work->path);
    enum status status =
        data_folder_enter(compact->raw_fd, work->path, false, &work->raw_fd, fault);
    status = status == STATUS_OK
                 ? data_folder_enter(compact->events_fd, date, true, &date_fd, fault)
                 : status;
    if (status == STATUS_OK) {
        status = data_folder_enter(date_fd, work->path + 16, true, &work->events_fd, fault);
        close(date_fd);
    }
    return status;
}

static enum status compact_work(struct compact_work *work, struct fault *fault)
{
    struct compact_sums expected = {0};
    enum status status = choose_parts(work, fault);
    status = status == STATUS_OK ? check_room(work, fault) : status;
    status = status == STATUS_OK ? enter_hour(work, fault) : status;
    status = status == STATUS_OK
                 ? lake_manifest_load(&work->manifest, work->compact->lake_fd, work->hour, fault)
                 : status;
    status = status == STATUS_OK ? check_old(work, fault) : status;
    status = status == STATUS_OK ? make_file(work, &expected, fault) : status;
    status = status == STATUS_OK ? compact_prove(work, &expected, fault) : status;
    return status == STATUS_OK ? measure(work, fault) : status;
}

enum status compact_hour(struct compact *compact, int64_t hour, struct compact_outcome *outcome,
                         struct fault *fault)
{
    *outcome = (struct compact_outcome){0};
    buf_init(&outcome->change, CHANGE_BYTES_MAX);
    struct compact_work work = {
        .compact = compact, .outcome = outcome, .hour = hour, .raw_fd = -1, .events_fd = -1};
    lake_hour_path(hour, work.path);
    compact_late_begin(&work);
    enum status status = compact_work(&work, fault);
    if (status == STATUS_OK) {
        describe(&work);
        compact->newest = hour > compact->newest ? hour : compact->newest;
        status = buf_status(&outcome->change);
    }
    if (work.events_fd >= 0) {
        remove_leftovers(&work, status != STATUS_OK);
        close(work.events_fd);
    }
    if (work.raw_fd >= 0) {
        close(work.raw_fd);
    }
    compact_run_clear(compact->run);
    schema_stats_destroy(work.stats);
    lake_parts_free(&work.parts);
    free(work.is_out);
    return status;
}
