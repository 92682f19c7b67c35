/*
 * own_child.h - this program once more, as a child process: for work that the collector must not do
 * by itself.
 *
 *     const char *const words[] = {"pipes", "retention", "--data", data, NULL};
 *     own_child_start(&pid, words, out_fd, &fault);
 */
#ifndef PIPES_APP_OWN_CHILD_H
#define PIPES_APP_OWN_CHILD_H

#include "base/status.h"

#include <sys/types.h>

/* out_fd becomes its standard output; -1: nobody hears what it prints. It has none of the signals'
 * settings of this process. The caller waits for it. */
enum status own_child_start(pid_t *pid, const char *const *words, int out_fd, struct fault *fault)
    MUST_CHECK;

#endif
