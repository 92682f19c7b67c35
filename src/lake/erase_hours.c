#include "lake/erase_hours.h"

#include "journal/data_folder.h"
#include "lake/erase_parts.h"
#include "lake/lake_hour.h"
#include "lake/lake_manifest.h"
#include "lake/ledger_hour.h"
#include "lake/parquet_write.h"
#include "lake/subject_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POSTS_BYTES_MAX = 1 << 20,
    SQL_BYTES_MAX = 64 << 20,
    CHANGE_BYTES_MAX = 4096,
    FROM_BYTES = 64
};
static const char FINISHED[] = "events.parquet";
static const char UNFINISHED[] = "_events.parquet";

/* What the threads share: each takes the next hour. */
struct erasing_all {
    const struct erase_hours_options *options;
    int lake_fd;
    int events_fd;
    struct lake_hours hours;
    pthread_mutex_t lock;
    size_t next; /* under the lock, as the rest: and so are commits, for hours share */
    struct erase_counts *counts; /* their day's manifest */
    enum status status;
    struct fault *fault;
};

/* One thread's. */
struct erasing {
    struct erasing_all *all;
    const struct erase_hours_options *options;
    int lake_fd;
    int events_fd;
    struct duck *duck;
    struct subject_sql_columns columns;
    struct erase_counts counts;
    /* of the hour */
    int64_t hour;
    char path[LAKE_HOUR_PATH_BYTES];
    int hour_fd;
};

/* What a file holds: the sums tell two files apart in which a row is different. */
struct sums {
    uint64_t rows;
    uint64_t seq_sum;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t owned;
    uint64_t owned_seq_sum;
    uint64_t mentions;
};

static void name_file(const struct erasing *erasing, const char *name, char from[FROM_BYTES])
{
    snprintf(from, FROM_BYTES, "read_parquet('/proc/self/fd/%d/%s')", erasing->hour_fd, name);
}

static enum status read_numbers(struct duck *duck, const char *sql, struct sums *sums,
                                struct fault *fault)
{
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    enum status status = duck_query(duck, sql, &result, fault);
    status = status == STATUS_OK ? duck_result_next(result, &chunk, fault) : status;
    if (status == STATUS_OK) {
        uint64_t *const places[] = {&sums->rows,     &sums->seq_sum, &sums->first_seq,
                                    &sums->last_seq, &sums->owned,   &sums->owned_seq_sum,
                                    &sums->mentions};
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            duckdb_vector vector = duck_api(duck)->data_chunk_get_vector(chunk, i);
            *places[i] = *(const uint64_t *)duck_api(duck)->vector_get_data(vector);
        }
    }
    duck_result_close(result);
    return status;
}

/* The condition of rows that go. */
static void append_owned(const struct erasing *erasing, struct buf *sql)
{
    const struct erase_job *job = erasing->options->job;
    if (job->subject) {
        subject_sql_owns(sql, job->subject);
    } else {
        retention_append_sql(job->retention, erasing->hour, sql);
    }
}

static enum status look(struct erasing *erasing, const char *name, bool for_mentions,
                        struct sums *sums, struct fault *fault)
{
    const struct subject *subject = erasing->options->job->subject;
    char from[FROM_BYTES];
    struct buf sql;
    name_file(erasing, name, from);
    enum status status = for_mentions
                             ? subject_sql_columns(&erasing->columns, erasing->duck, from, fault)
                             : STATUS_OK;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_text(&sql, "SELECT count(*), coalesce(sum(ingest_seq), 0)::BIGINT, "
                          "coalesce(min(ingest_seq), 0)::BIGINT, "
                          "coalesce(max(ingest_seq), 0)::BIGINT, count(*) FILTER (is_owned), "
                          "coalesce(sum(ingest_seq) FILTER (is_owned), 0)::BIGINT, "
                          "count(*) FILTER (is_mentioned) FROM (SELECT ingest_seq, ");
    append_owned(erasing, &sql);
    buf_append_text(&sql, " AS is_owned, ");
    if (for_mentions) {
        subject_sql_mentions(&sql, subject, &erasing->columns);
    } else {
        buf_append_text(&sql, "false");
    }
    buf_append_format(&sql, " AS is_mentioned FROM %s)", from);
    buf_append_byte(&sql, 0);
    status = status == STATUS_OK ? buf_status(&sql) : status;
    status = status == STATUS_OK ? read_numbers(erasing->duck, sql.at, sums, fault) : status;
    buf_free(&sql);
    return status;
}

