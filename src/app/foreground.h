/*
 * foreground.h - several programs as children of this one, for as long as it is not told to stop:
 * when one ends, all do.
 *
 *     foreground_open(&group);                              from now on signals wait
 *     foreground_start(&group, (const char *[]){"setpriv", ..., NULL}, &fault);
 *     foreground_wait(&group, &fault);
 */
#ifndef PIPES_APP_FOREGROUND_H
#define PIPES_APP_FOREGROUND_H

#include "base/status.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

enum { FOREGROUND_MAX = 4 };

struct foreground {
    pid_t pids[FOREGROUND_MAX];
    const char *names[FOREGROUND_MAX];
    int count;
    sigset_t before;
};

void foreground_open(struct foreground *group);
/* Found in PATH. The words are borrowed until the end. */
enum status foreground_start(struct foreground *group, const char *name, const char *const *words,
                             struct fault *fault) MUST_CHECK;
/* Until SIGINT or SIGTERM (STATUS_OK), or until one ends by itself: then a sentence says which.
 * SIGHUP goes to the first. All have ended then. */
enum status foreground_wait(struct foreground *group, struct fault *fault) MUST_CHECK;
/* Ends those that run; for when one could not be started. */
void foreground_stop(struct foreground *group);

#endif
