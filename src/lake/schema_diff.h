/*
 * schema_diff.h - what changed between two times: new, gone, of another type, likely a slip.
 *
 * "Gone" is said only of what should have come by now: at the pace of before, seven times and more
 * (by chance less than once in a thousand). A new name is held to be a slip of another one that
 * looks like it (schema_names.h), is of the same kind of type, and does not stand beside it in the
 * same rows.
 *
 *     schema_diff(before, since, &(struct schema_spans){before_ms, since_ms}, on_change, me,
 * &fault);
 */
#ifndef PIPES_LAKE_SCHEMA_DIFF_H
#define PIPES_LAKE_SCHEMA_DIFF_H

#include "lake/schema_stats.h"

enum schema_change_kind {
    SCHEMA_NEW_EVENT,
    SCHEMA_GONE_EVENT,
    SCHEMA_NEW_PROPERTY,
    SCHEMA_GONE_PROPERTY,
    SCHEMA_TYPE_CHANGED,
};

struct schema_change {
    enum schema_change_kind kind;
    const struct schema_event *before; /* NULL: new */
    const struct schema_event *since;  /* NULL: gone */
    const struct schema_property *was; /* of changes of properties; NULL: new */
    const struct schema_property *is;  /* NULL: gone */
    struct view slip_of;               /* of what is new: a name or path; empty: of none */
};

/* How long each side is. */
struct schema_spans {
    int64_t before_ms;
    int64_t since_ms;
};

typedef void schema_change_fn(void *self, const struct schema_change *change);

/* Sorts both, and tells every change: events in their order, of each its properties. The rest (what
 * found no place) is left out. */
enum status schema_diff(struct schema_stats *before, struct schema_stats *since,
                        const struct schema_spans *spans, schema_change_fn *on_change, void *self,
                        struct fault *fault) MUST_CHECK;

const char *schema_change_name(enum schema_change_kind kind);

#endif