/* What is left of the file, as what stands behind FROM. */
static void append_rest(struct erasing *erasing, bool has_mentions, struct buf *rest)
{
    const struct subject *subject = erasing->options->job->subject;
    char from[FROM_BYTES];
    name_file(erasing, FINISHED, from);
    if (has_mentions) {
        buf_append_text(rest, "(SELECT ");
        subject_sql_select(rest, subject, &erasing->columns);
        buf_append_text(rest, " FROM (SELECT *, ");
        subject_sql_mentions(rest, subject, &erasing->columns);
        buf_append_format(rest, " AS is_mentioned FROM %s WHERE NOT ", from);
        append_owned(erasing, rest);
        buf_append_text(rest, "))");
    } else {
        buf_append_format(rest, "%s WHERE NOT ", from);
        append_owned(erasing, rest);
    }
    buf_append_byte(rest, 0);
}

static enum status write_without(struct erasing *erasing, bool has_mentions, struct fault *fault)
{
    struct buf rest;
    struct buf sql;
    buf_init(&rest, SQL_BYTES_MAX);
    buf_init(&sql, SQL_BYTES_MAX);
    append_rest(erasing, has_mentions, &rest);
    enum status status = buf_status(&rest);
    status = status == STATUS_OK ? parquet_append_select(&sql, rest.at) : status;
    status = status == STATUS_OK
                 ? parquet_write(erasing->duck, sql.at, erasing->hour_fd, UNFINISHED, fault)
                 : status;
    buf_free(&sql);
    buf_free(&rest);
    return status;
}

/* The old file goes: so the new one is read once more before. */
static enum status prove(struct erasing *erasing, const struct sums *before, struct sums *after,
                         struct fault *fault)
{
    enum status status = look(erasing, UNFINISHED, before->mentions > 0, after, fault);
    if (status == STATUS_OK &&
        (after->owned > 0 || after->mentions > 0 || after->rows != before->rows - before->owned ||
         after->seq_sum != before->seq_sum - before->owned_seq_sum)) {
        status = fault_set(fault, STATUS_DAMAGED,
                           "events/%s: what was written is not the rest of what was there (%llu "
                           "rows of %llu, %llu of the subject)",
                           erasing->path, (unsigned long long)after->rows,
                           (unsigned long long)before->rows, (unsigned long long)before->owned);
    }
    return status;
}

static enum status measure(struct erasing *erasing, struct lake_manifest *manifest,
                           const struct sums *sums, struct fault *fault)
{
    struct lake_manifest_row *row = lake_manifest_row(manifest, erasing->hour);
    *row = (struct lake_manifest_row){.is_there = true,
                                      .rows = sums->rows,
                                      .merged = row->merged,
                                      .first_seq = sums->first_seq,
                                      .last_seq = sums->last_seq};
    int fd = openat(erasing->hour_fd, UNFINISHED, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open events/%s/%s", erasing->path, UNFINISHED);
    }
    enum status status = lake_manifest_measure(row, fd, fault);
    close(fd);
    return status == STATUS_OK ? lake_manifest_save(manifest, erasing->lake_fd, fault) : status;
}

/* What was erased, by site, as lines of a posting. */
static enum status append_posts(struct erasing *erasing, struct buf *posts, struct fault *fault)
{
    const struct erase_job *job = erasing->options->job;
    char from[FROM_BYTES];
    struct buf sql;
    struct duck_result *result = NULL;
    struct ledger_tally tally;
    duckdb_data_chunk chunk;
    name_file(erasing, FINISHED, from);
    ledger_tally_init(&tally, LEDGER_SITES_MAX);
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_format(&sql, "SELECT coalesce(site, ''), count(*) FROM %s WHERE ", from);
    append_owned(erasing, &sql);
    buf_append_text(&sql, " GROUP BY ALL");
    buf_append_byte(&sql, 0);
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? duck_query(erasing->duck, sql.at, &result, fault) : status;
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        const struct duck_api *api = duck_api(erasing->duck);
        const void *sites = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
        const int64_t *rows = api->vector_get_data(api->data_chunk_get_vector(chunk, 1));
        for (idx_t i = 0; i < api->data_chunk_get_size(chunk); i++) {
            ledger_tally_add(&tally, erasing->hour, duck_text(sites, i), erase_job_count(job),
                             (uint64_t)rows[i]);
        }
    }
    duck_result_close(result);
    buf_free(&sql);
    ledger_line_counts(posts, &tally);
    ledger_tally_free(&tally);
    return status == STATUS_END ? buf_status(posts) : status;
}

