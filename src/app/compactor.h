/*
 * compactor.h - of `pipes serve`: starts `pipes compact` when hours are due, and carries out what
 * that and other commands propose for the lake's files.
 *
 * Only the holder of data/LOCK changes what is read; this is its hand (lake_work.h). The work
 * itself is done by a child process at the lowest priority, which loads DuckDB; it is killed when
 * serve stops, and goes on at the next start where nothing was lost. A child that fails is tried
 * again after a while, or once other parts are due.
 *
 *     compactor_start(&compactor, &options, &fault);
 *     compactor_stop(compactor);
 */
#ifndef PIPES_APP_COMPACTOR_H
#define PIPES_APP_COMPACTOR_H

#include "app/config.h"
#include "base/clock.h"
#include "base/logger.h"
#include "lake/ledger_book.h"

struct compactor;

struct compactor_options {
    int data_fd; /* borrowed, as all here */
    struct ledger_book *book;
    const struct config *config; /* data, duckdb, disk_reserve and what concerns compaction */
    const struct clock *clock;
    const struct logger *log;
};

/* lake_open() has made the lake's folder. */
enum status compactor_start(struct compactor **compactor, const struct compactor_options *options,
                            struct fault *fault) MUST_CHECK;
/* From any thread: while it is paused no hour is compacted; one that is under way is given up.
 * Proposals are carried out all the same. */
void compactor_pause(struct compactor *compactor, bool is_paused);
/* Accepts NULL. */
void compactor_stop(struct compactor *compactor);

#endif
