#include "lake/erase_file.h"

#include "journal/data_folder.h"
#include "lake/erase_search.h"
#include "lake/lake_schema.h"
#include "lake/ledger_hour.h"
#include "lake/parquet_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POSTS_BYTES_MAX = 1 << 20,
    FILES_BYTES_MAX = 1024,
    SQL_BYTES_MAX = 64 << 20,
    FROM_BYTES = 64
};
static const char FINISHED[] = "events.parquet";
static const char UNFINISHED[] = "_events.parquet";

struct erase_file {
    struct erase_file_options options;
    struct duck *duck;
    struct erase_search *search;        /* NULL: not for a subject */
    struct subject_sql_columns columns; /* of the file that was looked at last */
    /* of the hour */
    int64_t hour;
    char path[LAKE_HOUR_PATH_BYTES];
    int hour_fd;
};

enum status erase_file_create(struct erase_file **file, const struct erase_file_options *options,
                              struct fault *fault)
{
    struct erase_file *made = calloc(1, sizeof(*made));
    *file = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to erase");
    }
    made->options = *options;
    const struct subject *subject = options->job->subject;
    return subject ? erase_search_create(&made->search, subject, fault) : STATUS_OK;
}

void erase_file_destroy(struct erase_file *file)
{
    if (file) {
        duck_close(file->duck);
        erase_search_destroy(file->search);
        free(file);
    }
}

void erase_made_free(struct erase_made *made)
{
    buf_free(&made->files);
    buf_free(&made->posts);
}

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

