#include "lake/subject_sql.h"

#include <stdio.h>

static void append_literal(struct buf *sql, struct view text)
{
    (void)duck_append_literal(sql, text);
}

static void append_name(struct buf *sql, const char *name)
{
    (void)duck_append_name(sql, view_from_text(name));
}

const char *const subject_sql_ids[SUBJECT_ROW_IDS] = {"anonymous_id", "user_id", "previous_id"};
static const char *const JSON[] = {"properties", "user_properties", "context"};
static const char *const TEXT[] = {
    "group_id", "url",           "path",          "title",
    "referrer", "campaign_term", "campaign_name", "campaign_content"};
static const char PROMOTED[] = "p_";

static bool is_among(struct view name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_json(struct view name)
{
    return is_among(name, JSON, sizeof(JSON) / sizeof(JSON[0]));
}

static bool is_free_text(struct view name)
{
    return is_among(name, TEXT, sizeof(TEXT) / sizeof(TEXT[0]));
}

bool subject_sql_may_hold(struct view column)
{
    return is_among(column, subject_sql_ids, SUBJECT_ROW_IDS) || is_json(column) ||
           is_free_text(column) || view_starts_with(column, PROMOTED);
}

static enum subject_sql_kind kind_of(struct view name, struct view type)
{
    if (view_is(type, "VARIANT")) {
        return SUBJECT_SQL_VARIANT;
    }
    if (is_json(name) || is_free_text(name)) {
        return is_json(name) ? SUBJECT_SQL_JSON : SUBJECT_SQL_TEXT;
    }
    bool is_property = view_starts_with(name, PROMOTED);
    return is_property && view_is(type, "VARCHAR")  ? SUBJECT_SQL_TEXT
           : is_property && view_is(type, "DOUBLE") ? SUBJECT_SQL_NUMBER
                                                    : SUBJECT_SQL_FIXED;
}

static enum status take_columns(struct subject_sql_columns *columns, struct duck *duck,
                                duckdb_data_chunk chunk, struct fault *fault)
{
    const struct duck_api *api = duck_api(duck);
    const void *names = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
    const void *types = api->vector_get_data(api->data_chunk_get_vector(chunk, 1));
    for (idx_t row = 0; row < api->data_chunk_get_size(chunk); row++) {
        struct view name = duck_text(names, row);
        if (columns->count == SUBJECT_SQL_COLUMNS_MAX || name.len >= SUBJECT_SQL_NAME_BYTES) {
            return fault_set(fault, STATUS_TOO_BIG, "a Parquet file has more than %d columns",
                             SUBJECT_SQL_COLUMNS_MAX);
        }
        snprintf(columns->at[columns->count].name, SUBJECT_SQL_NAME_BYTES, "%.*s", VIEW_ARG(name));
        columns->at[columns->count++].kind = kind_of(name, duck_text(types, row));
    }
    return STATUS_OK;
}

enum status subject_sql_columns(struct subject_sql_columns *columns, struct duck *duck,
                                const char *from, struct fault *fault)
{
    struct duck_result *result = NULL;
    struct buf sql;
    buf_init(&sql, 64 * 1024);
    buf_append_format(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM %s)",
                      from);
    buf_append_byte(&sql, 0);
    columns->count = 0;
    enum status status = buf_status(&sql);
    status = status == STATUS_OK ? duck_query(duck, sql.at, &result, fault) : status;
    duckdb_data_chunk chunk;
    while (status == STATUS_OK && (status = duck_result_next(result, &chunk, fault)) == STATUS_OK) {
        status = take_columns(columns, duck, chunk, fault);
    }
    duck_result_close(result);
    buf_free(&sql);
    return status == STATUS_END ? STATUS_OK : status;
}

void subject_sql_owns(struct buf *sql, const struct subject *subject)
{
    buf_append_text(sql, "(");
    for (size_t i = 0; i < SUBJECT_ROW_IDS; i++) {
        buf_append_format(sql, "%scoalesce(%s IN (", i > 0 ? " OR " : "(", subject_sql_ids[i]);
        for (size_t n = 0; n < subject->count; n++) {
            buf_append_text(sql, n > 0 ? "," : "");
            append_literal(sql, subject->ids[n].text);
        }
        buf_append_text(sql, "), false)");
    }
    buf_append_text(sql, ")");
    if (subject->site.len > 0) {
        buf_append_text(sql, " AND coalesce(site = ");
        append_literal(sql, subject->site);
        buf_append_text(sql, ", false)");
    }
    buf_append_text(sql, ")");
}

/* RE2: what is no letter or digit stands for itself behind a backslash; bytes of other letters as
 * they are. */
static void append_quoted(struct buf *pattern, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || byte >= 0x80;
        if (!is_plain) {
            buf_append_byte(pattern, '\\');
        }
        buf_append_byte(pattern, (char)byte);
    }
}

/* Every way in which the id may be written in a column of that kind. */
static void append_pattern(struct buf *sql, const struct subject_id *id, enum subject_sql_kind kind)
{
    struct buf pattern;
    bool is_json = kind == SUBJECT_SQL_JSON;
    buf_init(&pattern, 256 * 1024);
    /* In JSON a needle that begins within an escape is not the id; \\ is no such beginning. */
    buf_append_text(&pattern, !is_json      ? "()"
                              : id->is_long ? "((?:^|[^\\\\])(?:\\\\\\\\)*)"
                                            : "(\")");
    buf_append_text(&pattern, !is_json && !id->is_long ? "^(?:" : "(?:");
    if (!is_json) {
        append_quoted(&pattern, id->text);
        buf_append_byte(&pattern, '|');
    }
    for (size_t i = 0; i < id->needle_count; i++) {
        buf_append_text(&pattern, i > 0 ? "|" : "");
        append_quoted(&pattern, id->needles[i]);
    }
    /* A short one is the whole text: not twice. */
    buf_append_text(&pattern, id->is_long ? ")+()" : is_json ? ")(\\\\?\")" : ")$()");
    append_literal(sql, buf_view(&pattern));
    buf_free(&pattern);
}

