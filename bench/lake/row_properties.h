/*
 * row_properties.h - what the site says about an event, in JSON without whitespace.
 */
#ifndef PIPES_BENCH_ROW_PROPERTIES_H
#define PIPES_BENCH_ROW_PROPERTIES_H

#include "bench/lake/drift.h"
#include "bench/lake/world.h"

struct row_subject {
    const struct world *world;
    const struct visitor *visitor;
    const struct step *step;
    int64_t start_ms;
};

void row_append_properties(const struct row_subject *subject, struct buf *out);
/* False: the event has none, nothing was appended. */
bool row_append_user_properties(const struct row_subject *subject, struct buf *out);

#endif
