/*
 * schema_codec.h - the statistics as bytes: what stands, packed, in a file of statistics.
 *
 * The same statistics give the same bytes once they are sorted, whatever the order of the rows and
 * of merging. Drawn in docs/storage.md.
 */
#ifndef PIPES_LAKE_SCHEMA_CODEC_H
#define PIPES_LAKE_SCHEMA_CODEC_H

#include "base/buf.h"
#include "lake/schema_stats.h"

enum { SCHEMA_CODEC_BYTES_MAX = 64 << 20 };

/* They must be sorted. Ask buf_status() at the end. */
void schema_codec_append(struct buf *out, const struct schema_stats *stats);
/* Adds what the bytes say to the statistics. STATUS_DAMAGED when they are not understood, with what
 * came before already added. */
enum status schema_codec_read(struct view bytes, struct schema_stats *stats, struct fault *fault)
    MUST_CHECK;

#endif
