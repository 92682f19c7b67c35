/*
 * ceilings.h - what the collector may hold at a time: connections by the descriptors that the
 * system allows.
 */
#ifndef PIPES_APP_CEILINGS_H
#define PIPES_APP_CEILINGS_H

#include "base/logger.h"
#include "base/status.h"

#include <stddef.h>

struct ceilings_wanted {
    size_t connections; /* all workers together */
    unsigned workers;
    size_t sockets; /* that listen */
};

/* Raises the soft limit of open files to what the system allows, and says how many connections each
 * worker may have: fewer than wanted where descriptors are few (a warning says so), at least one.
 * STATUS_FULL: not even that. */
enum status ceilings_connections(const struct ceilings_wanted *wanted, size_t *per_worker,
                                 const struct logger *log, struct fault *fault) MUST_CHECK;

#endif