static void name_file(const struct erase_file *file, const char *name, char from[FROM_BYTES])
{
    snprintf(from, FROM_BYTES, "read_parquet('/proc/self/fd/%d/%s')", file->hour_fd, name);
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
static void append_owned(const struct erase_file *file, struct buf *sql)
{
    const struct erase_job *job = file->options.job;
    if (job->subject) {
        subject_sql_owns(sql, job->subject);
    } else {
        retention_append_sql(job->retention, file->hour, sql);
    }
}

/* In which columns the subject may be. */
static enum status search(struct erase_file *file, const char *name, struct fault *fault)
{
    int fd = openat(file->hour_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open events/%s/%s", file->path, name);
    }
    enum status status = erase_search_file(file->search, fd, fault);
    close(fd);
    return status;
}

static enum status find_columns(struct erase_file *file, const char *from, struct fault *fault)
{
    file->columns.count = 0;
    if (!file->search || !erase_search_has_any(file->search)) {
        return STATUS_OK;
    }
    enum status status = subject_sql_columns(&file->columns, file->duck, from, fault);
    if (status == STATUS_OK) {
        erase_search_narrow(file->search, &file->columns);
    }
    return status;
}

/* After search(). */
static enum status look(struct erase_file *file, const char *name, struct sums *sums,
                        struct fault *fault)
{
    const struct subject *subject = file->options.job->subject;
    bool has_owned = !subject || erase_search_has_ids(file->search);
    char from[FROM_BYTES];
    struct buf sql;
    name_file(file, name, from);
    enum status status = find_columns(file, from, fault);
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_text(&sql, "SELECT count(*), coalesce(sum(ingest_seq), 0)::BIGINT, "
                          "coalesce(min(ingest_seq), 0)::BIGINT, "
                          "coalesce(max(ingest_seq), 0)::BIGINT, count(*) FILTER (is_owned), "
                          "coalesce(sum(ingest_seq) FILTER (is_owned), 0)::BIGINT, "
                          "count(*) FILTER (is_mentioned) FROM (SELECT ingest_seq, ");
    if (has_owned) {
        append_owned(file, &sql);
    } else {
        buf_append_text(&sql, "false");
    }
    buf_append_text(&sql, " AS is_owned, ");
    if (file->columns.count > 0) {
        subject_sql_mentions(&sql, subject, &file->columns);
    } else {
        buf_append_text(&sql, "false");
    }
    buf_append_format(&sql, " AS is_mentioned FROM %s)", from);
    buf_append_byte(&sql, 0);
    status = status == STATUS_OK ? buf_status(&sql) : status;
    status = status == STATUS_OK ? read_numbers(file->duck, sql.at, sums, fault) : status;
    buf_free(&sql);
    return status;
}

/* What is left of the file, as what stands behind FROM. */
static void append_rest(struct erase_file *file, bool has_mentions, struct buf *rest)
{
    const struct subject *subject = file->options.job->subject;
    char from[FROM_BYTES];
    name_file(file, FINISHED, from);
    if (has_mentions) {
        buf_append_text(rest, "(SELECT ");
        subject_sql_select(rest, subject, &file->columns);
        buf_append_text(rest, " FROM (SELECT *, ");
        subject_sql_mentions(rest, subject, &file->columns);
        buf_append_format(rest, " AS is_mentioned FROM %s WHERE NOT ", from);
        append_owned(file, rest);
        buf_append_text(rest, "))");
    } else {
        buf_append_format(rest, "%s WHERE NOT ", from);
        append_owned(file, rest);
    }
    buf_append_byte(rest, 0);
}

static enum status write_without(struct erase_file *file, bool has_mentions, struct fault *fault)
{
    struct buf rest;
    struct buf sql;
    buf_init(&rest, SQL_BYTES_MAX);
    buf_init(&sql, SQL_BYTES_MAX);
    append_rest(file, has_mentions, &rest);
    enum status status = buf_status(&rest);
    status = status == STATUS_OK ? parquet_append_select(&sql, rest.at) : status;
    status = status == STATUS_OK
                 ? parquet_write(file->duck, sql.at, file->hour_fd, UNFINISHED, fault)
                 : status;
    buf_free(&sql);
    buf_free(&rest);
    return status;
}

/* The old file goes: so the new one is read once more before. */
static enum status prove(struct erase_file *file, const struct sums *before, struct sums *after,
                         struct fault *fault)
{
    enum status status = file->search ? search(file, UNFINISHED, fault) : STATUS_OK;
    status = status == STATUS_OK ? look(file, UNFINISHED, after, fault) : status;
    if (status == STATUS_OK &&
        (after->owned > 0 || after->mentions > 0 || after->rows != before->rows - before->owned ||
         after->seq_sum != before->seq_sum - before->owned_seq_sum)) {
        status = fault_set(fault, STATUS_DAMAGED,
                           "events/%s: what was written is not the rest of what was there (%llu "
                           "rows of %llu, %llu of the subject)",
                           file->path, (unsigned long long)after->rows,
                           (unsigned long long)before->rows, (unsigned long long)before->owned);
    }
    return status;
}

/* The statistics are the new file's, too: names and properties of who goes may stand in the old
 * ones. */
static enum status measure(struct erase_file *file, struct erase_made *made,
                           const struct sums *sums, struct fault *fault)
{
    made->row = (struct lake_manifest_row){.is_there = true,
                                           .rows = sums->rows,
                                           .first_seq = sums->first_seq,
                                           .last_seq = sums->last_seq};
    int fd = openat(file->hour_fd, UNFINISHED, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open events/%s/%s", file->path, UNFINISHED);
    }
    enum status status = lake_manifest_measure(&made->row, fd, fault);
    status = status == STATUS_OK ? lake_schema_propose(file->duck, file->options.data_fd,
                                                       file->hour, fd, &made->files, fault)
                                 : status;
    close(fd);
    return status;
}

/* What was erased, by site, as lines of a posting. */
static enum status append_posts(struct erase_file *file, struct buf *posts, struct fault *fault)
{
    const struct erase_job *job = file->options.job;
    char from[FROM_BYTES];
    struct buf sql;
    struct duck_result *result = NULL;
    struct ledger_tally tally;
    duckdb_data_chunk chunk;
    name_file(file, FINISHED, from);
    ledger_tally_init(&tally, LEDGER_SITES_MAX);
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_format(&sql, "SELECT coalesce(site, ''), count(*) FROM %s WHERE ", from);
    append_owned(file, &sql);
    buf_append_text(&sql, " GROUP BY ALL");
    buf_append_byte(&sql, 0);
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? duck_query(file->duck, sql.at, &result, fault) : status;
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        const struct duck_api *api = duck_api(file->duck);
        const void *sites = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
        const int64_t *rows = api->vector_get_data(api->data_chunk_get_vector(chunk, 1));
        for (idx_t i = 0; i < api->data_chunk_get_size(chunk); i++) {
            ledger_tally_add(&tally, file->hour, duck_text(sites, i), erase_job_count(job),
                             (uint64_t)rows[i]);
        }
    }
    duck_result_close(result);
    buf_free(&sql);
    ledger_line_counts(posts, &tally);
    ledger_tally_free(&tally);
    return status == STATUS_END ? buf_status(posts) : status;
}

static enum status rewrite(struct erase_file *file, const struct sums *before,
                           struct erase_made *made, struct fault *fault)
{
    struct sums after = {0};
    made->hour = file->hour;
    buf_init(&made->files, FILES_BYTES_MAX);
    buf_init(&made->posts, POSTS_BYTES_MAX);
    enum status status = write_without(file, before->mentions > 0, fault);
    status = status == STATUS_OK ? prove(file, before, &after, fault) : status;
    status = status == STATUS_OK ? measure(file, made, &after, fault) : status;
    status = status == STATUS_OK ? append_posts(file, &made->posts, fault) : status;
    if (status != STATUS_OK) {
        unlinkat(file->hour_fd, UNFINISHED, 0);
        erase_made_free(made);
    }
    return status;
}

