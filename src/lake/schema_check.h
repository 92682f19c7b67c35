/*
 * schema_check.h - compares what came with a tracking plan.
 *
 *     schema_check(&plan, stats, on_finding, me, &fault);
 *
 * Statistics hold no texts, so a value that is not allowed is counted and never shown: of up to 64
 * different values each is known by its hash, of more it is sure that some are not allowed.
 */
#ifndef PIPES_LAKE_SCHEMA_CHECK_H
#define PIPES_LAKE_SCHEMA_CHECK_H

#include "lake/schema_plan.h"

/* Borrowed during the call. */
struct schema_finding {
    struct schema_event_key key; /* of the event; of one that did not come: as planned */
    enum schema_scope scope;
    bool has_path;
    struct view path;     /* of the property */
    const char *sentence; /* what is wrong */
    struct view slip_of;  /* the planned name that it may be a slip of; empty: none */
};

typedef void schema_finding_fn(void *self, const struct schema_finding *finding);

/* Sorts the statistics. Events of a type (track, page, ...) that the plan names no event of are not
 * judged. */
enum status schema_check(const struct schema_plan *plan, struct schema_stats *stats,
                         schema_finding_fn *on_finding, void *self, struct fault *fault) MUST_CHECK;

#endif
