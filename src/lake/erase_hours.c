#include "lake/erase_hours.h"

#include "journal/data_folder.h"
#include "lake/erase_file.h"
#include "lake/erase_parts.h"
#include "lake/schema_tidy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH_MAX = 24, /* hours of one commit: that waits for the disk a dozen times */
    FILES_BYTES_MAX = BATCH_MAX * 1024,
    POSTS_BYTES_MAX = 16 << 20,
};

/* What the threads share: each takes the next hour. */
struct erasing {
    const struct erase_hours_options *options;
    int lake_fd;
    int events_fd;
    struct lake_hours hours;
    pthread_mutex_t lock;
    size_t next; /* under the lock, as all that follows */
    struct erase_made made[BATCH_MAX];
    size_t made_count;
    struct erase_counts *counts;
    enum status status;
    struct fault *fault;
};

static int64_t day_of(int64_t hour)
{
    return hour >= 0 ? hour / 24 : (hour - 23) / 24;
}

static void append_replacements(const struct erase_made *made, size_t count, struct buf *files)
{
    char names[2][LAKE_MANIFEST_NAME_BYTES];
    for (size_t i = 0; i < count; i++) {
        char path[LAKE_HOUR_PATH_BYTES];
        lake_hour_path(made[i].hour, path);
        buf_append_format(files, "replace events/%s/_events.parquet events/%s/events.parquet\n",
                          path, path);
        buf_append_view(files, buf_view(&made[i].files));
    }
    lake_manifest_name(day_of(made[0].hour), true, names[0]);
    lake_manifest_name(day_of(made[0].hour), false, names[1]);
    buf_append_format(files, "replace %s %s\n", names[0], names[1]);
}

/* Hours of one day. */
static enum status note_day(struct erasing *erasing, const struct erase_made *made, size_t count,
                            struct buf *files, struct fault *fault)
{
    struct lake_manifest manifest;
    enum status status = lake_manifest_load(&manifest, erasing->lake_fd, made[0].hour, fault);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct lake_manifest_row *row = lake_manifest_row(&manifest, made[i].hour);
        uint64_t merged = row->merged;
        *row = made[i].row;
        row->merged = merged;
    }
    append_replacements(made, count, files);
    return status == STATUS_OK ? lake_manifest_save(&manifest, erasing->lake_fd, fault) : status;
}

static int compare_made(const void *a, const void *b)
{
    int64_t left = ((const struct erase_made *)a)->hour;
    int64_t right = ((const struct erase_made *)b)->hour;
    return left < right ? -1 : left > right;
}

static enum status note_all(struct erasing *erasing, struct buf *files, struct fault *fault)
{
    enum status status = STATUS_OK;
    qsort(erasing->made, erasing->made_count, sizeof(erasing->made[0]), compare_made);
    for (size_t i = 0; i < erasing->made_count && status == STATUS_OK;) {
        size_t end = i + 1;
        while (end < erasing->made_count &&
               day_of(erasing->made[end].hour) == day_of(erasing->made[i].hour)) {
            end++;
        }
        status = note_day(erasing, &erasing->made[i], end - i, files, fault);
        i = end;
    }
    return status;
}

/* Under the lock. */
static enum status commit(struct erasing *erasing, struct fault *fault)
{
    const struct erase_job *job = erasing->options->job;
    int64_t hours[BATCH_MAX];
    struct buf files;
    struct buf posts;
    buf_init(&files, FILES_BYTES_MAX);
    buf_init(&posts, POSTS_BYTES_MAX);
    enum status status = note_all(erasing, &files, fault);
    for (size_t i = 0; i < erasing->made_count; i++) {
        hours[i] = erasing->made[i].hour;
        buf_append_view(&posts, buf_view(&erasing->made[i].posts));
        erase_made_free(&erasing->made[i]);
    }
    const struct erase_change change = {.hours = hours,
                                        .hour_count = erasing->made_count,
                                        .files = buf_view(&files),
                                        .posts = buf_view(&posts)};
    erasing->made_count = 0;
    status = status == STATUS_OK ? buf_status(&files) : status;
    status = status == STATUS_OK ? buf_status(&posts) : status;
    status = status == STATUS_OK ? job->commit(job->self, &change, fault) : status;
    buf_free(&files);
    buf_free(&posts);
    return status;
}

static enum status keep_made(struct erasing *erasing, const struct erase_made *made,
                             struct fault *fault)
{
    pthread_mutex_lock(&erasing->lock);
    erasing->made[erasing->made_count++] = *made;
    enum status status = erasing->made_count == BATCH_MAX ? commit(erasing, fault) : STATUS_OK;
    pthread_mutex_unlock(&erasing->lock);
    return status;
}