static void note_unreadable(const struct erase_file *file, struct erase_counts *counts)
{
    if (counts->unreadable++ == 0) {
        snprintf(counts->unreadable_name, sizeof(counts->unreadable_name), "events/%s/%s",
                 file->path, FINISHED);
    }
}

/* Damage is told by checksum: DuckDB may read a flipped bit as something else, and the new file
 * would cover it. */
static enum status check(struct erase_file *file, struct fault *fault)
{
    struct lake_manifest manifest;
    struct lake_manifest_row found = {0};
    enum status status = lake_manifest_load(&manifest, file->options.lake_fd, file->hour, fault);
    int fd = openat(file->hour_fd, FINISHED, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT
                   ? STATUS_NOT_FOUND
                   : fault_errno(fault, errno, "cannot open events/%s/%s", file->path, FINISHED);
    }
    status = status == STATUS_OK ? lake_manifest_measure(&found, fd, fault) : status;
    close(fd);
    const struct lake_manifest_row *row = lake_manifest_row(&manifest, file->hour);
    bool is_as_written = row->is_there && found.bytes == row->bytes && found.crc == row->crc;
    return status == STATUS_OK && !is_as_written
               ? fault_set(fault, STATUS_DAMAGED, "events/%s/%s is not as lake/manifest says",
                           file->path, FINISHED)
               : status;
}

static enum status open_duck(struct erase_file *file, struct fault *fault)
{
    struct duck_options duck = {
        .library = file->options.library, .memory_bytes = file->options.memory_bytes, .threads = 1};
    enum status status = duck_open(&file->duck, &duck, fault);
    return status == STATUS_OK ? duck_exec(file->duck,
                                           "SET enable_progress_bar = false; SET timezone = 'UTC'; "
                                           "SET preserve_insertion_order = true",
                                           fault)
                               : status;
}

/* What is there, and how much of it goes: nothing of a file in which the subject's bytes are not.
 * Damage is looked for first: what cannot be read might hold them. */
static enum status look_for_subject(struct erase_file *file, struct sums *before,
                                    struct fault *fault)
{
    enum status status = check(file, fault);
    status = status == STATUS_OK ? search(file, FINISHED, fault) : status;
    if (status != STATUS_OK || !erase_search_has_any(file->search)) {
        return status;
    }
    status = !file->duck ? open_duck(file, fault) : STATUS_OK;
    return status == STATUS_OK ? look(file, FINISHED, before, fault) : status;
}

static enum status look_for_age(struct erase_file *file, struct sums *before, struct fault *fault)
{
    if (faccessat(file->hour_fd, FINISHED, F_OK, 0) != 0) {
        return STATUS_NOT_FOUND;
    }
    enum status status = !file->duck ? open_duck(file, fault) : STATUS_OK;
    status = status == STATUS_OK ? look(file, FINISHED, before, fault) : status;
    return status == STATUS_OK && before->owned > 0 ? check(file, fault) : status;
}

static enum status erase_in_hour(struct erase_file *file, struct erase_counts *counts,
                                 struct erase_made *made, struct fault *fault)
{
    struct sums before = {0};
    enum status status =
        file->search ? look_for_subject(file, &before, fault) : look_for_age(file, &before, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_END;
    }
    counts->files++;
    if (status == STATUS_DAMAGED) {
        note_unreadable(file, counts);
        return STATUS_END;
    }
    bool is_hit = before.owned + before.mentions > 0;
    bool is_dry = file->options.job->is_dry;
    if (status == STATUS_OK && is_hit && !is_dry) {
        status = rewrite(file, &before, made, fault);
    }
    if (status == STATUS_OK && is_hit) {
        counts->rewritten++;
        counts->rows += before.owned;
        counts->rows_redacted += before.mentions;
    }
    return status == STATUS_OK && (!is_hit || is_dry) ? STATUS_END : status;
}

enum status erase_file_hour(struct erase_file *file, int64_t hour, struct erase_counts *counts,
                            struct erase_made *made, struct fault *fault)
{
    const struct erase_job *job = file->options.job;
    if (erase_job_is_stopped(job)) {
        return fault_set(fault, STATUS_BUSY, "it was stopped");
    }
    if (!erase_job_meets(job, hour)) {
        return STATUS_END;
    }
    file->hour = hour;
    lake_hour_path(hour, file->path);
    enum status status =
        data_folder_enter(file->options.events_fd, file->path, false, &file->hour_fd, fault);
    if (status == STATUS_OK) {
        status = erase_in_hour(file, counts, made, fault);
        close(file->hour_fd);
    }
    return status;
}