static enum status commit(struct erasing *erasing, const struct lake_manifest *manifest,
                          struct fault *fault)
{
    const struct erase_job *job = erasing->options->job;
    char unfinished[LAKE_MANIFEST_NAME_BYTES];
    char finished[LAKE_MANIFEST_NAME_BYTES];
    char text[CHANGE_BYTES_MAX];
    struct buf posts;
    buf_init(&posts, POSTS_BYTES_MAX);
    lake_manifest_name(manifest->day, true, unfinished);
    lake_manifest_name(manifest->day, false, finished);
    int len = snprintf(text, sizeof(text), "replace events/%s/%s events/%s/%s\nreplace %s %s\n",
                       erasing->path, UNFINISHED, erasing->path, FINISHED, unfinished, finished);
    enum status status = append_posts(erasing, &posts, fault);
    struct erase_change change = {
        .hour = erasing->hour, .files = view_make(text, (size_t)len), .posts = buf_view(&posts)};
    status = status == STATUS_OK ? job->commit(job->self, &change, fault) : status;
    buf_free(&posts);
    return status;
}

/* Hours of a day share its manifest. */
static enum status replace(struct erasing *erasing, const struct sums *after, struct fault *fault)
{
    struct lake_manifest manifest;
    pthread_mutex_lock(&erasing->all->lock);
    enum status status = lake_manifest_load(&manifest, erasing->lake_fd, erasing->hour, fault);
    status = status == STATUS_OK ? measure(erasing, &manifest, after, fault) : status;
    status = status == STATUS_OK ? commit(erasing, &manifest, fault) : status;
    pthread_mutex_unlock(&erasing->all->lock);
    return status;
}

static enum status rewrite(struct erasing *erasing, const struct sums *before, struct fault *fault)
{
    struct sums after = {0};
    enum status status = write_without(erasing, before->mentions > 0, fault);
    status = status == STATUS_OK ? prove(erasing, before, &after, fault) : status;
    status = status == STATUS_OK ? replace(erasing, &after, fault) : status;
    if (status != STATUS_OK) {
        unlinkat(erasing->hour_fd, UNFINISHED, 0);
    }
    return status;
}

static void note_unreadable(const struct erasing *erasing, struct erase_counts *counts)
{
    if (counts->unreadable++ == 0) {
        snprintf(counts->unreadable_name, sizeof(counts->unreadable_name), "events/%s/%s",
                 erasing->path, FINISHED);
    }
}

/* Damage is told by checksum: DuckDB may read a flipped bit as something else, and the new file
 * would cover it. */
static enum status check(struct erasing *erasing, struct fault *fault)
{
    struct lake_manifest manifest;
    struct lake_manifest_row found = {0};
    enum status status = lake_manifest_load(&manifest, erasing->lake_fd, erasing->hour, fault);
    int fd = openat(erasing->hour_fd, FINISHED, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT
                   ? STATUS_NOT_FOUND
                   : fault_errno(fault, errno, "cannot open events/%s/%s", erasing->path, FINISHED);
    }
    status = status == STATUS_OK ? lake_manifest_measure(&found, fd, fault) : status;
    close(fd);
    const struct lake_manifest_row *row = lake_manifest_row(&manifest, erasing->hour);
    bool is_as_written = row->is_there && found.bytes == row->bytes && found.crc == row->crc;
    return status == STATUS_OK && !is_as_written
               ? fault_set(fault, STATUS_DAMAGED, "events/%s/%s is not as lake/manifest says",
                           erasing->path, FINISHED)
               : status;
}

static enum status open_duck(struct erasing *erasing, struct fault *fault)
{
    const struct erase_hours_options *options = erasing->options;
    struct duck_options duck = {
        .library = options->library, .memory_bytes = options->memory_bytes, .threads = 1};
    enum status status = duck_open(&erasing->duck, &duck, fault);
    return status == STATUS_OK ? duck_exec(erasing->duck,
                                           "SET enable_progress_bar = false; SET timezone = 'UTC'; "
                                           "SET preserve_insertion_order = true",
                                           fault)
                               : status;
}

/* What is there, and how much of it goes. For a subject damage is looked for first: what cannot be
 * read might hold it. */
static enum status look_at_file(struct erasing *erasing, struct sums *before, struct fault *fault)
{
    bool is_for_subject = erasing->options->job->subject != NULL;
    enum status status = is_for_subject ? check(erasing, fault) : STATUS_OK;
    if (status == STATUS_OK && faccessat(erasing->hour_fd, FINISHED, F_OK, 0) != 0) {
        return STATUS_NOT_FOUND;
    }
    status = status == STATUS_OK && !erasing->duck ? open_duck(erasing, fault) : status;
    status = status == STATUS_OK ? look(erasing, FINISHED, is_for_subject, before, fault) : status;
    return status == STATUS_OK && !is_for_subject && before->owned > 0 ? check(erasing, fault)
                                                                       : status;
}

