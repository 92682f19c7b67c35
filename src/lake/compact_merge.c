#include "lake/compact_inside.h"

#include "base/hash.h"
#include "lake/chunk_row.h"
#include "lake/parquet_write.h"
#include "lake/row_file.h"
#include "lake/row_merge.h"
#include "lake/row_order.h"

#include <stdio.h>
#include <unistd.h>

enum { ROW_BYTES_MAX = 64 * 1024 * 1024, TEXT_BYTES_MAX = 64 * 1024 * 1024 };

void compact_spill_name(char name[COMPACT_SPILL_NAME_BYTES], unsigned number)
{
    snprintf(name, COMPACT_SPILL_NAME_BYTES, "_run-%u.ndjson.zst", number);
}

/* Rows being set aside. */
struct spill {
    struct compact_work *work;
    struct row_file *file;
};

static enum status begin_spill(struct spill *spill, struct compact_work *work, struct fault *fault)
{
    char name[COMPACT_SPILL_NAME_BYTES];
    enum status status = STATUS_OK;
    *spill = (struct spill){.work = work};
    if (!work->keys) {
        status = row_keys_create(&work->keys, work->events_fd, "_keys", fault);
    }
    compact_spill_name(name, work->runs);
    work->runs += status == STATUS_OK;
    return status == STATUS_OK ? row_file_create(&spill->file, work->events_fd, name, fault)
                               : status;
}

static enum status end_spill(struct spill *spill, enum status status, struct fault *fault)
{
    if (status == STATUS_OK) {
        return row_file_finish(spill->file, fault);
    }
    row_file_abandon(spill->file);
    return status;
}

static enum status spill_row(void *self, struct view row, const uint64_t key[2],
                             uint64_t ingest_seq, struct fault *fault)
{
    struct spill *spill = self;
    enum status status = row_file_add(spill->file, row, fault);
    return status == STATUS_OK ? row_keys_add(spill->work->keys, key, ingest_seq, fault) : status;
}

enum status compact_spill(struct compact_work *work, struct fault *fault)
{
    struct spill spill;
    enum status status = begin_spill(&spill, work, fault);
    if (status == STATUS_OK) {
        status = compact_run_each(work->compact->run, spill_row, &spill, fault);
        status = end_spill(&spill, status, fault);
    }
    return status;
}

/* A row of the file before, as it was. */
static enum status spill_old_row(struct spill *spill, struct view row, struct arena *texts,
                                 struct fault *fault)
{
    struct row_cells cells;
    struct row_order order;
    uint64_t key[2];
    arena_clear(texts);
    if (!row_cells_read(&cells, row) || !row_order_make(&order, &cells, texts)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "events/%s/%s has a row that is none of the "
                         "lake's",
                         spill->work->path, COMPACT_FINISHED);
    }
    hash_pair_128(0, order.site, row_said(&cells, COLUMN_EVENT_ID, texts), key);
    spill->work->outcome->rows_in++;
    compact_late_note(spill->work, row);
    return spill_row(spill, row, key, order.ingest_seq, fault);
}

