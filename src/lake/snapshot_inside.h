/*
 * snapshot_inside.h - what snapshot.c, which takes one, and snapshot_rows.c, which reads it, share;
 * nobody else includes it.
 */
#ifndef PIPES_LAKE_SNAPSHOT_INSIDE_H
#define PIPES_LAKE_SNAPSHOT_INSIDE_H

#include "lake/journal_tail.h"
#include "lake/lake_columns.h"
#include "lake/snapshot_files.h"

struct snapshot {
    struct snapshot_options options;
    struct snapshot_files files;
    struct journal_tail *tail;
    size_t tail_count; /* not left out */
    uint64_t tail_bytes;
    struct promoted promoted;
    struct lake_columns columns;
};

static inline bool snapshot_range_has(const struct snapshot_range *range, int64_t ms,
                                      uint64_t number)
{
    return ms >= range->from_ms && (range->to_ms == 0 || ms < range->to_ms) &&
           number >= range->from_seq && (range->to_seq == 0 || number < range->to_seq);
}

#endif