static enum status erase_file(struct erasing *erasing, struct erase_counts *counts,
                              struct fault *fault)
{
    struct sums before = {0};
    enum status status = look_at_file(erasing, &before, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    counts->files++;
    if (status == STATUS_DAMAGED) {
        note_unreadable(erasing, counts);
        return STATUS_OK;
    }
    bool is_hit = before.owned + before.mentions > 0;
    if (status == STATUS_OK && is_hit && !erasing->options->job->is_dry) {
        status = rewrite(erasing, &before, fault);
    }
    if (status == STATUS_OK && is_hit) {
        counts->rewritten++;
        counts->rows += before.owned;
        counts->rows_redacted += before.mentions;
    }
    return status;
}

static enum status erase_hour(struct erasing *erasing, struct erase_counts *counts,
                              struct fault *fault)
{
    const struct erase_job *job = erasing->options->job;
    if (erase_job_is_stopped(job)) {
        return fault_set(fault, STATUS_BUSY, "it was stopped");
    }
    if (!erase_job_meets(job, erasing->hour)) {
        return STATUS_OK;
    }
    lake_hour_path(erasing->hour, erasing->path);
    enum status status =
        data_folder_enter(erasing->events_fd, erasing->path, false, &erasing->hour_fd, fault);
    if (status == STATUS_OK) {
        status = erase_file(erasing, counts, fault);
        close(erasing->hour_fd);
    }
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
static bool next_hour(struct erasing_all *all, int64_t *hour)
{
    pthread_mutex_lock(&all->lock);
    bool has_more = all->status == STATUS_OK && all->next < all->hours.count;
    *hour = has_more ? all->hours.at[all->next++] : 0;
    pthread_mutex_unlock(&all->lock);
    return has_more;
}

static void note_end(struct erasing_all *all, const struct erasing *erasing, enum status status,
                     const struct fault *fault)
{
    pthread_mutex_lock(&all->lock);
    if (erasing) {
        add_counts(all->counts, &erasing->counts);
    }
    if (status != STATUS_OK && all->status == STATUS_OK) {
        all->status = fault_set(all->fault, status, "%s", fault->text);
    }
    pthread_mutex_unlock(&all->lock);
}

static void *erase_some(void *argument)
{
    struct erasing_all *all = argument;
    struct erasing *erasing = calloc(1, sizeof(*erasing)); /* too large for a stack */
    struct fault fault = {0};
    enum status status =
        erasing ? STATUS_OK : fault_set(&fault, STATUS_NO_MEMORY, "no memory to erase");
    if (erasing) {
        *erasing = (struct erasing){.all = all,
                                    .options = all->options,
                                    .lake_fd = all->lake_fd,
                                    .events_fd = all->events_fd};
    }
    while (status == STATUS_OK && next_hour(all, &erasing->hour)) {
        status = erase_hour(erasing, &erasing->counts, &fault);
    }
    note_end(all, erasing, status, &fault);
    if (erasing) {
        duck_close(erasing->duck);
    }
    free(erasing);
    return NULL;
}

/* What no thread can be had for, this one does. */
static void erase_together(struct erasing_all *all)
{
    pthread_t threads[ERASE_HOURS_THREADS_MAX];
    size_t wanted =
        all->options->threads < all->hours.count ? all->options->threads : all->hours.count;
    size_t started = 0;
    while (started + 1 < wanted && started < ERASE_HOURS_THREADS_MAX &&
           pthread_create(&threads[started], NULL, erase_some, all) == 0) {
        started++;
    }
    erase_some(all);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}

static enum status erase_all(struct erasing_all *all, struct fault *fault)
{
    enum status status = erase_unfinished(all->events_fd, fault);
    status = status == STATUS_OK ? lake_hours_list(&all->hours, all->events_fd, fault) : status;
    if (status == STATUS_OK) {
        erase_together(all);
        status = all->status;
    }
    lake_hours_free(&all->hours);
    return status;
}

enum status erase_hours(const struct erase_hours_options *options, struct erase_counts *counts,
                        struct fault *fault)
{
    struct erasing_all all = {
        .options = options, .lake_fd = -1, .events_fd = -1, .counts = counts, .fault = fault};
    pthread_mutex_init(&all.lock, NULL);
    enum status status = data_folder_enter(options->data_fd, "lake", false, &all.lake_fd, fault);
    status = status == STATUS_OK
                 ? data_folder_enter(all.lake_fd, "events", false, &all.events_fd, fault)
                 : status;
    status = status == STATUS_OK ? erase_all(&all, fault) : status;
    if (all.events_fd >= 0) {
        close(all.events_fd);
    }
    if (all.lake_fd >= 0) {
        close(all.lake_fd);
    }
    pthread_mutex_destroy(&all.lock);
    /* No lake, no Parquet: nothing to do. */
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
