/*
 * schema_plan.h - a tracking plan: which events there should be, and what they should carry.
 *
 * A JSON file, described in docs/schema.md:
 *
 *     {"plan": 1, "events": [{"type": "track", "name": "order_completed", "required": true,
 *         "properties": {"total": {"type": "number", "required": true, "min": 0},
 *                        "currency": {"type": "string", "values": ["EUR", "USD"]}}}]}
 *
 *     schema_plan_read(&plan, text, seed, &arena, &fault);
 */
#ifndef PIPES_LAKE_SCHEMA_PLAN_H
#define PIPES_LAKE_SCHEMA_PLAN_H

#include "lake/schema_stats.h"

struct schema_rule {
    enum schema_scope scope;
    struct view path;
    unsigned types; /* allowed ones, a bit each */
    bool is_required;
    bool has_children; /* the plan names properties below it */
    bool has_values;
    size_t value_count;
    const uint64_t *values; /* hashes of the allowed ones, as schema_value_hash() gives them */
    bool has_min, has_max, has_longest;
    double min, max;
    double longest; /* characters */
};

struct schema_planned {
    struct schema_event_key key; /* site empty: any */
    bool is_required;            /* it must have occurred */
    bool allows_others;          /* properties that the plan does not name */
    struct schema_rule *rules;
    size_t rule_count;
};

struct schema_plan {
    bool allows_others; /* events that the plan does not name */
    struct schema_planned *events;
    size_t event_count;
};

/* Everything lives in the arena, but for views into text, which must stay. STATUS_BAD_INPUT: the
 * sentence says where, and what is allowed. */
enum status schema_plan_read(struct schema_plan *plan, struct view text, uint64_t seed,
                             struct arena *arena, struct fault *fault) MUST_CHECK;

#endif
