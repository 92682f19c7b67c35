/*
 * ledger_tally.h - what a stage counted: per hour of `received_at` and per site, a number for each
 * thing that can become of a request or an event.
 *
 * In bounded memory: a site whose name is not plain, and what comes when the tally is full, counts
 * for the site LEDGER_OTHER of its hour. What belongs to no site (requests, what was not
 * understood) counts for "".
 *
 *     ledger_tally_init(&tally, 1024);
 *     ledger_tally_add(&tally, part_hour(received_ms), VIEW_LITERAL("shop"), LEDGER_STORED, 1);
 *     for (size_t i = 0; i < tally.count; i++) { ... tally.rows[i] ... }
 *     ledger_tally_free(&tally);
 */
#ifndef PIPES_LAKE_LEDGER_TALLY_H
#define PIPES_LAKE_LEDGER_TALLY_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ledger_count {
    /* Requests, counted at the front door; of no site. */
    LEDGER_REQUESTS,
    LEDGER_ANSWERED, /* 200 */
    LEDGER_REFUSED_NOT_JSON,
    LEDGER_REFUSED_TOO_BIG,
    LEDGER_REFUSED_ORIGIN,
    LEDGER_REFUSED_OVERLOADED,
    LEDGER_REFUSED_SOURCE,
    LEDGER_REFUSED_SITE,
    LEDGER_REFUSED_STRANGER, /* of a site that is not served, or without its key */
    LEDGER_REFUSED_HTTP,
    LEDGER_TURNED_AWAY,
    LEDGER_UNANSWERED, /* the collector ended before */
    /* Events, counted at the front door. */
    LEDGER_RECEIVED, /* in requests that were not refused; those replayed are in it */
    LEDGER_REPLAYED, /* of these */
    LEDGER_DROPPED_SIGNAL,
    LEDGER_DROPPED_FORGOTTEN, /* of somebody who was forgotten */
    LEDGER_GIVEN_UP,          /* the journal could not keep them: answered 503 */
    LEDGER_ACCEPTED,          /* the journal said that it keeps them */
    /* Events, counted by the lake as it takes them from the journal. */
    LEDGER_TAKEN,
    LEDGER_RECOVERED, /* of these: the front door was killed before its count was kept */
    LEDGER_STORED,
    LEDGER_DUPLICATE,
    LEDGER_QUARANTINED,
    LEDGER_QUARANTINE_FULL, /* not understood, and there was no room for it */
    LEDGER_ERASED_EARLY,    /* of somebody who was forgotten meanwhile, before it was stored */
    /* Rows, counted by who changed files of the lake. */
    LEDGER_COMPACTED, /* became Parquet */
    LEDGER_MERGED,    /* dropped by compaction: the same event as another */
    LEDGER_ERASED,    /* somebody was forgotten */
    LEDGER_EXPIRED,   /* kept for as long as was asked */
    LEDGER_QUARANTINE_ERASED,
    LEDGER_QUARANTINE_EXPIRED,
    LEDGER_COUNTS
};

/* As it stands in files. */
const char *ledger_count_name(enum ledger_count count);
/* LEDGER_COUNTS for a name that is none. */
enum ledger_count ledger_count_find(struct view name);

enum { LEDGER_SITE_BYTES = 65, LEDGER_SITES_MAX = 1024 };
extern const char LEDGER_OTHER[]; /* "(other)" */

/* What a site is called in the ledger: its name, when that needs no quoting anywhere. Every stage
 * must come to the same one. */
struct view ledger_plain_site(struct view site);

struct ledger_row {
    int64_t hour; /* since 1970, UTC */
    char site[LEDGER_SITE_BYTES];
    uint8_t site_len;
    uint64_t counts[LEDGER_COUNTS];
    uint64_t mark; /* the highest ingest_seq in it, where somebody says so */
};

struct ledger_tally {
    struct ledger_row *rows;
    size_t count;
    size_t room; /* may grow to `ceiling` */
    size_t ceiling;
    uint32_t *slots; /* 1 + index of a row, or 0; twice as many as rows */
    size_t slot_count;
    size_t recent[2]; /* rows asked for last, the latest first */
    bool is_full;     /* some went to LEDGER_OTHER */
    uint64_t lost;    /* no memory even for that: nothing adds up then */
};

/* Memory is taken as it is needed. */
void ledger_tally_init(struct ledger_tally *tally, size_t ceiling);
/* Accepts a zeroed one. */
void ledger_tally_free(struct ledger_tally *tally);
void ledger_tally_clear(struct ledger_tally *tally);

void ledger_tally_add(struct ledger_tally *tally, int64_t hour, struct view site,
                      enum ledger_count count, uint64_t by);
/* Raises the mark of a row; makes the row. */
void ledger_tally_mark(struct ledger_tally *tally, int64_t hour, struct view site, uint64_t seq);
/* Adds all of another. */
void ledger_tally_sum(struct ledger_tally *tally, const struct ledger_tally *other);
/* The row of hour and site, or NULL. */
const struct ledger_row *ledger_tally_find(const struct ledger_tally *tally, int64_t hour,
                                           struct view site);
/* By hour, then by site. */
void ledger_tally_sort(struct ledger_tally *tally);

#endif
