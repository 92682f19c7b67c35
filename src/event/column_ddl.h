/*
 * column_ddl.h - the column table as a definition that another engine reads, for its own way to
 * look at the lake's Parquet.
 *
 *     column_ddl_append(&out, column_ddl_find(VIEW_LITERAL("athena")));
 *
 * Only the columns that every file has: files may hold more (properties that were given columns of
 * their own), which engines pass over that go by names. Times are instants, JSON is text.
 */
#ifndef PIPES_EVENT_COLUMN_DDL_H
#define PIPES_EVENT_COLUMN_DDL_H

#include "base/buf.h"
#include "event/columns.h"

struct column_ddl; /* how one engine wants it */

/* NULL: there is none of that name. */
const struct column_ddl *column_ddl_find(struct view name);
/* "athena|spark|clickhouse|duckdb" */
const char *column_ddl_names(void);
enum status column_ddl_append(struct buf *out, const struct column_ddl *ddl);

#endif
