/*
 * lake_thread.h - the thread that feeds the lake: woken after commits, closing parts when due.
 *
 * A lake that cannot write (full disk, vanished folder) is tried again every second and logged
 * once per interval and once when it is over; collection goes on meanwhile, the journal holds what
 * waits.
 */
#ifndef PIPES_APP_LAKE_THREAD_H
#define PIPES_APP_LAKE_THREAD_H

#include "base/clock.h"
#include "base/logger.h"
#include "lake/lake.h"

struct lake_thread;

/* All borrowed. */
enum status lake_thread_start(struct lake_thread **thread, struct lake *lake,
                              const struct clock *clock, const struct logger *log,
                              struct fault *fault) MUST_CHECK;
/* Take effect at its next step. */
void lake_thread_set_limits(struct lake_thread *thread, const struct lake_limits *limits);
/* Something new is in the journal; from any thread, and cheap: it looks a little later, at all that
 * came until then. */
void lake_thread_tell(struct lake_thread *thread);
/* Has the lake's thread do something between two steps, and waits until it is done: what it gave
 * back is the answer. STATUS_BUSY when the thread is ending. From any other thread, one at a time.
 */
typedef enum status lake_thread_job_fn(void *self, struct lake *lake, struct fault *fault);
enum status lake_thread_run(struct lake_thread *thread, lake_thread_job_fn *job, void *self,
                            struct fault *fault) MUST_CHECK;
/* Takes all that is stable, then ends. STATUS_OK when the lake has everything; what it could not
 * take stays in the journal for the next start. Accepts NULL. */
enum status lake_thread_stop(struct lake_thread *thread, struct fault *fault) MUST_CHECK;

#endif
