#include "lake/compact_inside.h"

#include "lake/parquet_write.h"

#include <stdio.h>

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

void compact_spill_name(char name[COMPACT_SPILL_NAME_BYTES], unsigned number)
{
    snprintf(name, COMPACT_SPILL_NAME_BYTES, "_run-%u.parquet", number);
}

void compact_add_sums(struct compact_sums *sums, const struct compact_sums *more)
{
    sums->rows += more->rows;
    sums->seq_sum += more->seq_sum;
    sums->property_bytes += more->property_bytes;
}

/* The sums of a file, or of the rows that `from` gives. */
enum status compact_read_sums(struct compact_work *work, const char *from,
                              struct compact_sums *sums, struct fault *fault)
{
    struct duck *duck = work->compact->duck;
    struct duck_result *result;
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_format(&sql,
                      "SELECT count(*), coalesce(sum(ingest_seq), 0)::BIGINT, "
                      "coalesce(sum(strlen(properties)), 0)::BIGINT, "
                      "coalesce(min(ingest_seq), 0), coalesce(max(ingest_seq), 0) FROM %s",
                      from);
    buf_append_byte(&sql, 0);
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? duck_query(duck, sql.at, &result, fault) : status;
    buf_free(&sql);
    if (status != STATUS_OK) {
        return status;
    }
    duckdb_data_chunk chunk;
    status = duck_result_next(result, &chunk, fault);
    if (status == STATUS_OK) {
        uint64_t *const places[] = {&sums->rows, &sums->seq_sum, &sums->property_bytes,
                                    &sums->first_seq, &sums->last_seq};
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            duckdb_vector vector = duck_api(duck)->data_chunk_get_vector(chunk, i);
            *places[i] = *(const uint64_t *)duck_api(duck)->vector_get_data(vector);
        }
    }
    duck_result_close(result);
    return status;
}

/* read_parquet() of all runs, and of the file that the hour has. */
static void append_sources(const struct compact_work *work, const char *more, struct buf *sql)
{
    buf_append_text(sql, "read_parquet([");
    for (unsigned i = 0; i < work->runs; i++) {
        char name[COMPACT_SPILL_NAME_BYTES];
        compact_spill_name(name, i);
        buf_append_format(sql, "'/proc/self/fd/%d/%s', ", work->events_fd, name);
    }
    if (work->has_old) {
        buf_append_format(sql, "'/proc/self/fd/%d/%s'", work->events_fd, COMPACT_FINISHED);
    }
    buf_append_format(sql, "], hive_partitioning = false%s)", more);
}

static const char PLACES[] = ", filename = true, file_row_number = true";

/* Notes which rows of which files are there twice: the one with the lowest number stays. */
static enum status find_twice(struct compact_work *work, struct fault *fault)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_text(&sql, "CREATE OR REPLACE TEMP TABLE twice AS SELECT filename, file_row_number "
                          "FROM (SELECT filename, file_row_number, row_number() OVER (PARTITION BY "
                          "site, event_id ORDER BY ingest_seq) AS nth FROM ");
    append_sources(work, PLACES, &sql);
    buf_append_text(&sql, ") WHERE nth > 1");
    buf_append_byte(&sql, 0);
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? duck_exec(work->compact->duck, sql.at, fault) : status;
    buf_free(&sql);
    return status;
}

/* What the merged file must hold: all runs and the file before, without what is there twice. */
static enum status expect_merged(struct compact_work *work, struct compact_sums *expected,
                                 struct fault *fault)
{
    char old[64];
    struct compact_sums before = {0};
    struct compact_sums twice = {0};
    struct buf from;
    snprintf(old, sizeof(old), "read_parquet('/proc/self/fd/%d/%s')", work->events_fd,
             COMPACT_FINISHED);
    enum status status = work->has_old ? compact_read_sums(work, old, &before, fault) : STATUS_OK;
    buf_init(&from, SQL_BYTES_MAX);
    append_sources(work, PLACES, &from);
    buf_append_text(&from, " SEMI JOIN twice USING (filename, file_row_number)");
    buf_append_byte(&from, 0);
    status = status == STATUS_OK ? buf_status(&from) : status;
    status = status == STATUS_OK ? compact_read_sums(work, from.at, &twice, fault) : status;
    buf_free(&from);
    *expected = work->added;
    compact_add_sums(expected, &before);
    expected->rows -= twice.rows;
    expected->seq_sum -= twice.seq_sum;
    expected->property_bytes -= twice.property_bytes;
    work->outcome->rows_in += before.rows;
    work->outcome->duplicates += twice.rows;
    return status;
}

enum status compact_merge(struct compact_work *work, struct compact_sums *expected,
                          struct fault *fault)
{
    struct duck *duck = work->compact->duck;
    struct buf from;
    struct buf sql;
    buf_init(&from, SQL_BYTES_MAX);
    buf_init(&sql, SQL_BYTES_MAX);
    enum status status = find_twice(work, fault);
    status = status == STATUS_OK ? expect_merged(work, expected, fault) : status;
    buf_append_text(&from, "(SELECT * EXCLUDE (filename, file_row_number) FROM ");
    append_sources(work, PLACES, &from);
    buf_append_text(&from, " ANTI JOIN twice USING (filename, file_row_number)) ORDER BY site "
                           "NULLS FIRST, anonymous_id NULLS FIRST, time NULLS FIRST, ingest_seq");
    buf_append_byte(&from, 0);
    status = status == STATUS_OK ? buf_status(&from) : status;
    status = status == STATUS_OK ? parquet_append_select(&sql, from.at) : status;
    if (status == STATUS_OK) {
        status = parquet_write(duck, sql.at, work->events_fd, COMPACT_UNFINISHED, fault);
    }
    buf_free(&from);
    buf_free(&sql);
    return status;
}
