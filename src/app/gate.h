/*
 * gate.h - what of a request's events may go on: of which site they are and who may send for it,
 * what browser and visitor said, and what the site's policy leaves of them.
 *
 *     struct gate_pass pass = {.settings = settings, .batch = &batch, ...};
 *     gate_admit(&gate, &pass)               refused as a whole, or not
 *     gate_judge(&gate, &pass, &fault)       events that are not kept leave the batch
 *     gate_clean(&gate, &pass, &fault)       what is kept: as the policy wants it, and complete
 *
 * Not kept is what somebody said no to, and what comes late of who was forgotten.
 */
#ifndef PIPES_APP_GATE_H
#define PIPES_APP_GATE_H

#include "adapters/adapter.h"
#include "app/counts.h"
#include "app/event_rules.h"
#include "app/guard.h"
#include "app/refusal.h"
#include "app/request_account.h"
#include "net/server.h"

/* Borrowed. */
struct gate {
    struct guard *guard;
    struct counts *counts;
    struct event_rules rules;
};

/* One request; all borrowed. */
struct gate_pass {
    const struct settings *settings;
    const struct inbound *inbound;
    struct exchange *x;
    const char *client; /* its address (forwarded_client()) */
    struct sender sender;
    struct arena *arena;
    struct batch *batch;
    struct batch gone;                 /* by gate_judge(): events that somebody said no to */
    struct batch forgotten;            /* by gate_judge(): events of who was forgotten */
    uint64_t reasons[POLICY_VERDICTS]; /* how many of them for which reason */
    int64_t wait_ms;                   /* of GATE_SITE_BUSY and GATE_SOURCE_BUSY */
};

enum gate_verdict {
    GATE_OPEN,
    GATE_SITE_BUSY,   /* more requests than the site may have */
    GATE_SOURCE_BUSY, /* or than one source may send for it */
    GATE_UNKNOWN_SITE,
    GATE_WRONG_KEY,
    GATE_WRONG_ORIGIN,
    GATE_NO_MEMORY,
};

/* Where what is unknown goes to quarantine, the request becomes one piece that was not understood,
 * and may go on. */
enum gate_verdict gate_admit(const struct gate *gate, struct gate_pass *pass);
/* Of a verdict other than GATE_OPEN. */
enum net_verdict gate_refuse(const struct gate_pass *pass, const struct refusals *refusals,
                             enum gate_verdict verdict);
/* Ids are looked for as they came, before a policy makes hashes of them: whatever an id would be
 * stored as today, once forgotten it stays so. STATUS_NO_MEMORY. */
enum status gate_judge(const struct gate *gate, struct gate_pass *pass, struct fault *fault)
    MUST_CHECK;
/* Once the request is answered well: what was not kept; and the request itself, when nothing else
 * is left of it. `all` is the request with what is left. */
void gate_count_gone(const struct gate *gate, const struct gate_pass *pass,
                     const struct request_account *account, const struct request_counted *all);
/* As the policy of each event's site wants it, and complete. Faults as event_rules_apply(). */
enum status gate_clean(const struct gate *gate, struct gate_pass *pass, struct fault *fault)
    MUST_CHECK;

#endif
