/*
 * policy_event.h - a policy put into effect: whether an event is kept, and what of it.
 *
 *     enum policy_verdict verdict = policy_judge(policy, &signals, event, &arena);
 *     policy_apply(&request, event, &arena, &fault);     before anything is derived from it
 *     ... the event is completed ...
 *     policy_finish(policy, event);                       of what was derived
 *
 * What an event repeats of the address, the agent and a device's advertising ids is taken out of
 * its JSON, whatever the policy says: these are never stored.
 */
#ifndef PIPES_PRIVACY_POLICY_EVENT_H
#define PIPES_PRIVACY_POLICY_EVENT_H

#include "event/event.h"
#include "privacy/identity.h"
#include "privacy/policy.h"
#include "privacy/signals.h"

enum policy_verdict {
    POLICY_KEEP,
    POLICY_NO_GPC,
    POLICY_NO_DNT,
    POLICY_NO_OPT_OUT,
    POLICY_NO_DENIED,  /* the event says that consent was denied */
    POLICY_NO_CONSENT, /* it does not say that it was granted, and that is needed */
    POLICY_VERDICTS
};

/* Of a request, whatever is in it. */
enum policy_verdict policy_judge_signals(const struct privacy_policy *policy,
                                         const struct signals *signals);
/* Of the request and one of its events. */
enum policy_verdict policy_judge(const struct privacy_policy *policy, const struct signals *signals,
                                 const struct event *event, struct arena *arena);

/* The same of JSON that was not understood as an event. */
enum policy_verdict policy_judge_raw(const struct privacy_policy *policy,
                                     const struct signals *signals, struct view raw,
                                     struct arena *arena);

/* A hash that was made last: events of one request are of one person, as a rule. */
struct policy_memo {
    struct view site;
    struct view of;
    struct view text; /* in the arena */
};

/* A request on its way; borrowed for as long as its events are used. */
struct policy_request {
    const struct privacy_policy *policy; /* of the event's site */
    struct key_ring *keys;
    struct key_moment moment; /* of now, and of when it came */
    bool is_replay;           /* nobody knows any more who sent it */
    struct view site;
    struct view address;      /* of the client, as text; empty: not known */
    struct view agent;        /* its user agent string */
    struct view told_address; /* the same of a visitor that the payload tells of; empty: of none */
    struct view told_agent;
    struct policy_memo ids;
    struct policy_memo groups;
    struct policy_memo visitors;
};

/* Where the key of the time at which it came is destroyed, what is to be hashed goes.
 * STATUS_NO_MEMORY, or what identity_hash() says: the event must not be stored then. */
enum status policy_apply(struct policy_request *request, struct event *event, struct arena *arena,
                         struct fault *fault) MUST_CHECK;
/* The same for bytes that were not understood: JSON, or a string of JSON that holds a query. What
 * would be hashed is left out. */
enum status policy_apply_raw(const struct policy_request *request, struct view *raw,
                             struct arena *arena, struct fault *fault) MUST_CHECK;
void policy_finish(const struct privacy_policy *policy, struct event *event);

#endif
