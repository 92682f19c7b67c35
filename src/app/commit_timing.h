/*
 * commit_timing.h - when what a worker gathered is to be committed.
 *
 * Without clients waiting the answer would be "at once, always". With many of them, who come again
 * when they are answered, it costs to be hasty: what just misses a commit waits for the next.
 *
 * - On a quick disk, where there is a ring, very many who come again (or who bring very much) are
 *   taken in two halves: while one is written the other one is read. One commit of all would leave
 *   the disk idle while they are read and the worker while they are written. With fewer of them
 * half is read sooner than the other half is written, and a commit costs more when nobody waits for
 * it: then the worker does.
 * - On a slow disk a commit is put off while more come in, a sync's time at most, and not at all
 *   once as many wait as were answered last.
 *
 *     switch (commit_timing_ask(&timing, &situation)) { ... }
 *     commit_timing_began(&timing);      a commit was started
 *     commit_timing_ended(&timing, &crowd);   one ended: these were answered, or gather already
 */
#ifndef PIPES_APP_COMMIT_TIMING_H
#define PIPES_APP_COMMIT_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clients that wait, and what they brought. */
struct commit_crowd {
    size_t clients;
    size_t bytes;
};

/* Zeroed at birth. */
struct commit_timing {
    struct commit_crowd expected; /* as many as came the last time: no more will */
    int64_t commit_by_ns;         /* at the latest; 0: nothing is put off */
    size_t seen_at_last_look;
    unsigned not_put_off; /* rounds still to go: the last wait was in vain */
};

struct commit_situation {
    struct commit_crowd gathered;
    bool has_ring;     /* the disk can be written while the worker goes on */
    bool is_timed;     /* a time to look again was set before and is still to come */
    int64_t window_ns; /* of a slow disk: how long to put off; 0: it is quick */
    int64_t now_ns;    /* a stopwatch's */
};

enum commit_when {
    COMMIT_NOW,
    COMMIT_WHEN_DRY, /* as soon as nothing more can be read */
    COMMIT_LATER,    /* look again when half of them came, or after the lull */
};

enum commit_when commit_timing_ask(struct commit_timing *timing,
                                   const struct commit_situation *situation);
/* Whether commits are of halves, so that nobody is to wait for one. */
bool commit_timing_in_halves(const struct commit_timing *timing,
                             const struct commit_situation *situation);
/* Whether to start one in the middle of a wake-up: half of those expected are there. */
bool commit_timing_is_half(const struct commit_timing *timing,
                           const struct commit_situation *situation);
void commit_timing_began(struct commit_timing *timing);
void commit_timing_ended(struct commit_timing *timing, const struct commit_crowd *crowd);

#endif
