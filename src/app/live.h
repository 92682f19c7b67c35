/*
 * live.h - the newest rows, for whoever watches: written by all workers, read by the admin thread.
 *
 * Bounded in rows and bytes; who reads too slowly misses the oldest and is told how many. Rows are
 * published only after they are durable.
 *
 *     live_publish(live, ingest_seq, row);            worker, after its commit
 *     while (live_next(live, &position, &row)) {...}  admin thread, when live_fd() is readable
 */
#ifndef PIPES_APP_LIVE_H
#define PIPES_APP_LIVE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/status.h"

struct live;

enum { LIVE_ROWS = 1024, LIVE_BYTES_MAX = 8 * 1024 * 1024, LIVE_QUIET_ROWS_PER_SEC = 200 };

enum status live_create(struct live **live, const struct clock *clock, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void live_destroy(struct live *live);

/* Readable when something was published since live_read_wake(). */
int live_fd(const struct live *live);
void live_read_wake(struct live *live);

/* Whether rows are worth copying now: always while somebody watches, else so many per second as
 * keep a history. */
bool live_wants(struct live *live);
void live_watchers(struct live *live, int change);

/* Copies. A row over LIVE_BYTES_MAX / 8 is left out. */
void live_publish(struct live *live, uint64_t ingest_seq, struct view row);
/* Tells the reading side; once per round. */
void live_wake(struct live *live);

/* A place in the flow; zeroed: the oldest row that is held. */
struct live_position {
    uint64_t next;
};

struct live_row {
    uint64_t ingest_seq;
    uint64_t missed; /* rows between the position and this one that are gone */
};

/* The place of the first held row behind that number. */
struct live_position live_after(struct live *live, uint64_t ingest_seq);
/* The place of the last `rows` rows. */
struct live_position live_last(struct live *live, uint64_t rows);
/* Appends the row to out and moves on; false when there is none (or out is full: see its status).
 */
bool live_next(struct live *live, struct live_position *position, struct live_row *row,
               struct buf *out);

#endif
