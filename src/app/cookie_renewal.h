/*
 * cookie_renewal.h - the tracker's cookie set once more, by the answer to its events.
 *
 * Some browsers cut what a script writes to seven days and leave what a server sets. So a request
 * that asks for it (`"cookie":"DOMAIN"`, the domain the tracker writes the cookie for; empty:
 * none) and carries a valid `pipes_anonymous_id` gets the same cookie back: same name, value and
 * attributes, ending where the tracker's ends, 395 days after its creation. Nothing is ever made or
 * prolonged.
 *
 *     cookie_renewal_add(&asking, reply);
 */
#ifndef PIPES_APP_COOKIE_RENEWAL_H
#define PIPES_APP_COOKIE_RENEWAL_H

#include "adapters/adapter.h"
#include "net/http_head.h"
#include "net/http_reply.h"

/* Borrowed. */
struct cookie_renewal {
    const struct http_head *head;
    const struct batch *batch; /* as the client sent it: site and environment name the cookie */
    struct arena *arena;
    int64_t now_ms; /* UTC */
};

/* Adds a Set-Cookie line, or nothing: when it was not asked for, the request is not one of a page
 * of the same site, there is no valid cookie of that name, or an event says that consent was not
 * given. Whether the request may be kept at all is for the caller to have asked. */
void cookie_renewal_add(const struct cookie_renewal *asking, struct http_reply *reply);

#endif
