/*
 * counts.h - what went through the front door, counted by itself: every request and event ends in
 * exactly one of these.
 *
 * Since the start of the process. Each field is counted up atomically by any worker.
 */
#ifndef PIPES_APP_COUNTS_H
#define PIPES_APP_COUNTS_H

#include "base/buf.h"
#include "base/histogram.h"

#include <stdbool.h>
#include <stdint.h>

struct counts {
    /* requests that carry events */
    _Atomic uint64_t requests;
    _Atomic uint64_t refused_not_json;     /* 400 */
    _Atomic uint64_t refused_too_big;      /* 413 */
    _Atomic uint64_t refused_origin;       /* 403 */
    _Atomic uint64_t refused_overloaded;   /* 503: the journal could not take them */
    _Atomic uint64_t refused_source;       /* 429: too many requests from its address */
    _Atomic uint64_t refused_site;         /* 429: too many requests for its site */
    _Atomic uint64_t refused_site_unknown; /* 403: of no site that is served */
    _Atomic uint64_t refused_key;          /* 403: without its key */
    _Atomic uint64_t refused_http;         /* 4xx, 5xx: not HTTP, too slow, too large */
    _Atomic uint64_t turned_away;          /* 503: too many connections */
    /* events of the requests that were not refused */
    _Atomic uint64_t received;
    _Atomic uint64_t accepted;       /* durable in the journal */
    _Atomic uint64_t quarantined;    /* durable in the journal, not understood */
    _Atomic uint64_t dropped_signal; /* somebody said no: the sum of the five below */
    _Atomic uint64_t dropped_gpc;
    _Atomic uint64_t dropped_dnt;
    _Atomic uint64_t dropped_opt_out;    /* the cookie */
    _Atomic uint64_t dropped_denied;     /* the event says that consent was denied */
    _Atomic uint64_t dropped_no_consent; /* consent-needed */
    _Atomic uint64_t dropped_forgotten;  /* of who was forgotten: they came late */
    _Atomic uint64_t given_up;           /* answered 503 */
    _Atomic uint64_t lone_surrogates;    /* repaired */
    _Atomic uint64_t events_scrubbed;    /* lost something, however little */
    _Atomic uint64_t raw_kept;           /* requests, as they came (keep-raw) */
    _Atomic uint64_t raw_dropped;        /* not kept so: no room in the queue or on disk */
    _Atomic uint64_t commits;
    _Atomic uint64_t commit_failures;
    _Atomic bool is_commit_failing; /* the last one did */
    struct histogram commit_time;   /* from its start until all of it is on disk */
};

/* One of the counts above. Those of one metric stand side by side. */
struct counts_value {
    const char *name;   /* of the field */
    const char *metric; /* "pipes_requests_refused_total" */
    const char *labels; /* "{reason=\"source\"}", or "" */
    const char *help;   /* of the metric, in its first row; otherwise NULL */
    uint64_t value;
};
/* False behind the last one. */
bool counts_value(struct counts *counts, unsigned i, struct counts_value *value);

/* Appends them as one JSON object. */
enum status counts_append(struct buf *out, struct counts *counts);

#endif
