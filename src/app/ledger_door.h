/*
 * ledger_door.h - what the front door counts for the ledger: each worker by itself, kept every
 * second and before every round of the lake.
 *
 * A worker never waits for whoever keeps: it counts into one of two tallies, and the keeper takes
 * over the one that the worker has left.
 *
 *     ledger_door_create(&door, &options, &fault);
 *     struct ledger_tally *tally = ledger_door_enter(door, worker);
 *     ledger_tally_add(tally, hour, site, LEDGER_RECEIVED, 3);
 *     ledger_door_leave(door, worker);
 *     ledger_door_keep(door, &fault);        from any thread; also every second by its own
 *     ledger_door_destroy(door);
 */
#ifndef PIPES_APP_LEDGER_DOOR_H
#define PIPES_APP_LEDGER_DOOR_H

#include "base/clock.h"
#include "base/logger.h"
#include "journal/journal.h"
#include "lake/ledger_book.h"

struct ledger_door;

enum { LEDGER_DOOR_SITES = 1024, LEDGER_DOOR_INTERVAL_MS = 1000 };

/* All borrowed. */
struct ledger_door_options {
    struct ledger_book *book;
    struct journal *journal;
    unsigned workers;
    const struct clock *clock;
    const struct logger *log;
};

enum status ledger_door_create(struct ledger_door **door, const struct ledger_door_options *options,
                               struct fault *fault) MUST_CHECK;
/* Keeps nothing more. Accepts NULL. */
void ledger_door_destroy(struct ledger_door *door);

/* From the worker's thread, with nothing that may block in between. */
struct ledger_tally *ledger_door_enter(struct ledger_door *door, unsigned worker);
void ledger_door_leave(struct ledger_door *door, unsigned worker);
/* One thing of no site, now. */
void ledger_door_count(struct ledger_door *door, unsigned worker, enum ledger_count count);

/* Durable when it returns STATUS_OK; what could not be kept is tried again the next time. For
 * struct lake_ledger, too. */
enum status ledger_door_keep(void *door, struct fault *fault) MUST_CHECK;

#endif
