/*
 * data_alone.h - a data folder that no collector serves, opened for a moment to change it: what the
 * journal holds is taken into the lake, as the next start would have done.
 *
 *     data_alone_open(&alone, &options, &fault);     STATUS_BUSY: somebody holds it
 *     data_alone_drain(&alone, &fault);
 *     data_alone_close(&alone);
 */
#ifndef PIPES_APP_DATA_ALONE_H
#define PIPES_APP_DATA_ALONE_H

#include "app/config.h"
#include "journal/data_folder.h"
#include "lake/lake.h"

struct data_alone_options {
    const struct config *config; /* borrowed, as all of these */
    const struct clock *clock;
    const struct logger *log;
};

struct data_alone {
    const struct data_alone_options *options;
    struct data_folder data;
    int lake_fd;
    struct journal *journal;
    struct tombstones *tombstones;
    struct ledger_book *book;
    struct lake *lake;
};

enum status data_alone_open(struct data_alone *alone, const struct data_alone_options *options,
                            struct fault *fault) MUST_CHECK;
/* Accepts one that failed to open. */
void data_alone_close(struct data_alone *alone);

/* Everything of the journal is in closed parts afterwards, and its files are gone. */
enum status data_alone_drain(struct data_alone *alone, struct fault *fault) MUST_CHECK;

#endif
