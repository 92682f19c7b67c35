/*
 * snapshot_keys.h - inside of a snapshot: which rows of the journal's tail were stored before, or
 * stand in it twice.
 *
 * Of rows with the same site and event_id the one with the lowest ingest_seq stays. What was stored
 * before is known by its key in lake/keys, but for parts that the collector has just closed and
 * whose keys it saves next: of those the rows themselves are asked.
 */
#ifndef PIPES_LAKE_SNAPSHOT_KEYS_H
#define PIPES_LAKE_SNAPSHOT_KEYS_H

#include "lake/journal_tail.h"
#include "lake/key_view.h"
#include "lake/snapshot_files.h"

/* Marks rows as left out. Rows that are left out already because they are done count as seen. */
enum status snapshot_keys_mark(struct journal_tail *tail, const struct key_view *keys,
                               struct fault *fault) MUST_CHECK;
/* The same for rows that stand in one of these parts. */
enum status snapshot_keys_mark_parts(struct journal_tail *tail,
                                     const struct snapshot_part *const *parts, size_t count,
                                     struct fault *fault) MUST_CHECK;

#endif
