/*
 * ledger.h - which events were sent and which were acknowledged; at the end, whether the lake has
 * exactly those.
 *
 *     ledger_take(ledger, count, &batch);          new events, about to be sent
 *     ledger_acknowledge(ledger, &batch);          the collector said 200
 *     ledger_compare(ledger, "data", &report);     after a clean stop
 *
 * Event n has the id "e<n>", the property "n", and a property "pad" whose length and letter follow
 * from n, so that a row which was mixed up is seen. All functions may be called from any thread.
 */
#ifndef PIPES_TEST_LEDGER_H
#define PIPES_TEST_LEDGER_H

#include "base/buf.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct ledger;

struct ledger_batch {
    uint64_t first;
    uint32_t count; /* 0: none */
};

struct ledger_report {
    uint64_t sent;
    uint64_t acknowledged;
    uint64_t rows;
    uint64_t lost;    /* acknowledged and not there */
    uint64_t doubled; /* there more than once */
    uint64_t unsound; /* no JSON, or not what was sent */
    char first[256];  /* a sentence on the first problem; empty: none */
};

struct ledger *ledger_create(void);
void ledger_destroy(struct ledger *ledger);

/* false when the ledger is full. */
bool ledger_take(struct ledger *ledger, uint32_t count, struct ledger_batch *batch);
void ledger_acknowledge(struct ledger *ledger, const struct ledger_batch *batch);
/* Keeps a batch whose fate is unknown, to be sent again; when there is no room the oldest goes. */
void ledger_postpone(struct ledger *ledger, const struct ledger_batch *batch);
bool ledger_take_postponed(struct ledger *ledger, struct ledger_batch *batch);
uint64_t ledger_acknowledged(struct ledger *ledger);

/* Appends the batch as a native request body. */
void ledger_write_body(const struct ledger_batch *batch, struct buf *out);

/* Reads all of data/lake/raw. STATUS_OK when it could be read; the report says what was found. */
enum status ledger_compare(struct ledger *ledger, const char *data, struct ledger_report *report,
                           struct fault *fault) MUST_CHECK;
bool ledger_is_right(const struct ledger_report *report);

#endif
