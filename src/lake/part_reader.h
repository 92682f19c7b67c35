/*
 * part_reader.h - reads the rows of a part of the lake, line by line, in bounded memory.
 *
 *     part_reader_open(&reader, folder_fd, "part-1-2-9.ndjson.zst", &fault);
 *     while (part_reader_next(reader, &row, &fault) == STATUS_OK) { ... }
 *     part_reader_close(reader);
 */
#ifndef PIPES_LAKE_PART_READER_H
#define PIPES_LAKE_PART_READER_H

#include "base/status.h"
#include "base/view.h"

struct part_reader;

enum { PART_ROW_BYTES_MAX = 16 * 1024 * 1024 };

enum status part_reader_open(struct part_reader **reader, int folder_fd, const char *name,
                             struct fault *fault) MUST_CHECK;
/* The same of an open file, which is borrowed and whose position does not move: any number of
 * readers may share it. */
enum status part_reader_open_file(struct part_reader **reader, int fd, const char *name,
                                  struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void part_reader_close(struct part_reader *reader);
/* The row without its line end, borrowed until the next call. STATUS_END behind the last row of a
 * whole file; STATUS_DAMAGED when the file is torn, does not decompress, or ends within a row. */
enum status part_reader_next(struct part_reader *reader, struct view *row, struct fault *fault)
    MUST_CHECK;
/* The ingest_seq of a row of either tree: {...,"ingest_seq":1042}. False when it has none. */
bool part_row_seq(struct view row, uint64_t *seq);

#endif
