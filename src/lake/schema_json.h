/*
 * schema_json.h - statistics, changes and findings as JSON, one object each; described in
 * docs/schema.md.
 */
#ifndef PIPES_LAKE_SCHEMA_JSON_H
#define PIPES_LAKE_SCHEMA_JSON_H

#include "base/buf.h"
#include "lake/schema_check.h"
#include "lake/schema_diff.h"

void schema_json_event(struct buf *out, const struct schema_event *event);
/* Members without the braces around them: what was counted in all. */
void schema_json_totals(struct buf *out, const struct schema_stats *stats);
void schema_json_change(struct buf *out, const struct schema_change *change);
void schema_json_finding(struct buf *out, const struct schema_finding *finding);

#endif
