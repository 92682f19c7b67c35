/*
 * refusal.h - how a request that carries events is refused: status, sentence, Retry-After, and both
 * counts of it.
 *
 *     return refusal_answer(&refusals, x, REFUSAL_OVERLOADED);
 */
#ifndef PIPES_APP_REFUSAL_H
#define PIPES_APP_REFUSAL_H

#include "app/counts.h"
#include "app/request_account.h"
#include "net/server.h"

enum refusal {
    REFUSAL_NOT_JSON,
    REFUSAL_TOO_BIG,
    REFUSAL_OVERLOADED,
    REFUSAL_SITE,
    REFUSAL_ORIGIN,
    REFUSAL_SOURCE,
    REFUSAL_SITE_UNKNOWN,
    REFUSAL_KEY,
};

struct refusals {
    struct counts *counts;
    struct request_account account;
};

/* The sentence is a default one. */
enum net_verdict refusal_answer(const struct refusals *refusals, struct exchange *x,
                                enum refusal why);
/* From what an adapter or the journal said, with its own sentence where the sender can do something
 * about it. */
enum net_verdict refusal_of(const struct refusals *refusals, struct exchange *x, enum status status,
                            const struct fault *fault);

#endif
