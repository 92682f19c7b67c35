/*
 * subject_sql.h - what subject.h does with a row, as SQL for DuckDB over the lake's Parquet files.
 *
 *     subject_sql_owns(&sql, &subject);                 a condition: the row is the subject's
 *     subject_sql_mentions(&sql, &subject, &columns);   a condition: it is not, but mentions it
 *     subject_sql_select(&sql, &subject, &columns);     SELECT's list, mentions replaced
 *
 * Texts in a Parquet column are what they say, not JSON: but for properties, user_properties and
 * context. Columns made of single properties (p_...) are as free as the text they come from.
 */
#ifndef PIPES_LAKE_SUBJECT_SQL_H
#define PIPES_LAKE_SUBJECT_SQL_H

#include "lake/duck.h"
#include "lake/subject.h"

enum {
    SUBJECT_SQL_COLUMNS_MAX = 256,
    SUBJECT_SQL_NAME_BYTES = 128,
    SUBJECT_SQL_NUMBER_DIGITS_MAX = 15, /* a double holds each of these as it is */
};

/* The columns by which a row belongs to somebody. */
extern const char *const subject_sql_ids[SUBJECT_ROW_IDS];

enum subject_sql_kind {
    SUBJECT_SQL_FIXED,   /* values of its own kind: let be */
    SUBJECT_SQL_JSON,    /* JSON text */
    SUBJECT_SQL_TEXT,    /* what people write */
    SUBJECT_SQL_NUMBER,  /* a property's number */
    SUBJECT_SQL_VARIANT, /* `properties` once more */
};

/* Of one file. */
struct subject_sql_columns {
    size_t count;
    struct {
        char name[SUBJECT_SQL_NAME_BYTES];
        enum subject_sql_kind kind;
    } at[SUBJECT_SQL_COLUMNS_MAX];
};

/* `from` stands behind FROM. */
enum status subject_sql_columns(struct subject_sql_columns *columns, struct duck *duck,
                                const char *from, struct fault *fault) MUST_CHECK;

/* Whether a condition here asks the column: for one of the ids, or for a mention. */
bool subject_sql_may_hold(struct view column);
/* Whether the id is looked for among the numbers of properties, too. */
bool subject_sql_is_number(const struct subject_id *id);

void subject_sql_owns(struct buf *sql, const struct subject *subject);
void subject_sql_mentions(struct buf *sql, const struct subject *subject,
                          const struct subject_sql_columns *columns);
void subject_sql_select(struct buf *sql, const struct subject *subject,
                        const struct subject_sql_columns *columns);

#endif
