/*
 * pipeline.h - one worker's way of a request: adapter, privacy, journal, and after the commit the
 * answer.
 *
 * Requests of one wake-up are appended one by one; pipeline_round() commits them all and answers
 * them. A success is said only then; when the commit fails all of them get 503 with Retry-After
 * and nothing of them is kept.
 *
 *     enum net_verdict verdict = pipeline_take(pipeline, exchange, &inbound, adapter);
 *     ...
 *     pipeline_round(pipeline);
 */
#ifndef PIPES_APP_PIPELINE_H
#define PIPES_APP_PIPELINE_H

#include "adapters/adapter.h"
#include "app/counts.h"
#include "app/live.h"
#include "base/logger.h"
#include "journal/journal.h"
#include "net/server.h"

struct pipeline;

/* Borrowed for the pipeline's life; all but the last two are shared by the workers. */
struct pipeline_shared {
    struct journal *journal;
    struct live *live;
    struct counts *counts;
    const struct clock *clock;
    const struct logger *log;
    const char *site;        /* of events that do not say */
    const char *environment; /* the same */
    uint64_t hash_seed;      /* of this data folder */
    int lake_fd;             /* eventfd of the lake's thread */
};

enum status pipeline_create(struct pipeline **pipeline, const struct pipeline_shared *shared,
                            unsigned worker, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void pipeline_destroy(struct pipeline *pipeline);

/* The exchange's reply has its CORS headers already. Fills the rest, or waits for the round. */
enum net_verdict pipeline_take(struct pipeline *pipeline, struct exchange *x,
                               const struct inbound *inbound, const struct adapter *adapter);
void pipeline_round(struct pipeline *pipeline);
/* The client left while it waited. */
void pipeline_gone(struct pipeline *pipeline, struct exchange *x);

#endif
