/*
 * pipeline.h - one worker's way of a request: adapter, privacy, journal, and after the commit the
 * answer.
 *
 * Requests are appended one by one; those of a round are committed together and answered when they
 * are on disk. What a round is, and whether the worker waits for its commit, is commit_timing.h's
 * to say; what comes while a commit goes on elsewhere is the next round. A success is said only
 * after the commit; when it fails all of the round get 503 with Retry-After and nothing of them is
 * kept. What finds the next round full gets 503 at once.
 *
 *     pipeline_attach(pipeline, loop, &fault);
 *     enum net_verdict verdict = pipeline_take(pipeline, exchange, &request);
 *     ...
 *     pipeline_round(pipeline);       after all requests of a wake-up
 */
#ifndef PIPES_APP_PIPELINE_H
#define PIPES_APP_PIPELINE_H

#include "adapters/adapter.h"
#include "app/counts.h"
#include "app/guard.h"
#include "app/lake_thread.h"
#include "app/live.h"
#include "app/raw_keeper.h"
#include "app/receipts.h"
#include "app/scrub_keys.h"
#include "base/logger.h"
#include "enrich/agent_rules.h"
#include "journal/journal.h"
#include "net/server.h"
#include "privacy/key_ring.h"

struct pipeline;

enum { PIPELINE_ARENA_BYTES = 64 * 1024 * 1024 /* ceiling of one request's work */ };

/* Borrowed for the pipeline's life; all but the last two are shared by the workers. */
struct pipeline_shared {
    struct journal *journal;
    struct live *live;
    struct counts *counts;
    struct guard *guard;
    struct key_ring *ring;
    struct receipts *receipts;
    struct tombstones *tombstones; /* who was forgotten; NULL: nobody */
    struct raw_keeper *raw;        /* NULL: nothing is kept as it came */
    struct agent_rules *agents;
    const struct clock *clock;
    const struct logger *log;
    const char *site;        /* of events that do not say */
    const char *environment; /* the same */
    uint64_t hash_seed;      /* of this data folder */
    struct lake_thread *lake;
    struct ledger_door *door; /* NULL: nothing is counted for the ledger */
    struct scrub_keys *keys;  /* of hashes */
    int64_t interval_ms;      /* of the journal, when it syncs at intervals */
};

enum status pipeline_create(struct pipeline **pipeline, const struct pipeline_shared *shared,
                            unsigned worker, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void pipeline_destroy(struct pipeline *pipeline);

/* Ends of commits are heard through the loop; before it runs. */
enum status pipeline_attach(struct pipeline *pipeline, struct net_loop *loop, struct fault *fault)
    MUST_CHECK;

/* A request with events, and what is needed to take it. */
struct pipeline_request {
    const struct inbound *inbound;
    const struct adapter *adapter;
    const struct settings *settings;
    const char *client; /* its address (forwarded_client()) */
};
/* The exchange's reply has its CORS headers already. Fills the rest, or waits for the round. */
enum net_verdict pipeline_take(struct pipeline *pipeline, struct exchange *x,
                               const struct pipeline_request *request);
void pipeline_round(struct pipeline *pipeline);
/* Nothing comes: what the last request left in memory is overwritten. */
void pipeline_wipe(struct pipeline *pipeline);
/* The client left while it waited. */
void pipeline_gone(struct pipeline *pipeline, struct exchange *x);

#endif
