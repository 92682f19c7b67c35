/*
 * held_sites.h - which sites the rows of a data folder are of: those in Parquet, in raw parts and
 * in the journal.
 *
 * Reads a snapshot, so it may run beside a collector.
 *
 *     held_sites_read(&sites, data_fd, library, &fault);
 *     ... sites.names[i] ...
 *     held_sites_free(&sites);
 */
#ifndef PIPES_LAKE_HELD_SITES_H
#define PIPES_LAKE_HELD_SITES_H

#include "base/arena.h"
#include "base/status.h"

enum { HELD_SITES_MAX = 256 };

struct held_sites {
    struct view names[HELD_SITES_MAX];
    size_t count;
    struct arena arena;
};

/* The library is DuckDB's, needed where there is Parquet; NULL or empty: looked for. STATUS_TOO_BIG
 * when there are more. To be freed in any case. */
enum status held_sites_read(struct held_sites *sites, int data_fd, const char *library,
                            struct fault *fault) MUST_CHECK;
void held_sites_free(struct held_sites *sites);

#endif