static bool is_text(enum subject_sql_kind kind)
{
    return kind == SUBJECT_SQL_JSON || kind == SUBJECT_SQL_TEXT;
}

bool subject_sql_is_number(const struct subject_id *id)
{
    return id->is_long && id->replacement[0] == '0' &&
           id->text.len <= SUBJECT_SQL_NUMBER_DIGITS_MAX;
}

static void append_contains(struct buf *sql, const char *name, struct view text)
{
    buf_append_text(sql, " OR contains(");
    append_name(sql, name);
    buf_append_byte(sql, ',');
    append_literal(sql, text);
    buf_append_byte(sql, ')');
}

/* The quick question first: most rows do not hold the bytes. With AND, both would be asked of every
 * row; with CASE the second is asked only where the first says so. */
static void append_is_in(struct buf *sql, const struct subject_id *id, const char *name,
                         enum subject_sql_kind kind)
{
    bool is_json = kind == SUBJECT_SQL_JSON;
    buf_append_text(sql, "CASE WHEN false");
    if (!is_json) {
        append_contains(sql, name, id->text);
    }
    for (size_t i = 0; i < id->needle_count; i++) {
        if (is_json || !view_equal(id->needles[i], id->text)) {
            append_contains(sql, name, id->needles[i]);
        }
    }
    buf_append_text(sql, " THEN regexp_matches(");
    append_name(sql, name);
    buf_append_byte(sql, ',');
    append_pattern(sql, id, kind);
    buf_append_text(sql, ") ELSE false END");
}

void subject_sql_mentions(struct buf *sql, const struct subject *subject,
                          const struct subject_sql_columns *columns)
{
    buf_append_text(sql, "(NOT ");
    subject_sql_owns(sql, subject);
    if (subject->site.len > 0) {
        buf_append_text(sql, " AND coalesce(site = ");
        append_literal(sql, subject->site);
        buf_append_text(sql, ", false)");
    }
    buf_append_text(sql, " AND (false");
    for (size_t i = 0; i < columns->count && !subject->keeps_mentions; i++) {
        for (size_t n = 0; n < subject->count && is_text(columns->at[i].kind); n++) {
            buf_append_text(sql, " OR ");
            append_is_in(sql, &subject->ids[n], columns->at[i].name, columns->at[i].kind);
        }
        for (size_t n = 0; n < subject->count && columns->at[i].kind == SUBJECT_SQL_NUMBER; n++) {
            if (subject_sql_is_number(&subject->ids[n])) {
                buf_append_text(sql, " OR coalesce(");
                append_name(sql, columns->at[i].name);
                buf_append_format(sql, " = %.*s, false)", VIEW_ARG(subject->ids[n].text));
            }
        }
    }
    buf_append_text(sql, "))");
}

/* The column with all ids replaced, one within the other. */
static void append_replaced(struct buf *sql, const struct subject *subject, const char *name,
                            enum subject_sql_kind kind)
{
    for (size_t n = 0; n < subject->count; n++) {
        buf_append_text(sql, "regexp_replace(");
    }
    append_name(sql, name);
    for (size_t n = 0; n < subject->count; n++) {
        buf_append_byte(sql, ',');
        append_pattern(sql, &subject->ids[n], kind);
        buf_append_format(sql, ",'\\1%s\\2','g')", subject->ids[n].replacement);
    }
}

static void append_number(struct buf *sql, const struct subject *subject, const char *name)
{
    buf_append_text(sql, "CASE WHEN ");
    append_name(sql, name);
    buf_append_text(sql, " IN (NULL");
    for (size_t n = 0; n < subject->count; n++) {
        if (subject_sql_is_number(&subject->ids[n])) {
            buf_append_format(sql, ",%.*s", VIEW_ARG(subject->ids[n].text));
        }
    }
    buf_append_text(sql, ") THEN 0 ELSE ");
    append_name(sql, name);
    buf_append_text(sql, " END");
}

static void append_column(struct buf *sql, const struct subject *subject, const char *name,
                          enum subject_sql_kind kind)
{
    if (is_text(kind)) {
        append_replaced(sql, subject, name, kind);
    } else if (kind == SUBJECT_SQL_NUMBER) {
        append_number(sql, subject, name);
    } else {
        buf_append_text(sql, "CASE WHEN properties IS NULL THEN NULL ELSE ");
        append_replaced(sql, subject, "properties", SUBJECT_SQL_JSON);
        buf_append_text(sql, "::JSON::VARIANT END");
    }
}

void subject_sql_select(struct buf *sql, const struct subject *subject,
                        const struct subject_sql_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const char *name = columns->at[i].name;
        buf_append_text(sql, i > 0 ? ", " : "");
        if (subject->keeps_mentions || columns->at[i].kind == SUBJECT_SQL_FIXED) {
            append_name(sql, name);
            continue;
        }
        buf_append_text(sql, "CASE WHEN is_mentioned THEN ");
        append_column(sql, subject, name, columns->at[i].kind);
        buf_append_text(sql, " ELSE ");
        append_name(sql, name);
        buf_append_text(sql, " END AS ");
        append_name(sql, name);
    }
}
