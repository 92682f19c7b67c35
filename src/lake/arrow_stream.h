/*
 * arrow_stream.h - an answer of DuckDB as an Arrow IPC stream (format version 5).
 *
 * Columns are of six types: int64, float64, bool, date32, timestamp in microseconds (with a zone,
 * UTC, or without), utf8. What is of another type is cast: numbers that fit no int64 to float64,
 * everything else to text.
 */
#ifndef PIPES_LAKE_ARROW_STREAM_H
#define PIPES_LAKE_ARROW_STREAM_H

#include "lake/answer.h"

/* How SQL makes one of these of a column: a pattern with %zu for its number. */
const char *arrow_stream_cast(duckdb_type type);
enum status arrow_stream_write(struct answer *answer, struct duck_result *result,
                               struct fault *fault) MUST_CHECK;

#endif
