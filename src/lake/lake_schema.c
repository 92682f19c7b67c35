#include "lake/lake_schema.h"

#include "base/buf.h"
#include "journal/data_folder.h"
#include "lake/key_seed.h"
#include "lake/schema_feed.h"
#include "lake/schema_file.h"
#include "lake/snapshot.h"

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

/* For the next one who asks. Only when nobody else writes here, and of no matter if it fails. */
static void keep(const struct lake_schema_range *range, struct schema_stats *stats,
                 const struct schema_file *place, int parquet_fd)
{
    struct data_folder data;
    struct fault unused = {0};
    if (data_folder_open(&data, range->data, DATA_FOLDER_WRITE, &unused) == STATUS_OK) {
        enum status status = schema_file_save(stats, place, parquet_fd, &unused);
        (void)status;
        data_folder_close(&data);
    }
}

static enum status count_again(const struct lake_schema_range *range,
                               const struct snapshot_file *file, const struct schema_file *place,
                               struct schema_stats **stats, struct fault *fault)
{
    struct fault why = {0};
    enum status status = count_parquet(range, file->fd, stats, &why);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "cannot count lake/%s again: %s", file->path, why.text);
    }
    keep(range, *stats, place, file->fd);
    return STATUS_OK;
}

static enum status add_file(const struct lake_schema_range *range, int lake_fd,
                            const struct snapshot_file *file, struct schema_stats *stats,
                            struct fault *fault)
{
    struct schema_stats *own = NULL;
    struct fault why = {0};
    struct schema_file place = {.lake_fd = lake_fd, .hour = file->hour};
    enum status status = schema_file_load(&own, range->seed, &place, file->fd, &why);
    if (status == STATUS_NOT_FOUND || status == STATUS_DAMAGED) {
        note(range, file->path, why.text);
        status = count_again(range, file, &place, &own, fault);
    } else if (status != STATUS_OK) {
        fault_set(fault, status, "lake/%s: %s", file->path, why.text);
    }
    if (status == STATUS_OK) {
        schema_stats_merge(stats, own);
    }
    schema_stats_destroy(own);
    return status;
}

static enum status add_files(const struct lake_schema_range *range, struct snapshot *snapshot,
                             struct schema_stats *stats, struct fault *fault)
{
    int lake_fd = -1;
    size_t count = snapshot_file_count(snapshot);
    enum status status = STATUS_OK;
    if (count > 0) {
        status = data_folder_enter(range->data_fd, "lake", false, &lake_fd, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = add_file(range, lake_fd, snapshot_file(snapshot, i), stats, fault);
    }
    if (lake_fd >= 0) {
        close(lake_fd);
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
    if (status == STATUS_OK) {
        status = add_files(range, snapshot, stats, fault);
    }
    for (size_t i = 0; status == STATUS_OK && i < snapshot_source_count(snapshot); i++) {
        status = add_source(snapshot, i, stats, fault);
    }
    snapshot_close(snapshot);
    return status;
}

enum status lake_schema_seed(int data_fd, uint64_t *seed, struct fault *fault)
{
    *seed = 0;
    enum status status = key_seed_read(data_fd, seed, fault);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void append_replace(struct buf *change, struct schema_file place)
{
    char from[SCHEMA_FILE_PATH_BYTES];
    char to[SCHEMA_FILE_PATH_BYTES];
    schema_file_path(&place, from);
    place.is_unfinished = false;
    schema_file_path(&place, to);
    buf_append_format(change, "replace %s %s\n", from, to);
}

enum status lake_schema_propose_counted(struct schema_stats *stats, int data_fd, int64_t hour,
                                        int parquet_fd, struct buf *change, struct fault *fault)
{
    struct schema_file place = {.hour = hour, .is_unfinished = true};
    enum status status = data_folder_enter(data_fd, "lake", false, &place.lake_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = schema_file_save(stats, &place, parquet_fd, fault);
    if (status == STATUS_OK) {
        append_replace(change, place);
        status = buf_status(change);
    }
    close(place.lake_fd);
    return status;
}

enum status lake_schema_propose(struct duck *duck, int data_fd, int64_t hour, int parquet_fd,
                                struct buf *change, struct fault *fault)
{
    struct schema_stats *stats = NULL;
    uint64_t seed;
    enum status status = lake_schema_seed(data_fd, &seed, fault);
    status = status == STATUS_OK ? schema_stats_create(&stats, seed, fault) : status;
    status = status == STATUS_OK ? count_query(duck, parquet_fd, stats, fault) : status;
    status = status == STATUS_OK
                 ? lake_schema_propose_counted(stats, data_fd, hour, parquet_fd, change, fault)
                 : status;
    schema_stats_destroy(stats);
    return status;
}

void lake_schema_propose_removal(int lake_fd, int64_t hour, struct buf *change)
{
    char path[SCHEMA_FILE_PATH_BYTES];
    schema_file_path(&(struct schema_file){.hour = hour}, path);
    if (faccessat(lake_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        buf_append_format(change, "remove %s\n", path);
    }
}
