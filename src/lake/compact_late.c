/* Columns that came with a newer version of the program than wrote the hours before. */
#include "lake/compact_inside.h"

#include "base/buf.h"

#include <stdio.h>
#include <unistd.h>

static enum status read_names(struct compact *compact, const char *path, uint64_t *has,
                              struct fault *fault)
{
    char sql[256];
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    snprintf(sql, sizeof(sql), "SELECT name FROM parquet_schema('/proc/self/fd/%d/%s')",
             compact->events_fd, path);
    enum status status = duck_query(compact->duck, sql, &result, fault);
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        const struct duck_api *api = duck_api(compact->duck);
        const void *names = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
        for (idx_t i = 0; i < api->data_chunk_get_size(chunk); i++) {
            enum column column = column_find(duck_text(names, i));
            *has |= column < COLUMN_COUNT ? UINT64_C(1) << column : 0;
        }
    }
    duck_result_close(result);
    return status == STATUS_END ? STATUS_OK : status;
}

/* A file that cannot be read says nothing: `pipes verify` names it. */
static void look_at_hour(struct compact *compact, int64_t hour, const uint64_t unknown,
                         struct lake_columns *found)
{
    char path[LAKE_HOUR_PATH_BYTES + sizeof(COMPACT_FINISHED)];
    uint64_t has = 0;
    lake_hour_path(hour, path);
    memcpy(path + strlen(path), "/" COMPACT_FINISHED, sizeof("/" COMPACT_FINISHED));
    if (faccessat(compact->events_fd, path, F_OK, 0) != 0 ||
        read_names(compact, path, &has, NULL) != STATUS_OK) {
        return;
    }
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if ((unknown & ~has) >> i & 1) {
            found->since[i] = hour + 1; /* hours rise */
        }
    }
}

static enum status look_at_files(struct compact *compact, struct fault *fault)
{
    struct lake_columns *found = &compact->columns;
    struct lake_hours hours;
    uint64_t unknown = 0;
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (found->since[i] == LAKE_COLUMNS_UNKNOWN) {
            unknown |= UINT64_C(1) << i;
            found->since[i] = 0;
        }
    }
    enum status status = lake_hours_list(&hours, compact->events_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < hours.count; i++) {
        look_at_hour(compact, hours.at[i], unknown, found);
    }
    lake_hours_free(&hours);
    /* Durable before there is a file that goes by it. */
    return lake_columns_save(found, compact->lake_fd, fault);
}

enum status compact_late_open(struct compact *compact, struct fault *fault)
{
    enum status status = lake_columns_load(&compact->columns, compact->lake_fd, fault);
    return status != STATUS_OK || lake_columns_has_all(&compact->columns)
               ? status
               : look_at_files(compact, fault);
}

void compact_late_begin(struct compact_work *work)
{
    work->late = 0;
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (work->compact->columns.since[i] > work->hour) {
            work->late |= UINT64_C(1) << i;
        }
    }
}

/* A name that stands somewhere else in the row makes a column more than there must be: no harm. */
void compact_late_note(struct compact_work *work, struct view row)
{
    for (enum column i = 0; work->late && i < COLUMN_COUNT; i++) {
        const char *name = columns[i].head + 1; /* without the comma */
        if ((work->late >> i & 1) != 0 && memmem(row.at, row.len, name, strlen(name))) {
            work->late &= ~(UINT64_C(1) << i);
        }
    }
}

static void append_exclusions(struct buf *sql, uint64_t late)
{
    const char *before = " EXCLUDE (";
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (late >> i & 1) {
            buf_append_format(sql, "%s\"%s\"", before, columns[i].name);
            before = ", ";
        }
    }
    buf_append_text(sql, late ? ")" : "");
}

const char *compact_select(struct compact_work *work, bool is_merged)
{
    const struct promoted *promoted = &work->compact->promoted;
    struct buf sql;
    buf_init_over(&sql, work->select, sizeof(work->select));
    buf_append_text(&sql, "SELECT *");
    append_exclusions(&sql, work->late);
    if (promoted->has_variant && promoted->variant_since <= work->hour) {
        buf_append_text(&sql,
                        ", try_cast(properties AS JSON)::VARIANT AS " PROMOTED_VARIANT_COLUMN);
    }
    buf_append_text(&sql, is_merged ? " FROM merged()" : " FROM run()");
    buf_append_byte(&sql, 0);
    return work->select;
}
