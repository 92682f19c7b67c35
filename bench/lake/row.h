/*
 * row.h - the row of a step, as the collector would have made it: all columns that a browser with
 * the tracker's default modules fills, what address and agent say, realistic texts.
 *
 *     row_init(&row, &world, start_ms);
 *     row_make(&row, &step, ingest_seq, &fault);   buf_view(&row.text), row.event_id
 */
#ifndef PIPES_BENCH_ROW_H
#define PIPES_BENCH_ROW_H

#include "base/arena.h"
#include "event/event.h"
#include "bench/lake/step.h"
#include "bench/lake/world.h"

struct row {
    const struct world *world; /* borrowed */
    int64_t start_ms;
    uint32_t visitor_index; /* whose facts are held */
    struct visitor visitor;
    struct arena arena;
    struct buf text;
    struct view site;
    struct view event_id; /* valid until the next row */
};

void row_init(struct row *row, const struct world *world, int64_t start_ms);
void row_free(struct row *row);
enum status row_make(struct row *row, const struct step *step, uint64_t ingest_seq,
                     struct fault *fault) MUST_CHECK;

#endif
