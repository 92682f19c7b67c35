/*
 * schema_print.h - statistics, changes and findings as text for people.
 *
 * Names come from outside: control characters in them are shown as '?', so that no terminal obeys
 * them.
 */
#ifndef PIPES_LAKE_SCHEMA_PRINT_H
#define PIPES_LAKE_SCHEMA_PRINT_H

#include "base/buf.h"
#include "lake/schema_check.h"
#include "lake/schema_diff.h"

/* An event with a line for each of its properties. */
void schema_print_event(struct buf *out, const struct schema_event *event);
/* What was counted in all, and what found no place. */
void schema_print_totals(struct buf *out, const struct schema_stats *stats);
/* A line each. */
void schema_print_change(struct buf *out, const struct schema_change *change);
void schema_print_finding(struct buf *out, const struct schema_finding *finding);

/* "string" or "integer 98 %, string 2 %", the most frequent first. */
void schema_print_types(struct buf *out, const struct schema_value *value);

#endif
