/*
 * request_account.h - what a worker tells the ledger of each request: that it came, what was in it,
 * and how it ended.
 *
 * What waits for a commit is noted beside its round and counted when that has ended.
 *
 *     request_account_refused(&account, LEDGER_REFUSED_TOO_BIG);
 *     request_account_dropped(&account, &request, LEDGER_DROPPED_SIGNAL);
 *     request_account_waits(&account, &request, &round->noted);
 *     request_account_ended(&account, &round->noted, LEDGER_ANSWERED);
 */
#ifndef PIPES_APP_REQUEST_ACCOUNT_H
#define PIPES_APP_REQUEST_ACCOUNT_H

#include "adapters/adapter.h"
#include "app/ledger_door.h"

struct request_account {
    struct ledger_door *door; /* borrowed; NULL: there is no ledger */
    unsigned worker;
};

/* Borrowed. */
struct request_counted {
    const struct batch *batch;
    struct view site; /* of events that do not say */
    int64_t received_ms;
    uint64_t last_seq; /* of its events; 0: none was given */
    bool is_replay;
    bool is_part; /* of a request that is counted by what is left of it */
};

enum { REQUEST_ACCOUNT_ROWS = 4096 };

/* A request that ended at once. */
void request_account_refused(const struct request_account *account, enum ledger_count why);
/* One that was answered, and nothing of it was kept: LEDGER_DROPPED_SIGNAL or _FORGOTTEN. */
void request_account_dropped(const struct request_account *account,
                             const struct request_counted *request, enum ledger_count why);
/* One that is in the journal, and waits. Before its commit can be under way. */
void request_account_waits(const struct request_account *account,
                           const struct request_counted *request, struct ledger_tally *noted);
/* One that is replayed without a front door: all of it at once, for when it is kept. `how`:
 * LEDGER_ACCEPTED, or why it was dropped. */
void request_account_replayed(struct ledger_tally *tally, const struct request_counted *request,
                              enum ledger_count how);
/* LEDGER_ANSWERED, LEDGER_REFUSED_OVERLOADED or LEDGER_UNANSWERED; nothing is noted any more. */
void request_account_ended(const struct request_account *account, struct ledger_tally *noted,
                           enum ledger_count how);

#endif
