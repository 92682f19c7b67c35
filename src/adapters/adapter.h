/*
 * adapter.h - the contract of an adapter: a pure function from a request to events.
 *
 * It sees the request's bytes and the time, never a socket, a file or a clock, so that files of
 * requests and expected rows test it. It fills the columns its protocol knows; what the collector
 * knows by itself (received_at, ingest_seq, privacy) is added behind it.
 *
 *     struct batch batch = {0};
 *     switch (adapter->decode(&inbound, &arena, &batch, &fault)) { ... }
 */
#ifndef PIPES_ADAPTERS_ADAPTER_H
#define PIPES_ADAPTERS_ADAPTER_H

#include "base/arena.h"
#include "base/status.h"
#include "event/event.h"

enum {
    ADAPTER_EVENTS_MAX = 10000, /* events of one request */
    ADAPTER_EVENT_ID_BYTES_MAX = 128,
    ADAPTER_SKEW_MS = 60 * 1000, /* a client's clock is believed when it is off by less */
    ADAPTER_AHEAD_MS = 6 * ADAPTER_SKEW_MS, /* nothing is made so long after it is received */
};

enum inbound_method { INBOUND_GET, INBOUND_POST };

/* A request, borrowed for as long as its events are used. */
struct inbound {
    enum inbound_method method;
    struct view path;
    struct view query; /* what follows '?' */
    struct view body;
    int64_t received_ms; /* UTC */
};

/* Valid JSON that is not an event: kept with its reason, so that it can be replayed. */
struct batch_reject {
    struct view raw;
    const char *reason;
};

/* A piece that was put aside, to be tried again. */
struct batch_kept {
    struct view raw;      /* batch_reject.raw */
    struct view envelope; /* batch.envelope of its request; empty: there was none */
};

/* What a request held; arrays are in the arena. */
struct batch {
    struct event *events;
    size_t event_count;
    struct batch_reject *rejects;
    size_t reject_count;
    struct view envelope;     /* a JSON object: what pieces need of their request to be tried again;
                                 only where something was rejected */
    uint32_t lone_surrogates; /* repaired in what was sent */
    bool asks_cookie;         /* to have the tracker's cookie set again */
    struct view cookie_domain; /* of that; empty: none */
    struct view write_key;     /* of the site that it says it is for; empty: none */
    int64_t skew_ms;           /* what was added to the client's times; 0: its clock was believed */
    bool tells_skew;           /* the client is answered it */
};

/* What the sender is answered when its request was taken. */
enum adapter_answer {
    ADAPTER_ANSWER_JSON,  /* {"accepted":N,"rejected":N} */
    ADAPTER_ANSWER_PIXEL, /* an image, whatever became of the events */
};

struct adapter {
    const char *name; /* goes into the column `adapter` */
    enum adapter_answer answer;
    /* Whether the request is of this protocol: by method and path alone. */
    bool (*match)(const struct inbound *inbound);
    /* Fills *batch. STATUS_BAD_INPUT: not this protocol's syntax at all (answer 400, the fault is
     * the message); STATUS_TOO_BIG: more than allowed (413); STATUS_NO_MEMORY: the arena refused.
     * What is understood in part is a success with rejects: a batch keeps its good part. */
    enum status (*decode)(const struct inbound *inbound, struct arena *arena, struct batch *batch,
                          struct fault *fault);
    /* Makes of a piece the request that it would be by itself: method, path, query, body. NULL: of
     * this protocol nothing is tried again. */
    enum status (*revive)(const struct batch_kept *kept, struct arena *arena,
                          struct inbound *inbound);
};

#endif
