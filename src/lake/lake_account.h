/*
 * lake_account.h - inside of the lake: what it counts for the ledger.
 *
 * A round's counts are a posting that stands in CURSOR, so they are kept in the same instant as the
 * round itself; then they are applied to the ledger, and once more at the next start. Between a
 * round's first closed part and its cursor a stop leaves parts that no cursor speaks of: the next
 * start goes through the journal again, and what became of an event that those parts may hold is
 * read in them.
 *
 *     lake_account_resume(&account, &cursor, tree_fds, &fault);     after the cursor was read
 *     lake_account_taken(&account, event, stream, is_old, &fault);  each event beyond the cursor
 *     lake_account_add(&account, event, LEDGER_STORED);             and what became of it
 *     lake_account_part(&account, &part);                           each part that was closed
 *     lake_account_post(&account, &cursor, &fault);                 before the cursor is saved
 *     lake_account_done(&account, &cursor, &fault);                 and after
 */
#ifndef PIPES_LAKE_LAKE_ACCOUNT_H
#define PIPES_LAKE_LAKE_ACCOUNT_H

#include "journal/frame.h"
#include "lake/ledger_book.h"
#include "lake/site_names.h"

/* What the lake is told of the ledger. */
struct lake_ledger {
    struct ledger_book *book; /* borrowed; NULL: nothing is counted for one */
    /* Keeps what the front door counted so far: all of what the lake has taken by then must be in
     * it. May be NULL. */
    enum status (*keep_door)(void *self, struct fault *fault);
    void *self;
};

enum { LAKE_ACCOUNT_ROWS = 8192 };

/* Numbers that closed parts hold of which no cursor speaks, rising. */
struct lake_account_rows {
    uint64_t *at;
    size_t count;
};

struct lake_account {
    struct lake_ledger ledger;
    struct ledger_tally tally;
    struct buf parts; /* lines */
    uint64_t round;
    struct site_names names;
    struct lake_account_rows rows[TREES];
    /* what the front door had counted of the stream and hour asked for last */
    int64_t mark_hour;
    struct ledger_mark mark;
};

enum status lake_account_open(struct lake_account *account, const struct lake_ledger *ledger,
                              struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void lake_account_close(struct lake_account *account);

/* Forgets what was not posted; applies the cursor's posting. The cursor's `done` must not have been
 * raised by names of parts yet. */
enum status lake_account_resume(struct lake_account *account, const struct cursor *cursor,
                                const int tree_fds[TREES], struct fault *fault) MUST_CHECK;

enum status lake_account_taken(struct lake_account *account, const struct frame_event *event,
                               uint64_t stream, bool is_old, struct fault *fault) MUST_CHECK;
void lake_account_add(struct lake_account *account, const struct frame_event *event,
                      enum ledger_count count);
/* What became of an event that parts hold already, if it was kept at all; of one that was not,
 * other is what it was. Always STATUS_OK. */
enum status lake_account_closed(struct lake_account *account, enum tree tree,
                                const struct frame_event *event, enum ledger_count other);
void lake_account_part(struct lake_account *account, int64_t hour, const struct ledger_part *part);
/* A round should end soon: its counts become many. */
bool lake_account_is_full(const struct lake_account *account);

enum status lake_account_post(struct lake_account *account, struct cursor *cursor,
                              struct fault *fault) MUST_CHECK;
enum status lake_account_done(struct lake_account *account, const struct cursor *cursor,
                              struct fault *fault) MUST_CHECK;

#endif
