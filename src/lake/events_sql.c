#include "lake/events_sql.h"

#include "base/clock.h"
#include "event/columns.h"
#include "lake/duck.h"
#include "lake/promoted_functions.h"

static size_t promoted_count(const struct events_sql *of)
{
    return of->columns ? of->columns->count : 0;
}

static bool is_complete(const struct events_sql *of, size_t file)
{
    return snapshot_file(of->snapshot, file)->hour >= snapshot_complete_since(of->snapshot);
}

/* How many of the promoted columns a file surely has. */
static size_t has_promoted(const struct events_sql *of, size_t file)
{
    return of->columns ? promoted_at(of->columns, snapshot_file(of->snapshot, file)->hour) : 0;
}

static size_t end_of_group(const struct events_sql *of, size_t begin)
{
    size_t end = begin + 1;
    while (end < snapshot_file_count(of->snapshot) &&
           is_complete(of, end) == is_complete(of, begin) &&
           has_promoted(of, end) == has_promoted(of, begin)) {
        end++;
    }
    return end;
}

size_t events_sql_first_function(const struct events_sql *of)
{
    if (promoted_count(of) == 0 || snapshot_file_count(of->snapshot) == 0) {
        return promoted_count(of);
    }
    /* The oldest file has the fewest. */
    return is_complete(of, 0) ? has_promoted(of, 0) : 0;
}

static void append_columns(struct buf *sql)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        buf_append_format(sql, "%s\"%s\"", i > 0 ? ", " : "", columns[i].name);
    }
}

/* A name of a column holds letters, digits and underscores only. */
static void append_promoted(struct buf *sql, const struct events_sql *of, size_t begin)
{
    for (size_t i = 0; i < promoted_count(of); i++) {
        const char *name = of->columns->columns[i].column;
        if (is_complete(of, begin) && i < has_promoted(of, begin)) {
            buf_append_format(sql, ", \"%s\"", name);
        } else if (is_complete(of, begin)) {
            buf_append_format(sql, ", " PROMOTED_FUNCTION "%zu(properties) as \"%s\"", i, name);
        } else {
            buf_append_format(sql,
                              ", coalesce(\"%s\", " PROMOTED_FUNCTION "%zu(properties)) as \"%s\"",
                              name, i, name);
        }
    }
}

static void append_files(struct buf *sql, const struct events_sql *of, size_t begin, size_t end)
{
    buf_append_text(sql, "read_parquet([");
    for (size_t i = begin; i < end; i++) {
        buf_append_format(sql, "%s'/proc/self/fd/%d'", i > begin ? ", " : "",
                          snapshot_file(of->snapshot, i)->fd);
    }
    buf_append_format(sql, "], hive_partitioning = false, union_by_name = %s)",
                      is_complete(of, begin) ? "false" : "true");
}

static bool is_all_within(const struct events_sql *of)
{
    bool is_within = of->range->from_seq == 0 && of->range->to_seq == 0;
    for (size_t i = 0; i < snapshot_file_count(of->snapshot) && is_within; i++) {
        is_within = snapshot_file(of->snapshot, i)->is_within;
    }
    return is_within;
}

/* Files hold whole hours. */
static void append_range(struct buf *sql, const struct events_sql *of)
{
    char at[CLOCK_TEXT_BYTES];
    const struct snapshot_range *range = of->range;
    if (is_all_within(of)) {
        return;
    }
    clock_format(range->from_ms, at);
    buf_append_format(sql, " where received_at >= timestamptz '%s'", at);
    if (range->to_ms > 0) {
        clock_format(range->to_ms, at);
        buf_append_format(sql, " and received_at < timestamptz '%s'", at);
    }
    if (range->from_seq > 0) {
        buf_append_format(sql, " and ingest_seq >= %llu", (unsigned long long)range->from_seq);
    }
    if (range->to_seq > 0) {
        buf_append_format(sql, " and ingest_seq < %llu", (unsigned long long)range->to_seq);
    }
}

static void append_group(struct buf *sql, const struct events_sql *of, size_t begin, size_t end)
{
    buf_append_text(sql, "select ");
    append_columns(sql);
    append_promoted(sql, of, begin);
    buf_append_text(sql, " from ");
    if (is_complete(of, begin)) {
        append_files(sql, of, begin, end);
    } else {
        /* The table of rows has all columns: by its names missing ones are NULL. */
        buf_append_text(sql, "(select * from ");
        append_files(sql, of, begin, end);
        buf_append_format(sql, " union all by name select * from %s where false)", of->rows);
    }
    append_range(sql, of);
}

void events_sql_append(struct buf *sql, const struct events_sql *of)
{
    size_t files = snapshot_file_count(of->snapshot);
    for (size_t begin = 0; begin < files;) {
        size_t end = end_of_group(of, begin);
        buf_append_text(sql, begin > 0 ? " union all " : "");
        append_group(sql, of, begin, end);
        begin = end;
    }
    if (files == 0 || snapshot_source_count(of->snapshot) > 0) {
        buf_append_format(sql, "%sselect * from %s", files > 0 ? " union all " : "", of->rows);
    }
}
