/*
 * part_writer.h - writes one part of the lake: NDJSON in one zstd file, whole or not there at all.
 *
 *     part_writer_begin(&part, tree_fd, stream, received_ms, &fault);
 *     part_writer_row(part, seq, row, &fault);        any number of times
 *     part_writer_finish(part, last_seq, &fault);     date=.../hour=.../part-S-F-L.ndjson.zst
 *
 * While it is written its name starts with '_', so that no glob over the tree sees it; the final
 * name says which numbers of the stream were looked at for it (rows of duplicates are not in it),
 * and so is the consumer's cursor.
 */
#ifndef PIPES_LAKE_PART_WRITER_H
#define PIPES_LAKE_PART_WRITER_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

struct part_writer;

/* Which hour (UTC) a moment belongs to: hours since 1970. */
int64_t part_hour(int64_t received_ms);

/* tree_fd is borrowed; folders date=YYYY-MM-DD/hour=HH are made below it. `first_seq` is the first
 * number looked at. On failure *part is NULL and nothing is left behind. */
enum status part_writer_begin(struct part_writer **part, int tree_fd, uint64_t stream,
                              uint64_t first_seq, int64_t received_ms, struct fault *fault)
    MUST_CHECK;
/* Removes the unfinished file. Accepts NULL. */
void part_writer_abandon(struct part_writer *part);

/* One line; the line end is added. */
enum status part_writer_row(struct part_writer *part, struct view row, struct fault *fault)
    MUST_CHECK;
/* Bytes of rows so far, before compression. */
uint64_t part_writer_bytes(const struct part_writer *part);
uint64_t part_writer_rows(const struct part_writer *part);
int64_t part_writer_hour(const struct part_writer *part);
uint64_t part_writer_first(const struct part_writer *part);

/* Durable under its final name when STATUS_OK, gone otherwise. Frees the part either way. */
enum status part_writer_finish(struct part_writer *part, uint64_t last_seq, struct fault *fault)
    MUST_CHECK;

/* The same, but the name stays that of an unfinished file, and is given: "_part-S-F.ndjson.zst".
 * Somebody else is to rename it. */
enum { PART_WRITER_NAME_BYTES = 128 };
enum status part_writer_close(struct part_writer *part, char name[PART_WRITER_NAME_BYTES],
                              struct fault *fault) MUST_CHECK;

struct part_name {
    uint64_t stream;
    uint64_t first_seq;
    uint64_t last_seq;
};
/* Reads "part-S-F-L.ndjson.zst"; false for any other name. */
bool part_name_parse(struct view name, struct part_name *parsed);

#endif
