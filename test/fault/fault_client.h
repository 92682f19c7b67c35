/*
 * fault_client.h - load on a collector: some connections, each in a thread of its own, posting
 * native batches of new events, and again those whose fate is unknown.
 *
 *     fault_client_start(&client, &options, &fault);
 *     ...
 *     fault_client_stop(client, &tally);
 *
 * The client's memory of events is the ledger, which outlives clients and collectors.
 */
#ifndef PIPES_TEST_FAULT_CLIENT_H
#define PIPES_TEST_FAULT_CLIENT_H

#include "base/status.h"
#include "ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct fault_client;

enum { FAULT_CLIENT_BATCH_MAX = 20 /* events in a request */ };

struct fault_client_options {
    struct ledger *ledger; /* borrowed */
    unsigned port;
    unsigned threads;
    uint64_t seed;
    bool resends;     /* postponed batches, and now and then one that was acknowledged */
    int64_t pause_ms; /* between two requests of a connection */
};

/* Requests so far. */
struct fault_client_tally {
    uint64_t kept;    /* 200 */
    uint64_t refused; /* 503 with Retry-After */
    uint64_t broken;  /* no answer */
    uint64_t wrong;   /* any other answer */
    char first_wrong[160];
};

enum status fault_client_start(struct fault_client **client,
                               const struct fault_client_options *options, struct fault *fault)
    MUST_CHECK;
void fault_client_tally(struct fault_client *client, struct fault_client_tally *tally);
/* Waits for answers that are due, and frees it. Accepts NULL. */
void fault_client_stop(struct fault_client *client, struct fault_client_tally *tally);

#endif
