/*
 * view_sql.h - the SQL of the views and macros of `pipes query`, which docs/query.md describes.
 *
 *     for (size_t i = 0; i < view_sql_count; i++) { ... view_sqls[i].sql ... }
 */
#ifndef PIPES_LAKE_VIEW_SQL_H
#define PIPES_LAKE_VIEW_SQL_H

#include <stddef.h>

struct view_sql {
    const char *name;
    const char *sql;
    const char *needs; /* the name of another that it reads; NULL: `events` only */
};

/* Each stands behind what it needs. */
extern const struct view_sql view_sqls[];
extern const size_t view_sql_count;

#endif
