/*
 * confined.h - runs work on a snapshot in a child that has given up the right to change anything.
 *
 * The child gets DuckDB, a private folder to spill to, and its standard output; what it may read
 * is the lake's Parquet files. The parent only waits: a signal ends the child at once, and the
 * private folder goes with it, however the child ended.
 *
 *     struct confined_options options = {.data_fd = fd, .work = run_query, .self = &query, ...};
 *     int exit_status = confined_run(&options);
 */
#ifndef PIPES_APP_CONFINED_H
#define PIPES_APP_CONFINED_H

#include "base/status.h"

#include <stdbool.h>

/* What the child has. */
struct confined_place {
    const char *temp_folder; /* NULL: it cannot make files, not even there */
    bool has_landlock;
};

struct confined_options {
    int data_fd;         /* borrowed */
    int err_fd;          /* for a sentence when it could not be done */
    const char *library; /* of DuckDB; empty: looked for */
    /* In the child, by a thread of its own while the library is loaded, with all rights still
     * there: what the work needs first. False: it could not be done, and that was said. NULL:
     * nothing. */
    bool (*prepare)(void *self);
    /* In the child; gives the exit status. */
    int (*work)(void *self, const struct confined_place *place);
    void *self;
};

/* The child's exit status; 130 after Ctrl-C, 128 and the signal's number after another, as a shell
 * has it. */
int confined_run(const struct confined_options *options);

#endif
