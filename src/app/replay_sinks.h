/*
 * replay_sinks.h - where rows of the quarantine go: to a running collector, or, when none runs,
 * into the journal directly.
 *
 *     replay_through_open(&through, "data", &fault);      STATUS_NOT_FOUND: none runs
 *     struct replay_sink sink = replay_through_sink(&through);
 *
 *     replay_alone_open(&alone, &options, &fault);        STATUS_BUSY: one runs
 *     struct replay_sink sink = replay_alone_sink(&alone);
 *     replay_alone_drain(&alone, &fault);                 what was put is in the lake
 */
#ifndef PIPES_APP_REPLAY_SINKS_H
#define PIPES_APP_REPLAY_SINKS_H

#include "app/admin_client.h"
#include "app/data_alone.h"
#include "app/replay.h"
#include "app/replay_append.h"

struct replay_through {
    struct admin_client client;
    uint64_t done[REPLAY_ROWS_MAX];
};

enum status replay_through_open(struct replay_through *through, const char *data,
                                struct fault *fault) MUST_CHECK;
struct replay_sink replay_through_sink(struct replay_through *through);

struct replay_alone {
    struct data_alone data;
    struct replay_append append;
    uint64_t hash_seed;
    struct scrub_options scrubbing;
    struct arena arena; /* of sites */
    struct sites sites;
    struct key_ring *ring;
    struct scrub_keys keys;
    struct tombstone_look *forgotten;
};

enum status replay_alone_open(struct replay_alone *alone, const struct data_alone_options *options,
                              struct fault *fault) MUST_CHECK;
/* Accepts one that failed to open. */
void replay_alone_close(struct replay_alone *alone);
struct replay_sink replay_alone_sink(struct replay_alone *alone);
enum status replay_alone_drain(struct replay_alone *alone, struct fault *fault) MUST_CHECK;

#endif
