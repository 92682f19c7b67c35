/*
 * payload.h - the requests that are sent: prepared once, only the ids of their events are written
 * anew, in place, for every request.
 *
 *     payload_init(&payload, PAYLOAD_SINGLE, port, &fault);
 *     struct payload_request *request = payload_next(&payload);
 *     ... send payload_bytes(request), or payload_body(request) under another framing
 *
 * Some requests of different content take turns, so that what compresses the events later does not
 * see one and the same all the time. Heads are as a browser sends them, about 580 bytes.
 */
#ifndef PIPES_BENCH_PAYLOAD_H
#define PIPES_BENCH_PAYLOAD_H

#include "base/buf.h"

enum payload_kind {
    PAYLOAD_SINGLE, /* one event of 1,024 bytes */
    PAYLOAD_BATCH,  /* 50 of them */
    PAYLOAD_TINY,   /* one of 200 bytes */
    PAYLOAD_HEALTH, /* GET /healthz */
};

enum { PAYLOAD_EVENTS_MAX = 50, PAYLOAD_VARIANTS = 256, PAYLOAD_BATCH_VARIANTS = 8 };

struct payload_request {
    struct buf bytes;
    size_t body_at;
    size_t ids[PAYLOAD_EVENTS_MAX]; /* where the id of each event stands */
    size_t event_count;
};

struct payload {
    enum payload_kind kind;
    uint64_t random[2];
    size_t turn;
    size_t variants;
    struct payload_request requests[PAYLOAD_VARIANTS];
};

/* The name of a scenario: S, B, T or H. */
bool payload_kind_of(const char *name, enum payload_kind *kind);

/* On failure there is nothing to free. */
enum status payload_init(struct payload *payload, enum payload_kind kind, unsigned port,
                         struct fault *fault) MUST_CHECK;
void payload_free(struct payload *payload);

/* With new ids; valid until the next call. */
const struct payload_request *payload_next(struct payload *payload);
struct view payload_bytes(const struct payload_request *request);
struct view payload_body(const struct payload_request *request);
size_t payload_events(const struct payload *payload);

#endif
