/*
 * event_answer.h - what a sender of events is told.
 *
 *     {"accepted":2,"rejected":0}        in each format that has no answer of its own
 */
#ifndef PIPES_APP_EVENT_ANSWER_H
#define PIPES_APP_EVENT_ANSWER_H

#include "app/receipts.h"
#include "net/http_reply.h"

struct event_answer {
    uint64_t accepted;
    uint64_t rejected; /* not understood; kept in the quarantine */
    uint64_t dropped;  /* for a signal like GPC; left out when 0 */
    int64_t skew_ms;   /* of the client's clock */
    bool tells_skew;   /* else it is left out */
};

/* What of the beacons that the request's query asks for is kept (receipts.h). */
struct event_receipts {
    const struct receipts *receipts;
    struct view query;
};

void event_answer_json(struct http_reply *reply, const struct event_answer *answer,
                       const struct event_receipts *asked);
/* A picture of one transparent pixel, for <img>. */
void event_answer_pixel(struct http_reply *reply);

#endif
