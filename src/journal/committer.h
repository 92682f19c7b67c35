/*
 * committer.h - a thread that waits for the disk so that a worker need not.
 *
 *     committer_start(&committer, "journal-0", write_and_sync, stream, &fault);
 *     committer_go(committer);       runs write_and_sync(stream) once, there
 *     ... when committer_fd() is readable: committer_read(committer) is true, it ended
 *     committer_stop(committer);     waits for its end
 *
 * One run at a time; go and read belong to one thread. What the run wrote is seen by who read its
 * end.
 */
#ifndef PIPES_JOURNAL_COMMITTER_H
#define PIPES_JOURNAL_COMMITTER_H

#include "base/status.h"

#include <stdbool.h>

struct committer;

enum status committer_start(struct committer **committer, const char *name, void (*run)(void *self),
                            void *self, struct fault *fault) MUST_CHECK;
/* Waits for a run under way. Accepts NULL. */
void committer_stop(struct committer *committer);
void committer_go(struct committer *committer);
/* Between go and read. */
bool committer_is_busy(const struct committer *committer);
/* An eventfd, readable when a run ended; others may raise it, too. */
int committer_fd(const struct committer *committer);
/* True when the run ended; false when it has not (or none was asked for). */
bool committer_read(struct committer *committer);
/* Waits until the run ended, then as committer_read(). */
void committer_wait(struct committer *committer);

#endif
