/*
 * visit.h - what one visitor does, from the first visit to the last within the days of the plan.
 *
 *     struct visit visit;
 *     visit_begin(&visit, plan, &visitor, first_ms);
 *     while (!visit.is_over) { visit_session(&visit); visit_away(&visit); }
 */
#ifndef PIPES_BENCH_VISIT_H
#define PIPES_BENCH_VISIT_H

#include "bench/lake/random.h"
#include "bench/lake/world.h"

struct plan_making;

struct visit {
    struct plan_making *making;
    const struct visitor *visitor;
    struct random random;
    int64_t now_ms;
    int64_t batch_ms;    /* when the batch that is being gathered began */
    int64_t received_ms; /* and will be received */
    uint32_t session;
    uint32_t load;
    uint32_t view;
    uint32_t sessions_left;
    uint32_t pages_mean;
    int64_t away_mean_ms;
    uint16_t session_index;
    uint16_t seq;
    uint16_t page;
    uint16_t from_page;
    uint8_t cart;
    bool has_user;
    bool is_renamed;
    bool is_repeated; /* the batch is sent again */
    bool is_over;
};

void visit_begin(struct visit *visit, struct plan_making *making, const struct visitor *visitor,
                 int64_t first_ms);
/* One session: pages and what is done on them. */
void visit_session(struct visit *visit);
/* At least 35 minutes. */
void visit_away(struct visit *visit);

/* For stories that are told step by step. */
void visit_new_session(struct visit *visit);
/* Only that a page was opened; visit_page() leaves the one before and stays for a while. */
void visit_open(struct visit *visit, uint32_t page);
void visit_page(struct visit *visit, uint32_t page);
void visit_emit(struct visit *visit, int kind);
void visit_wait(struct visit *visit, int64_t mean_ms, int64_t most_ms);

#endif
