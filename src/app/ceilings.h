/*
 * ceilings.h - what the collector may hold at a time: connections, by the descriptors that the
 * system allows, and memory.
 */
#ifndef PIPES_APP_CEILINGS_H
#define PIPES_APP_CEILINGS_H

#include "base/logger.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

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

/* Bytes of memory that this process may count on: of the machine, or of its control group when that
 * has less. */
uint64_t ceilings_machine_bytes(void);
enum { CEILINGS_MEMORY_MIN = 16 << 20 };
/* The option memory-max as bytes for each worker; at least CEILINGS_MEMORY_MIN. */
size_t ceilings_memory(int64_t option, unsigned workers);

#endif