static enum status spill_chunks(struct spill *spill, struct duck_result *result,
                                struct fault *fault)
{
    struct duck *duck = spill->work->compact->duck;
    struct chunk_row made;
    struct arena texts;
    struct buf row;
    duckdb_data_chunk chunk;
    enum status status;
    arena_init(&texts, TEXT_BYTES_MAX);
    buf_init(&row, ROW_BYTES_MAX);
    chunk_row_init(&made, duck, result);
    while ((status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        idx_t count = duck_api(duck)->data_chunk_get_size(chunk);
        for (idx_t i = 0; i < count && status == STATUS_OK; i++) {
            buf_clear(&row);
            chunk_row_append(&made, chunk, i, &row);
            status = buf_status(&row);
            status = status == STATUS_OK ? spill_old_row(spill, buf_view(&row), &texts, fault)
                                         : fault_set(fault, status, "a row is too large");
        }
        if (status != STATUS_OK) {
            break;
        }
    }
    buf_free(&row);
    arena_free(&texts);
    return status == STATUS_END ? STATUS_OK : status;
}

/* The file that the hour has stands in order: it is one more run. */
static enum status spill_old(struct compact_work *work, struct fault *fault)
{
    char sql[256];
    struct spill spill;
    struct duck_result *result = NULL;
    const struct promoted *promoted = &work->compact->promoted;
    bool has_variant = promoted->has_variant && promoted->variant_since <= work->hour;
    snprintf(sql, sizeof(sql),
             "SELECT *%s FROM read_parquet('/proc/self/fd/%d/%s', "
             "hive_partitioning = false)",
             has_variant ? " EXCLUDE (" PROMOTED_VARIANT_COLUMN ")" : "", work->events_fd,
             COMPACT_FINISHED);
    enum status status = duck_query(work->compact->duck, sql, &result, fault);
    status = status == STATUS_OK ? begin_spill(&spill, work, fault) : status;
    if (status == STATUS_OK) {
        status = spill_chunks(&spill, result, fault);
        status = end_spill(&spill, status, fault);
    }
    duck_result_close(result);
    return status;
}

static enum status open_runs(struct compact_work *work, unsigned first, size_t count,
                             struct row_merge **merge, struct fault *fault)
{
    char names[ROW_MERGE_FILES_MAX][ROW_MERGE_NAME_BYTES];
    for (size_t i = 0; i < count; i++) {
        compact_spill_name(names[i], first + (unsigned)i);
    }
    return row_merge_open(merge, work->events_fd, names, count, work->keys, fault);
}

/* The first runs become one more, at the end. */
static enum status merge_first(struct compact_work *work, unsigned *first, struct fault *fault)
{
    char name[COMPACT_SPILL_NAME_BYTES];
    struct row_merge *merge;
    struct row_file *file;
    struct view row;
    const struct row_cells *cells;
    enum status status = open_runs(work, *first, ROW_MERGE_FILES_MAX, &merge, fault);
    if (status != STATUS_OK) {
        return status;
    }
    compact_spill_name(name, work->runs++);
    status = row_file_create(&file, work->events_fd, name, fault);
    while (status == STATUS_OK &&
           (status = row_merge_next(merge, &row, &cells, fault)) == STATUS_OK) {
        status = row_file_add(file, row, fault);
    }
    if (status == STATUS_END) {
        status = row_file_finish(file, fault);
    } else {
        row_file_abandon(file);
    }
    work->outcome->duplicates += row_merge_dropped(merge);
    row_merge_close(merge);
    for (unsigned i = 0; i < ROW_MERGE_FILES_MAX; i++) {
        compact_spill_name(name, (*first)++);
        unlinkat(work->events_fd, name, 0);
    }
    return status;
}

static enum status fill_merged(void *self, struct duck_fill *fill, struct fault *fault)
{
    struct compact_merged *merged = self;
    enum status status = merged->merge ? STATUS_OK : STATUS_END;
    while (status == STATUS_OK && fill->rows < fill->rows_max) {
        struct view row;
        const struct row_cells *cells;
        int64_t seq = 0;
        status = row_merge_next(merged->merge, &row, &cells, fault);
        if (status == STATUS_OK && row_cells_integer(cells, COLUMN_INGEST_SEQ, &seq)) {
            arena_clear(&merged->texts);
            status =
                compact_columns_put(&merged->columns, fill, cells, &merged->texts, false, fault);
            compact_sums_add(&merged->sums, (uint64_t)seq, row_property_bytes(cells));
            fill->rows++;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status compact_merged_register(struct compact_merged *merged, struct duck *duck,
                                    struct fault *fault)
{
    compact_columns_init(&merged->columns);
    arena_init(&merged->texts, TEXT_BYTES_MAX);
    merged->source = (struct duck_source){
        .name = "merged",
        .columns = merged->columns.at,
        .column_count = merged->columns.count,
        .self = merged,
        .fill = fill_merged,
    };
    return duck_source_register(duck, &merged->source, fault);
}

static enum status write_merged(struct compact_work *work, unsigned first, struct fault *fault)
{
    struct compact *compact = work->compact;
    struct compact_merged *merged = &compact->merged;
    merged->sums = (struct compact_sums){0};
    compact_columns_set(&merged->columns, &compact->promoted,
                        promoted_at(&compact->promoted, work->hour));
    merged->source.column_count = merged->columns.count;
    enum status status = open_runs(work, first, work->runs - first, &merged->merge, fault);
    if (status == STATUS_OK) {
        status = parquet_write(compact->duck, compact_select(work, true), work->events_fd,
                               COMPACT_UNFINISHED, fault);
        work->outcome->duplicates += row_merge_dropped(merged->merge);
    }
    row_merge_close(merged->merge);
    merged->merge = NULL;
    return status;
}

enum status compact_merge(struct compact_work *work, struct compact_sums *expected,
                          struct fault *fault)
{
    unsigned first = 0;
    enum status status = work->has_old ? spill_old(work, fault) : STATUS_OK;
    status = status == STATUS_OK ? row_keys_find(work->keys, fault) : status;
    while (status == STATUS_OK && work->runs - first > ROW_MERGE_FILES_MAX) {
        status = merge_first(work, &first, fault);
    }
    status = status == STATUS_OK ? write_merged(work, first, fault) : status;
    *expected = work->compact->merged.sums;
    return status;
}