static void add_counts(struct erase_counts *counts, const struct erase_counts *more)
{
    if (counts->unreadable == 0) {
        memcpy(counts->unreadable_name, more->unreadable_name, sizeof(more->unreadable_name));
    }
    counts->files += more->files;
    counts->rewritten += more->rewritten;
    counts->rows += more->rows;
    counts->rows_redacted += more->rows_redacted;
    counts->unreadable += more->unreadable;
}

/* False when there is no more, or another thread failed. */
static bool next_hour(struct erasing *erasing, int64_t *hour)
{
    pthread_mutex_lock(&erasing->lock);
    bool has_more = erasing->status == STATUS_OK && erasing->next < erasing->hours.count;
    *hour = has_more ? erasing->hours.at[erasing->next++] : 0;
    pthread_mutex_unlock(&erasing->lock);
    return has_more;
}

static void note_end(struct erasing *erasing, const struct erase_counts *counts, enum status status,
                     const struct fault *fault)
{
    pthread_mutex_lock(&erasing->lock);
    add_counts(erasing->counts, counts);
    if (status != STATUS_OK && erasing->status == STATUS_OK) {
        erasing->status = fault_set(erasing->fault, status, "%s", fault->text);
    }
    pthread_mutex_unlock(&erasing->lock);
}

static void *erase_some(void *argument)
{
    struct erasing *erasing = argument;
    const struct erase_file_options options = {.data_fd = erasing->options->data_fd,
                                               .lake_fd = erasing->lake_fd,
                                               .events_fd = erasing->events_fd,
                                               .library = erasing->options->library,
                                               .memory_bytes = erasing->options->memory_bytes,
                                               .job = erasing->options->job};
    struct erase_counts counts = {0};
    struct erase_file *file;
    struct fault fault = {0};
    int64_t hour;
    enum status status = erase_file_create(&file, &options, &fault);
    while (status == STATUS_OK && next_hour(erasing, &hour)) {
        struct erase_made made = {0};
        status = erase_file_hour(file, hour, &counts, &made, &fault);
        status = status == STATUS_OK    ? keep_made(erasing, &made, &fault)
                 : status == STATUS_END ? STATUS_OK
                                        : status;
    }
    note_end(erasing, &counts, status, &fault);
    erase_file_destroy(file);
    return NULL;
}

/* What no thread can be had for, this one does. */
static void erase_together(struct erasing *erasing)
{
    pthread_t threads[ERASE_HOURS_THREADS_MAX];
    size_t hours = erasing->hours.count;
    size_t wanted = erasing->options->threads < hours ? erasing->options->threads : hours;
    size_t started = 0;
    while (started + 1 < wanted && started < ERASE_HOURS_THREADS_MAX &&
           pthread_create(&threads[started], NULL, erase_some, erasing) == 0) {
        started++;
    }
    erase_some(erasing);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}

static enum status erase_all(struct erasing *erasing, struct fault *fault)
{
    enum status status = erase_unfinished(erasing->events_fd, fault);
    status = status == STATUS_OK && !erasing->options->job->is_dry
                 ? schema_tidy(erasing->lake_fd, fault)
                 : status;
    status =
        status == STATUS_OK ? lake_hours_list(&erasing->hours, erasing->events_fd, fault) : status;
    if (status == STATUS_OK) {
        erase_together(erasing);
        status = erasing->status;
    }
    status = status == STATUS_OK && erasing->made_count > 0 ? commit(erasing, fault) : status;
    for (size_t i = 0; i < erasing->made_count; i++) {
        erase_made_free(&erasing->made[i]);
    }
    lake_hours_free(&erasing->hours);
    return status;
}

enum status erase_hours(const struct erase_hours_options *options, struct erase_counts *counts,
                        struct fault *fault)
{
    struct erasing erasing = {
        .options = options, .lake_fd = -1, .events_fd = -1, .counts = counts, .fault = fault};
    pthread_mutex_init(&erasing.lock, NULL);
    enum status status =
        data_folder_enter(options->data_fd, "lake", false, &erasing.lake_fd, fault);
    status = status == STATUS_OK
                 ? data_folder_enter(erasing.lake_fd, "events", false, &erasing.events_fd, fault)
                 : status;
    status = status == STATUS_OK ? erase_all(&erasing, fault) : status;
    if (erasing.events_fd >= 0) {
        close(erasing.events_fd);
    }
    if (erasing.lake_fd >= 0) {
        close(erasing.lake_fd);
    }
    pthread_mutex_destroy(&erasing.lock);
    /* No lake, no Parquet: nothing to do. */
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
