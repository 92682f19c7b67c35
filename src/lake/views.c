#include "lake/views.h"

#include "base/buf.h"
#include "base/clock.h"
#include "lake/view_sql.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { SQL_BYTES_MAX = 64 * 1024 * 1024 };

/* One scan of the raw rows: its threads take a source after the other. */
struct scan {
    struct snapshot *snapshot;
    atomic_size_t next;
};

struct scan_reader {
    struct scan *scan;
    struct snapshot_rows *rows; /* of the source that it reads; NULL: it needs one */
};

static enum status open_scan(void *self, void **scan, struct fault *fault)
{
    struct scan *made = calloc(1, sizeof(*made));
    *scan = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read rows");
    }
    made->snapshot = self;
    return STATUS_OK;
}

static enum status join_scan(void *scan, void **reader, struct fault *fault)
{
    struct scan_reader *made = calloc(1, sizeof(*made));
    *reader = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read rows");
    }
    made->scan = scan;
    return STATUS_OK;
}

static void leave_scan(void *reader)
{
    struct scan_reader *left = reader;
    snapshot_rows_close(left->rows);
    free(left);
}

static enum status next_row(void *reader, struct view *row, struct fault *fault)
{
    struct scan_reader *me = reader;
    for (;;) {
        if (!me->rows) {
            size_t source = atomic_fetch_add(&me->scan->next, 1);
            if (source >= snapshot_source_count(me->scan->snapshot)) {
                return STATUS_END;
            }
            enum status status = snapshot_rows_open(&me->rows, me->scan->snapshot, source, fault);
            if (status != STATUS_OK) {
                return status;
            }
        }
        enum status status = snapshot_rows_next(me->rows, row, fault);
        if (status != STATUS_END) {
            return status;
        }
        snapshot_rows_close(me->rows);
        me->rows = NULL;
    }
}

static enum status register_rows(struct views *views, unsigned threads, struct fault *fault)
{
    size_t sources = snapshot_source_count(views->snapshot);
    views->rows = (struct duck_rows){
        .name = "pipes_rows",
        .self = views->snapshot,
        .threads_max = sources < threads ? (unsigned)sources : threads,
        .open = open_scan,
        .join = join_scan,
        .next = next_row,
        .leave = leave_scan,
        .close = free,
    };
    return duck_rows_register(views->duck, &views->rows, fault);
}

static void append_columns(struct buf *sql)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        buf_append_format(sql, "%s\"%s\"", i > 0 ? ", " : "", columns[i].name);
    }
}

static void append_files(struct buf *sql, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot_file_count(snapshot); i++) {
        buf_append_format(sql, "%s'/proc/self/fd/%d'", i > 0 ? ", " : "",
                          snapshot_file(snapshot, i)->fd);
    }
}

static bool is_all_within(const struct views *views)
{
    const struct snapshot_range *range = &views->range;
    bool is_within = range->from_seq == 0 && range->to_seq == 0;
    for (size_t i = 0; i < snapshot_file_count(views->snapshot) && is_within; i++) {
        is_within = snapshot_file(views->snapshot, i)->is_within;
    }
    return is_within;
}

/* Files hold whole hours. */
static void append_range(struct buf *sql, const struct views *views)
{
    char at[CLOCK_TEXT_BYTES];
    const struct snapshot_range *range = &views->range;
    if (is_all_within(views)) {
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

static void append_events_all(struct buf *sql, const struct views *views)
{
    bool has_files = snapshot_file_count(views->snapshot) > 0;
    bool has_rows = snapshot_source_count(views->snapshot) > 0 || !has_files;
    buf_append_text(sql, "create view events_all as ");
    if (has_files) {
        buf_append_text(sql, "select ");
        append_columns(sql);
        buf_append_text(sql, " from read_parquet([");
        append_files(sql, views->snapshot);
        buf_append_text(sql, "], hive_partitioning = false)");
        append_range(sql, views);
    }
    buf_append_text(sql, has_files && has_rows ? " union all " : "");
    if (has_rows) {
        buf_append_text(sql, "select * from pipes_rows()");
    }
}

static enum status run_sql(struct views *views, struct buf *sql, struct fault *fault)
{
    buf_append_byte(sql, 0);
    enum status status = buf_status(sql) == STATUS_OK
                             ? duck_exec(views->duck, sql->at, fault)
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory for the views");
    buf_free(sql);
    return status;
}

enum status views_open(struct views *views, struct duck *duck, struct snapshot *snapshot,
                       const struct snapshot_range *range, unsigned threads, struct fault *fault)
{
    *views = (struct views){.duck = duck, .snapshot = snapshot, .range = *range};
    enum status status = register_rows(views, threads, fault);
    if (status == STATUS_OK) {
        status = duck_exec(duck, "set timezone = 'UTC'", fault);
    }
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    append_events_all(&sql, views);
    if (status != STATUS_OK) {
        buf_free(&sql);
        return status;
    }
    status = run_sql(views, &sql, fault);
    return status == STATUS_OK ? duck_exec(duck,
                                           "create view events as select * from events_all "
                                           "where is_test is distinct from true",
                                           fault)
                               : status;
}

static bool has_word(struct view sql, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= sql.len; i++) {
        if (view_is_ignoring_case(view_part(sql, i, len), word)) {
            return true;
        }
    }
    return false;
}

/* Who asks the catalogue sees all of it. */
static bool asks_for_all(struct view sql)
{
    return has_word(sql, "show") || has_word(sql, "information_schema") || has_word(sql, "duckdb_");
}

enum status views_create(struct views *views, struct view sql, struct fault *fault)
{
    bool is_wanted[16] = {false};
    bool is_all = asks_for_all(sql);
    for (size_t i = view_sql_count; i > 0; i--) {
        const struct view_sql *view = &view_sqls[i - 1];
        is_wanted[i - 1] = is_wanted[i - 1] || is_all || has_word(sql, view->name);
        for (size_t k = 0; is_wanted[i - 1] && view->needs && k < i; k++) {
            is_wanted[k] = is_wanted[k] || strcmp(view_sqls[k].name, view->needs) == 0;
        }
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < view_sql_count && status == STATUS_OK; i++) {
        status = is_wanted[i] ? duck_exec(views->duck, view_sqls[i].sql, fault) : STATUS_OK;
    }
    return status;
}

enum status views_lock(struct views *views, const char *output, struct fault *fault)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_text(&sql, "set allowed_paths = [");
    append_files(&sql, views->snapshot);
    if (output) {
        buf_append_format(&sql, "%s'%s'", snapshot_file_count(views->snapshot) > 0 ? ", " : "",
                          output);
    }
    buf_append_text(&sql, "]; set enable_external_access = false; set lock_configuration = true");
    return run_sql(views, &sql, fault);
}
