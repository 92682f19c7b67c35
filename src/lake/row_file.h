/*
 * row_file.h - rows set aside in a file for a while: NDJSON in zstd's quickest, read again with
 * part_reader.h. Not durable: who is cut off begins anew.
 *
 *     row_file_create(&file, folder_fd, "_run-0", &fault);
 *     row_file_add(file, row, &fault);
 *     row_file_finish(file, &fault);
 */
#ifndef PIPES_LAKE_ROW_FILE_H
#define PIPES_LAKE_ROW_FILE_H

#include "base/status.h"
#include "base/view.h"

struct row_file;

enum status row_file_create(struct row_file **file, int folder_fd, const char *name,
                            struct fault *fault) MUST_CHECK;
enum status row_file_add(struct row_file *file, struct view row, struct fault *fault) MUST_CHECK;
/* Frees it either way. */
enum status row_file_finish(struct row_file *file, struct fault *fault) MUST_CHECK;
/* Leaves a file that is not whole. Accepts NULL. */
void row_file_abandon(struct row_file *file);

#endif
