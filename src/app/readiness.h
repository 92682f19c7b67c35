/*
 * readiness.h - whether this collector can take events now: what GET /readyz answers.
 *
 * Three things are looked at: that the journal can be written, that the disk has room, and that the
 * lake follows. A process that is not ready still lives (/healthz): it answers 503 with Retry-After
 * and waits for room, so that a load balancer may send its clients elsewhere meanwhile.
 *
 *     readiness_look(&readiness, &source);
 *     reply->status = readiness.is_ready ? 200 : 503;
 *     readiness_append(&readiness, &reply->body);
 */
#ifndef PIPES_APP_READINESS_H
#define PIPES_APP_READINESS_H

#include "app/counts.h"
#include "app/upkeep.h"
#include "base/clock.h"
#include "journal/journal.h"
#include "lake/lake.h"

enum { READINESS_LAG_MS = 15 * 60 * 1000 /* of the lake, over which it does not follow */ };

enum readiness_part { READINESS_JOURNAL, READINESS_DISK, READINESS_LAKE, READINESS_PARTS };

/* All borrowed. */
struct readiness_source {
    struct journal *journal;
    struct counts *counts;
    struct upkeep *upkeep;
    const struct lake_counts *lake;
    const struct clock *clock;
};

struct readiness {
    bool is_ready;
    bool is_part_ready[READINESS_PARTS];
    struct fault why[READINESS_PARTS]; /* of those that are not */
};

void readiness_look(struct readiness *readiness, const struct readiness_source *source);
/* Appends one JSON object. */
void readiness_append(const struct readiness *readiness, struct buf *out);

/* For how long something durable has waited for a closed part of the lake; 0: nothing does. */
uint64_t readiness_lag_ms(const struct lake_counts *lake, const struct clock *clock);

#endif
