/*
 * upkeep.h - the thread of a running collector that looks after the disk: how much is taken, what
 * has been kept for long enough, also which keys of identities.
 *
 * When disk-budget is used up the journal is closed (events get 503, their senders keep them), or,
 * where disk-budget-drop says so, the oldest hours of the lake go. What is to go goes through
 * `pipes retention`, a child process.
 *
 *     upkeep_start(&upkeep, &options, &fault);
 *     upkeep_append_state(upkeep, &out);
 *     upkeep_stop(upkeep);
 */
#ifndef PIPES_APP_UPKEEP_H
#define PIPES_APP_UPKEEP_H

#include "app/config.h"
#include "base/clock.h"
#include "base/logger.h"
#include "journal/journal.h"
#include "lake/disk_use.h"
#include "privacy/key_ring.h"

struct upkeep;

/* All borrowed. */
struct upkeep_options {
    int data_fd;
    const struct config *config;
    struct journal *journal;
    struct key_ring *ring; /* keys whose time ends */
    const struct clock *clock;
    const struct logger *log;
};

enum status upkeep_start(struct upkeep **upkeep, const struct upkeep_options *options,
                         struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void upkeep_stop(struct upkeep *upkeep);

/* From any thread: a JSON object of what the disk holds, and for how long there is room. */
void upkeep_append_state(struct upkeep *upkeep, struct buf *out);
/* The same as numbers: what was measured last, and disk-budget (0: none). */
void upkeep_use(struct upkeep *upkeep, struct disk_use *use, uint64_t *budget);

#endif
