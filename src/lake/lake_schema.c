#include "lake/lake_schema.h"

#include "journal/data_folder.h"
#include "lake/duck.h"
#include "lake/schema_feed.h"
#include "lake/schema_file.h"
#include "lake/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SQL_BYTES = 320, NOTE_BYTES = 700, DUCK_BYTES = 256 << 20 };

/* What is counted of a row in Parquet, in the order of this list. */
enum { SITE, TYPE, NAME, RECEIVED, PROPERTIES, USER_PROPERTIES, VECTORS };
static const char SELECT[] = "select site, type, name, epoch_ms(received_at), properties, "
                             "user_properties from read_parquet('/proc/self/fd/%d')";

static void note(const struct lake_schema_range *range, const char *path, const char *why)
{
    char sentence[NOTE_BYTES];
    if (range->on_note) {
        snprintf(sentence, sizeof(sentence), "lake/%s is counted again: %s", path, why);
        range->on_note(range->self, sentence);
    }
}

/* A chunk of rows of a Parquet file. */
struct chunk {
    const void *data[VECTORS];
    const uint64_t *validity[VECTORS];
};

static struct view chunk_text(const struct chunk *chunk, size_t vector, idx_t row)
{
    return duck_is_valid(chunk->validity[vector], row) ? duck_text(chunk->data[vector], row)
                                                       : view_make(NULL, 0);
}

static void feed_chunk(struct schema_stats *stats, const struct duck_api *api,
                       duckdb_data_chunk rows)
{
    struct chunk chunk;
    for (idx_t i = 0; i < VECTORS; i++) {
        duckdb_vector vector = api->data_chunk_get_vector(rows, i);
        chunk.data[i] = api->vector_get_data(vector);
        chunk.validity[i] = api->vector_get_validity(vector);
    }
    idx_t count = api->data_chunk_get_size(rows);
    for (idx_t row = 0; row < count; row++) {
        struct schema_row one = {
            .site = chunk_text(&chunk, SITE, row),
            .type = chunk_text(&chunk, TYPE, row),
            .name = chunk_text(&chunk, NAME, row),
            .properties = chunk_text(&chunk, PROPERTIES, row),
            .user_properties = chunk_text(&chunk, USER_PROPERTIES, row),
            .received_ms = ((const int64_t *)chunk.data[RECEIVED])[row],
        };
        schema_feed_event(stats, &one);
    }
}

static enum status count_query(struct duck *duck, int parquet_fd, struct schema_stats *stats,
                               struct fault *fault)
{
    char sql[SQL_BYTES];
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    snprintf(sql, sizeof(sql), SELECT, parquet_fd);
    enum status status = duck_query(duck, sql, &result, fault);
    while (status == STATUS_OK) {
        status = duck_result_next(result, &chunk, fault);
        if (status == STATUS_OK) {
            feed_chunk(stats, duck_api(duck), chunk);
        }
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status count_parquet(const struct lake_schema_range *range, int parquet_fd,
                                 struct schema_stats **stats, struct fault *fault)
{
    struct duck *duck = NULL;
    struct duck_options options = {.library = range->duckdb, .memory_bytes = DUCK_BYTES};
    enum status status = schema_stats_create(stats, range->seed, fault);
    if (status == STATUS_OK) {
        status = duck_open(&duck, &options, fault);
    }
    if (status == STATUS_OK) {
        status = count_query(duck, parquet_fd, *stats, fault);
    }
    duck_close(duck);
    return status;
}

/* The folder of the hour; -1 when it is gone. */
static int open_hour(const struct lake_schema_range *range, const struct snapshot_file *file)
{
    char path[SNAPSHOT_PATH_BYTES + 8];
    snprintf(path, sizeof(path), "lake/%s", file->path);
    char *slash = strrchr(path, '/');
    *slash = 0;
    return openat(range->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* For the next one who asks. Only when nobody else writes here, and of no matter if it fails. */
static void keep(const struct lake_schema_range *range, struct schema_stats *stats, int hour_fd,
                 int parquet_fd)
{
    struct data_folder data;
    if (data_folder_open(&data, range->data, DATA_FOLDER_WRITE, NULL) == STATUS_OK) {
        if (schema_file_save(stats, hour_fd, parquet_fd, NULL) != STATUS_OK ||
            schema_file_settle(hour_fd, NULL) != STATUS_OK) {
            unlinkat(hour_fd, SCHEMA_FILE_NEW_NAME, 0);
        }
        data_folder_close(&data);
    }
}

static enum status count_again(const struct lake_schema_range *range,
                               const struct snapshot_file *file, int hour_fd, const char *why,
                               struct schema_stats **stats, struct fault *fault)
{
    struct fault reason = {0};
    note(range, file->path, why);
    enum status status = count_parquet(range, file->fd, stats, &reason);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "cannot count lake/%s again: %s", file->path, reason.text);
    }
    if (hour_fd >= 0) {
        keep(range, *stats, hour_fd, file->fd);
    }
    return STATUS_OK;
}

static enum status add_file(const struct lake_schema_range *range, const struct snapshot_file *file,
                            struct schema_stats *stats, struct fault *fault)
{
    struct schema_stats *own = NULL;
    struct fault why = {.text = "its statistics are gone"};
    int hour_fd = open_hour(range, file);
    enum status status = STATUS_NOT_FOUND;
    if (hour_fd >= 0) {
        status = schema_file_load(&own, range->seed, hour_fd, file->fd, &why);
    }
    if (status == STATUS_NOT_FOUND || status == STATUS_DAMAGED) {
        status = count_again(range, file, hour_fd, why.text, &own, fault);
    } else if (status != STATUS_OK) {
        fault_set(fault, status, "lake/%s: %s", file->path, why.text);
    }
    if (status == STATUS_OK) {
        schema_stats_merge(stats, own);
    }
    schema_stats_destroy(own);
    if (hour_fd >= 0) {
        close(hour_fd);
    }
    return status;
}

static enum status add_source(struct snapshot *snapshot, size_t source, struct schema_stats *stats,
                              struct fault *fault)
{
    struct snapshot_rows *rows = NULL;
    struct view row;
    enum status status = snapshot_rows_open(&rows, snapshot, source, fault);
    while (status == STATUS_OK) {
        status = snapshot_rows_next(rows, &row, fault);
        if (status == STATUS_OK) {
            schema_feed_row(stats, row);
        }
    }
    snapshot_rows_close(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status lake_schema_add(const struct lake_schema_range *range, struct schema_stats *stats,
                            struct fault *fault)
{
    struct snapshot *snapshot = NULL;
    struct snapshot_options options = {.range = {.from_ms = range->from_ms, .to_ms = range->to_ms}};
    enum status status = snapshot_open(&snapshot, range->data_fd, &options, fault);
    for (size_t i = 0; status == STATUS_OK && i < snapshot_file_count(snapshot); i++) {
        status = add_file(range, snapshot_file(snapshot, i), stats, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < snapshot_source_count(snapshot); i++) {
        status = add_source(snapshot, i, stats, fault);
    }
    snapshot_close(snapshot);
    return status;
}
