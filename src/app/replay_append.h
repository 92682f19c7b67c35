/*
 * replay_append.h - rows of the quarantine into the journal: a frame each, whole or not at all.
 *
 * What is understood by now goes the way of every event: what its site's policy does not keep, and
 * what is of who was forgotten, is dropped and counted; ids are hashed with the key of the time at
 * which they came, and go where that is destroyed; then all of it is scrubbed.
 *
 *     replay_append_open(&append, &place, &fault);
 *     while (there are rows) { replay_append_row(&append, text, &fault); }
 *     ... the commit ...
 *     if (it was kept) { ... append.done[0 .. done_count - 1] ... }
 *     replay_append_close(&append);
 */
#ifndef PIPES_APP_REPLAY_APPEND_H
#define PIPES_APP_REPLAY_APPEND_H

#include "app/event_rules.h"
#include "app/request_account.h"
#include "app/scrubbing.h"
#include "journal/journal.h"

enum { REPLAY_ROWS_MAX = 1024, REPLAY_BYTES_MAX = 768 * 1024 };

/* Where they go; borrowed. */
struct replay_place {
    struct journal *journal;
    unsigned worker;
    uint64_t hash_seed;
    struct event_rules rules;   /* of today */
    struct scrubbing scrubbing; /* the same; of each row's moment */
    const struct clock *clock;
    struct request_account account;
    struct ledger_tally *noted;   /* what is accepted when the commit went well */
    struct ledger_tally *counted; /* without a front door: all that is counted, as if it had been;
                                     or NULL */
};

struct replay_append {
    struct replay_place place;
    struct arena arena;
    uint64_t done[REPLAY_ROWS_MAX]; /* numbers of the rows that were understood */
    size_t done_count;
    size_t looked; /* rows that were tried, understood or not */
    uint64_t events;
};

void replay_append_open(struct replay_append *append, const struct replay_place *place);
void replay_append_close(struct replay_append *append);
/* A row that is not understood today is passed over: STATUS_OK. STATUS_TOO_BIG: commit what there
 * is, and come again with the rest; any other failure is the journal's. */
enum status replay_append_row(struct replay_append *append, struct view row, struct fault *fault)
    MUST_CHECK;

#endif
