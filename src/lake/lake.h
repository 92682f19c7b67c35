/*
 * lake.h - the journal's first consumer: turns durable frames into closed files of rows.
 *
 *     data/lake/raw/date=YYYY-MM-DD/hour=HH/part-<stream>-<first>-<last>.ndjson.zst
 *     data/lake/quarantine/date=.../hour=.../part-...        what was not understood, with reasons
 *     data/lake/keys/                                        what was seen within the window
 *     data/lake/CURSOR                                       how far each stream is done
 *     data/lake/_reserve                                     room for when the disk is full
 *
 * Frames of all streams are taken in the order of their numbers, up to journal_stable(), so of two
 * equal events the one with the lowest ingest_seq is kept, whatever the workers' timing. One round
 * closes all open parts, saves the keys, moves the cursor, and only then releases the journal: cut
 * off anywhere, the next start finds in names and cursor what is done, and repeats the rest.
 *
 * Used from one thread.
 *
 *     lake_open(&lake, &options, &fault);
 *     while (!stopping) { wait(); lake_step(lake, &fault); }
 *     lake_drain(lake, &fault);
 *     lake_close(lake);
 */
#ifndef PIPES_LAKE_LAKE_H
#define PIPES_LAKE_LAKE_H

#include "base/clock.h"
#include "base/logger.h"
#include "base/status.h"
#include "journal/journal.h"
#include "lake/lake_account.h"
#include "lake/tombstones.h"

struct lake;

/* Within so many days an event that comes again is known: the tracker's queue may be 7 days old. */
enum { LAKE_WINDOW_DAYS = 8 };

struct lake_limits {
    int64_t roll_ms;           /* a part is closed when it is that old */
    uint64_t roll_bytes;       /* or has that many bytes of rows */
    uint64_t quarantine_bytes; /* files of the quarantine may take so much; what comes then is
                                  counted and dropped */
};

struct lake_options {
    int data_fd;                   /* borrowed */
    struct journal *journal;       /* borrowed */
    struct tombstones *tombstones; /* borrowed, the lake's thread's; NULL: nobody was forgotten */
    unsigned workers;              /* live streams of the journal */
    const struct clock *clock;     /* borrowed */
    const struct logger *log;      /* borrowed */
    struct lake_limits limits;
    struct lake_ledger ledger;
    int64_t window_ms; /* for duplicates */
};

/* Counted since lake_open; reading them from another thread gives a recent value. */
struct lake_counts {
    _Atomic uint64_t stored;
    _Atomic uint64_t duplicates;
    _Atomic uint64_t erased; /* came late, of who was forgotten */
    _Atomic uint64_t quarantined;
    _Atomic uint64_t quarantine_dropped; /* over its ceiling */
    _Atomic uint64_t parts;
    _Atomic uint64_t damaged;        /* places in the journal that could not be read */
    _Atomic int64_t behind_since_ms; /* UTC; when there began to be something durable that is in no
                                        closed part; 0: all is */
};

enum status lake_open(struct lake **lake, const struct lake_options *options, struct fault *fault)
    MUST_CHECK;
/* Between two steps. */
void lake_set_limits(struct lake *lake, const struct lake_limits *limits);
/* Leaves what is not closed to the next start. Accepts NULL. */
void lake_close(struct lake *lake);

/* Takes what is durable by now and closes parts that are due. After a failure the lake goes back
 * to its cursor by itself at the next step: nothing is lost or repeated. */
enum status lake_step(struct lake *lake, struct fault *fault) MUST_CHECK;
/* Takes and closes everything. STATUS_BUSY when the journal holds what is in flight still. */
enum status lake_drain(struct lake *lake, struct fault *fault) MUST_CHECK;
/* Milliseconds until lake_step has something to close; -1: nothing is open. */
int64_t lake_next_roll_ms(const struct lake *lake);

const struct lake_counts *lake_counts(const struct lake *lake);

#endif
