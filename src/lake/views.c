#include "lake/views.h"

#include "base/buf.h"
#include "lake/events_sql.h"
#include "lake/promoted_functions.h"
#include "lake/view_sql.h"

#include <ctype.h>
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

static void put_promoted(void *self, struct duck_fill *fill, const struct row_cells *cells,
                         struct arena *arena)
{
    compact_columns_put_promoted(self, fill, cells, arena, false);
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
        .more = views->columns.at + COLUMN_COUNT,
        .more_count = views->columns.promoted_count,
        .put_more = put_promoted,
        .put_self = &views->columns,
    };
    return duck_rows_register(views->duck, &views->rows, fault);
}

static void append_files(struct buf *sql, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot_file_count(snapshot); i++) {
        buf_append_format(sql, "%s'/proc/self/fd/%d'", i > 0 ? ", " : "",
                          snapshot_file(snapshot, i)->fd);
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

/* Of the two views of all rows. */
enum events_wanted { EVENTS_ONLY, EVENTS_ALL_ONLY, EVENTS_BOTH };

/* A view is looked at when it is made, files and all: one of them does where one is asked for. */
static enum status create_events(struct views *views, enum events_wanted wanted,
                                 struct fault *fault)
{
    static const char BOTH[] = "; create view events as select * from events_all";
    static const char KEPT[] = " where is_test is distinct from true";
    const struct events_sql of = {.snapshot = views->snapshot,
                                  .range = &views->options.range,
                                  .rows = "pipes_rows()",
                                  .columns = views->columns.promoted};
    enum status status = of.columns
                             ? promoted_functions_register(views->duck, of.columns,
                                                           events_sql_first_function(&of), fault)
                             : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_append_format(&sql, "create view %s",
                      wanted == EVENTS_ONLY ? "events as select * from (" : "events_all as ");
    events_sql_append(&sql, &of);
    if (wanted != EVENTS_ALL_ONLY) {
        buf_append_format(&sql, "%s%s", wanted == EVENTS_BOTH ? BOTH : ")", KEPT);
    }
    return run_sql(views, &sql, fault);
}

enum status views_open(struct views *views, struct duck *duck, struct snapshot *snapshot,
                       const struct views_options *options, struct fault *fault)
{
    *views = (struct views){.duck = duck, .snapshot = snapshot, .options = *options};
    compact_columns_init(&views->columns);
    return duck_exec(duck, "set timezone = 'UTC'", fault);
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

/* Every place where it says "events" goes on with "_all". */
static bool has_events_all_only(struct view sql)
{
    static const struct view NAME = VIEW_LITERAL("events");
    static const char ALL[] = "events_all";
    bool has_all = false;
    for (size_t i = 0; i + NAME.len <= sql.len; i++) {
        if (view_is_ignoring_case(view_part(sql, i, NAME.len), NAME.at)) {
            if (!view_is_ignoring_case(view_part(sql, i, sizeof(ALL) - 1), ALL)) {
                return false;
            }
            has_all = true;
        }
    }
    return has_all;
}

/* Who asks the catalogue sees all of it. */
static bool asks_for_all(struct view sql)
{
    return has_word(sql, "show") || has_word(sql, "information_schema") || has_word(sql, "duckdb_");
}

static bool is_name(char byte)
{
    return byte == '_' || isalnum((unsigned char)byte) || (byte & 0x80);
}

/* count(*) is no wish for columns; a product that looks like one does no harm. */
static bool is_star(struct view sql, size_t at)
{
    while (at > 0 && isspace((unsigned char)sql.at[at - 1])) {
        at--;
    }
    return at == 0 || sql.at[at - 1] != '(';
}

/* Columns that nobody names cost each file some time: these are there for who names one, or asks
 * for all there are. */
static bool wants_promoted(const struct views *views, struct view sql)
{
    bool wants =
        views->options.has_promoted && (asks_for_all(sql) || has_word(sql, "describe") ||
                                        has_word(sql, "columns") || !has_word(sql, "select"));
    for (size_t i = 0; i < sql.len && views->options.has_promoted && !wants; i++) {
        bool is_first = i == 0 || !is_name(sql.at[i - 1]);
        wants = (sql.at[i] == '*' && is_star(sql, i)) ||
                (is_first && view_is_ignoring_case(view_part(sql, i, 2), "p_"));
    }
    return wants;
}

/* Other views are made of `events`. */
static enum events_wanted choose_events(struct view sql, bool has_others)
{
    if (!has_others && has_events_all_only(sql)) {
        return EVENTS_ALL_ONLY;
    }
    return asks_for_all(sql) || has_word(sql, "events_all") ? EVENTS_BOTH : EVENTS_ONLY;
}

enum status views_create(struct views *views, struct view sql, struct fault *fault)
{
    bool is_wanted[16] = {false};
    bool is_all = asks_for_all(sql);
    bool is_any = is_all;
    for (size_t i = view_sql_count; i > 0; i--) {
        const struct view_sql *view = &view_sqls[i - 1];
        is_wanted[i - 1] = is_wanted[i - 1] || is_all || has_word(sql, view->name);
        is_any = is_any || is_wanted[i - 1];
        for (size_t k = 0; is_wanted[i - 1] && view->needs && k < i; k++) {
            is_wanted[k] = is_wanted[k] || strcmp(view_sqls[k].name, view->needs) == 0;
        }
    }
    if (wants_promoted(views, sql)) {
        const struct promoted *promoted = snapshot_promoted(views->snapshot);
        compact_columns_set(&views->columns, promoted, promoted->count);
    }
    enum status status = register_rows(views, views->options.threads, fault);
    status = status == STATUS_OK ? create_events(views, choose_events(sql, is_any), fault) : status;
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
