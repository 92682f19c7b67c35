/*
 * row_merge.h - sorted files of rows (row_file.h) as one, in order, without what is there twice.
 *
 *     row_merge_open(&merge, folder_fd, names, count, keys, &fault);
 *     while (row_merge_next(merge, &row, &cells, &fault) == STATUS_OK) { ... }
 *     row_merge_close(merge);
 */
#ifndef PIPES_LAKE_ROW_MERGE_H
#define PIPES_LAKE_ROW_MERGE_H

#include "lake/row_cells.h"
#include "lake/row_keys.h"

enum { ROW_MERGE_FILES_MAX = 32, ROW_MERGE_NAME_BYTES = 32 };

struct row_merge;

/* `keys`, searched already, says which rows are left out; NULL: none but identical ones. */
enum status row_merge_open(struct row_merge **merge, int folder_fd,
                           char names[][ROW_MERGE_NAME_BYTES], size_t count,
                           const struct row_keys *keys, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void row_merge_close(struct row_merge *merge);
/* Lent until the next call. STATUS_END behind the last. */
enum status row_merge_next(struct row_merge *merge, struct view *row,
                           const struct row_cells **cells, struct fault *fault) MUST_CHECK;
/* How many were left out so far. */
uint64_t row_merge_dropped(const struct row_merge *merge);

#endif
