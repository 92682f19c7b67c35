/*
 * receipts.h - which batches that came by beacon are kept, for who asks later.
 *
 * A browser tells a page that goes nothing of what became of its beacon, so the tracker keeps the
 * events and asks on the next visit, instead of sending all of them again. A receipt may be
 * forgotten (there is room for so many, and none after a restart): then the events come again, and
 * are known by their ids.
 *
 *     uint64_t key = receipts_key(receipts, batch_id);
 *     ... the commit ...
 *     receipts_keep(receipts, key);
 *     if (receipts_has(receipts, receipts_key(receipts, asked))) { ... }
 *
 * Safe from several threads.
 */
#ifndef PIPES_APP_RECEIPTS_H
#define PIPES_APP_RECEIPTS_H

#include "base/buf.h"
#include "base/status.h"
#include "base/view.h"

struct receipts;

enum {
    RECEIPTS_SLOTS = 65536, /* of 8 bytes; a power of two */
    RECEIPTS_ASKED_MAX = 64,
    RECEIPTS_ID_BYTES_MAX = 64,
};

enum status receipts_create(struct receipts **receipts, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void receipts_destroy(struct receipts *receipts);

/* 0 when it is no id: letters, digits, - and _ only. */
uint64_t receipts_key(const struct receipts *receipts, struct view batch_id);
/* 0 is nothing. */
void receipts_keep(struct receipts *receipts, uint64_t key);
bool receipts_has(const struct receipts *receipts, uint64_t key);

/* The key of the parameter `beacon` of a query; 0 without one. */
uint64_t receipts_beacon(const struct receipts *receipts, struct view query);
/* Appends those of the parameter `ask` (ids with commas between) that are kept, as members of a
 * JSON array. False when the query does not ask. */
bool receipts_answer(const struct receipts *receipts, struct view query, struct buf *out);

#endif
