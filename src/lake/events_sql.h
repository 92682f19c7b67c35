/*
 * events_sql.h - the SQL that makes one table of a snapshot: of files that have not all the same
 * columns, and of rows that are in no file yet.
 *
 *     events_sql_append(&sql, &(struct events_sql){.snapshot = snapshot, .range = &range});
 *
 * Files stand by hour, and an older one's columns are among a newer one's (promoted.h,
 * lake_columns.h). So neighbours with the same columns are read together, and what they lack stands
 * in the select: a promoted property is taken out of `properties`, a column of columns.c is NULL.
 * Files of which it is not known what they have are read by the names of their columns.
 */
#ifndef PIPES_LAKE_EVENTS_SQL_H
#define PIPES_LAKE_EVENTS_SQL_H

#include "base/buf.h"
#include "lake/snapshot.h"

struct events_sql {
    const struct snapshot *snapshot;
    const struct snapshot_range *range;
    const char *rows;               /* the table of rows that are in no file: "pipes_rows()" */
    const struct promoted *columns; /* of properties; NULL: without them */
};

void events_sql_append(struct buf *sql, const struct events_sql *of);
/* From which of the promoted columns on that calls promoted_functions.h; as many as there are: it
 * does not. */
size_t events_sql_first_function(const struct events_sql *of);

#endif
