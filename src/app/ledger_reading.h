/*
 * ledger_reading.h - everything that a check of the ledger compares, as it was at one moment: the
 * hours' files, what is on its way in the journal, what the lake really holds.
 *
 * Reads files only, also beside a running collector.
 *
 *     ledger_reading_open(&reading, data_fd, &range, &fault);
 *     ... reading.hours[i] ...
 *     ledger_reading_close(&reading);
 */
#ifndef PIPES_APP_LEDGER_READING_H
#define PIPES_APP_LEDGER_READING_H

#include "lake/ledger_book.h"
#include "lake/site_names.h"

/* Of received_at, in hours since 1970; `to` is in it. */
struct ledger_range {
    int64_t from;
    int64_t to;
};

enum { LEDGER_PROBLEM_BYTES = 256, LEDGER_PROBLEMS_MAX = 1000 };

/* Found where it was looked at; what does not add up is for who compares to say. */
struct ledger_problem {
    int64_t hour;
    char sentence[LEDGER_PROBLEM_BYTES];
};

struct ledger_hour_reading {
    struct ledger_hour counted; /* with the posting that stands in CURSOR */
    /* By site. LEDGER_TAKEN: in the journal, not in the lake yet, and counted by the front door;
     * LEDGER_RECOVERED: the same, not counted by it (yet). LEDGER_STORED, LEDGER_QUARANTINED: rows
     * in closed parts. */
    struct ledger_tally found;
    bool is_compacted;
    uint64_t event_rows; /* in Parquet */
    uint64_t merged;     /* dropped on the way there */
    uint64_t replayed;   /* rows that left the quarantine */
};

struct ledger_reading {
    struct ledger_hour_reading *hours; /* rising */
    size_t hour_count;
    int64_t since; /* hours up to this one may hold more than the ledger knows; -1: none */
    bool is_open;  /* a collector counts, or was killed and none was started since */
    struct ledger_problem *problems;
    size_t problem_count;
    struct site_names names;
};

/* STATUS_NOT_FOUND: there is no ledger yet. STATUS_BUSY: the lake moved on faster than it could be
 * read. May be closed in any case. */
enum status ledger_reading_open(struct ledger_reading *reading, int data_fd,
                                const struct ledger_range *range, struct fault *fault) MUST_CHECK;
void ledger_reading_close(struct ledger_reading *reading);

void ledger_reading_complain(struct ledger_reading *reading, int64_t hour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
