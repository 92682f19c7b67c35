/*
 * late_arrivals.h - inside of the lake: events of who was forgotten, which come all the same.
 *
 * They are dropped before they are stored. Their bytes are in the journal by then: it is renewed
 * soon afterwards, but not more often than every LATE_ARRIVALS_MS, whatever comes.
 */
#ifndef PIPES_LAKE_LATE_ARRIVALS_H
#define PIPES_LAKE_LATE_ARRIVALS_H

#include "base/clock.h"
#include "journal/journal.h"
#include "lake/tombstones.h"

enum { LATE_ARRIVALS_MS = 60000 };

struct late_arrivals {
    struct tombstones *tombstones; /* borrowed; NULL: nobody was forgotten */
    struct journal *journal;       /* borrowed */
    const struct clock *clock;     /* borrowed */
    bool is_in_journal;            /* the bytes of one may be */
    bool is_renewing;
    int64_t renewed_ms; /* monotonic; 0: never */
};

/* Whether the event must be dropped. */
bool late_arrivals_is_one(struct late_arrivals *late, const struct frame_event *event);
/* Before parts are closed: true when the journal has just been renewed, and all that is in it by
 * now is to be taken. */
bool late_arrivals_renew(struct late_arrivals *late);
/* After the journal was released: true when more is to be released later. */
bool late_arrivals_are_left(struct late_arrivals *late);

#endif
