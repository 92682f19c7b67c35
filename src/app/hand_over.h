/*
 * hand_over.h - a new process of this program takes the place of the one that runs, and no request
 * fails meanwhile.
 *
 *     old                                    new
 *     hand_over_start(): starts it with all sockets (LISTEN_FDS)
 *                                            reads its options, its certificate, its sockets
 *                                            hand_over_ready(): "I can"
 *     stops accepting, answers what came,
 *     lets its connections move (moving.h),
 *     empties the journal, lets the data go
 *                                            opens the data, takes what moved, accepts what waited
 *                                            in the backlog
 *
 * When the new one ends before it is ready (a mistake in its options), the old one says so and goes
 * on.
 */
#ifndef PIPES_APP_HAND_OVER_H
#define PIPES_APP_HAND_OVER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { HAND_OVER_SOCKETS_MAX = 1025, HAND_OVER_READY_MS = 30000, HAND_OVER_LOCK_MS = 120000 };

/* Starts this program's file, as it is now, with the same arguments. Returns once the new process
 * is ready. *moving_fd is where connections may move then, for the caller to close; -1: the new
 * process is of a version that takes none. */
enum status hand_over_start(const int *fds, size_t count, int *moving_fd, struct fault *fault)
    MUST_CHECK;

/* In the new process: whether it is one. */
bool hand_over_is_new(void);
/* Tells the old process to go; once. */
void hand_over_ready(void);
/* Where the old process's connections come from, for the caller to close; -1: from nowhere. */
int hand_over_moved(void);

#endif
