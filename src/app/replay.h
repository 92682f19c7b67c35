/*
 * replay.h - what stands in quarantine through today's code, each row once.
 *
 *   1. rows go to whoever appends them to the journal (replay_sink); what is understood is an event
 *      now, with the time at which it was received first
 *   2. their parts are written anew without them, in one commit for each hour
 *
 * Cut off between the two, the same rows are tried again: they give the same event ids, and the
 * lake knows them for as long as it knows any (8 days). What is not understood stays where it is.
 *
 *     replay_begin(&replay, data_fd, "data", &fault);
 *     replay_collect(replay, &sink, &fault);
 *     replay_commit(replay, &fault);
 *     ... replay_report(replay) ...
 *     replay_end(replay);
 */
#ifndef PIPES_APP_REPLAY_H
#define PIPES_APP_REPLAY_H

#include "base/buf.h"
#include "base/logger.h"
#include "base/status.h"

#include <stdint.h>

struct replay;

/* What became of a lot of rows. */
struct replay_lot {
    size_t looked;  /* rows from its beginning that were tried; the others are to come again */
    uint64_t *done; /* numbers of those that were understood and are kept; the sink's */
    size_t done_count;
    uint64_t events;
};

struct replay_sink {
    enum status (*put)(void *self, struct view rows, struct replay_lot *lot, struct fault *fault);
    void *self;
};

struct replay_report {
    uint64_t rows;       /* in quarantine */
    uint64_t understood; /* of these */
    uint64_t events;     /* that they made */
    uint64_t skipped;    /* parts that the lake still needs, or that are damaged */
};

/* Waits, and says so, while another process writes the lake's files anew. Borrows data_fd and
 * path. */
enum status replay_begin(struct replay **replay, int data_fd, const char *data_path,
                         const struct logger *log, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void replay_end(struct replay *replay);

enum status replay_collect(struct replay *replay, const struct replay_sink *sink,
                           struct fault *fault) MUST_CHECK;
enum status replay_commit(struct replay *replay, struct fault *fault) MUST_CHECK;
const struct replay_report *replay_report(const struct replay *replay);

#endif
