/*
 * lake_columns.h - from which hour on Parquet files have each of the columns of columns.c.
 *
 *     data/lake/COLUMNS     one line each: hour, column
 *
 * A column that a newer version of the program has is not in the files that an older one wrote. As
 * with promoted ones (promoted.h) an older file's columns must always be among a newer one's, or
 * readers that take the first file's columns for all fail in the middle. So it stands in the files
 * of all hours from `since` on, and in an older hour's only when a row there has a value: nothing
 * is lost for the sake of order.
 *
 *     lake_columns_load(&columns, lake_fd, &fault);
 *     if (!lake_columns_has_all(&columns)) { ... look at the files ... }
 *     lake_columns_save(&columns, lake_fd, &fault);
 */
#ifndef PIPES_LAKE_LAKE_COLUMNS_H
#define PIPES_LAKE_LAKE_COLUMNS_H

#include "base/status.h"
#include "event/columns.h"

#include <stdbool.h>
#include <stdint.h>

#define LAKE_COLUMNS_UNKNOWN INT64_MAX /* of a column that nothing is said of */

struct lake_columns {
    int64_t since[COLUMN_COUNT]; /* hours since 1970; 0: always */
};

/* Without the file nothing is known. STATUS_DAMAGED when it is not understood; names of columns
 * that this program does not have are passed over. */
enum status lake_columns_load(struct lake_columns *made, int lake_fd, struct fault *fault)
    MUST_CHECK;
enum status lake_columns_save(const struct lake_columns *made, int lake_fd, struct fault *fault)
    MUST_CHECK;
bool lake_columns_has_all(const struct lake_columns *made);
/* From this hour on every file has all of them; LAKE_COLUMNS_UNKNOWN: not known. */
int64_t lake_columns_complete_since(const struct lake_columns *made);

#endif
