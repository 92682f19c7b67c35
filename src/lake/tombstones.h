/*
 * tombstones.h - who was forgotten: keyed hashes of ids, so that what comes late is known and the
 * ids themselves are not.
 *
 *     data/ERASURE_KEY      32 random bytes, mode 0600; made with the first tombstone
 *     data/lake/TOMBSTONES  a line each: 32 hexadecimal digits, when (milliseconds since 1970)
 *
 * Hashes are erasure_key.h's. An empty site stands for all. Used from one thread; others look
 * through a tombstone_look of their own.
 *
 *     tombstones_open(&tombstones, data_fd, &fault);
 *     tombstones_add(tombstones, &subject, now_ms, &fault);
 *     if (tombstones_meet(tombstones, row)) { ... drop it ... }
 *     tombstones_close(tombstones);
 */
#ifndef PIPES_LAKE_TOMBSTONES_H
#define PIPES_LAKE_TOMBSTONES_H

#include "lake/erasure_key.h"
#include "lake/subject.h"

struct tombstones;

enum { TOMBSTONE_BYTES = ERASURE_HASH_BYTES, TOMBSTONES_MAX = 4 << 20 };

/* data_fd is borrowed. STATUS_DAMAGED when there are tombstones and their key is gone: what was
 * forgotten would be taken again. */
enum status tombstones_open(struct tombstones **tombstones, int data_fd, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void tombstones_close(struct tombstones *tombstones);

/* One for each id of the subject that has none yet; durable when it returns STATUS_OK. */
enum status tombstones_add(struct tombstones *tombstones, const struct subject *subject,
                           int64_t now_ms, struct fault *fault) MUST_CHECK;
size_t tombstones_count(const struct tombstones *tombstones);

/* Whether one of the ids of a row (NDJSON) was forgotten. NULL and none at all cost nothing. */
bool tombstones_meet(struct tombstones *tombstones, struct view row);

/* The hash of an id, as it stands in the file: for receipts. */
enum { TOMBSTONE_TEXT_BYTES = 2 * TOMBSTONE_BYTES + 1 };
void tombstones_name(struct tombstones *tombstones, struct view site, struct view id,
                     char text[TOMBSTONE_TEXT_BYTES]);

/* By any thread, for tombstone_look.c. Another number whenever some were added; 0: there are none,
 * also of NULL. */
uint64_t tombstones_generation(struct tombstones *tombstones);
/* In place of what `copy` was. STATUS_NO_MEMORY. */
enum status tombstones_copy_key(struct tombstones *tombstones, struct erasure_key *copy,
                                struct fault *fault) MUST_CHECK;
bool tombstones_have(struct tombstones *tombstones, const unsigned char bytes[TOMBSTONE_BYTES]);

#endif
