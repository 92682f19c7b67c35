/*
 * erasure_receipt.h - what an erasure did, and what it could not reach: for the person who asked.
 *
 * It holds no id: the tombstones' hashes tell who was meant to whoever has the data folder's key.
 * One line for each stays in data/lake/ERASURES.
 */
#ifndef PIPES_APP_ERASURE_RECEIPT_H
#define PIPES_APP_ERASURE_RECEIPT_H

#include "base/buf.h"
#include "lake/erase.h"
#include "lake/tombstones.h"

enum { ERASURE_RECEIPT_BYTES_MAX = 64 * 1024, ERASURE_RECEIPT_ID_BYTES = 17 };

struct erasure_receipt {
    char id[ERASURE_RECEIPT_ID_BYTES];
    int64_t asked_ms;
    int64_t done_ms;
    size_t ids;
    size_t hashes;         /* of these, by a key that exists */
    bool has_site;         /* one site alone was meant */
    struct buf tombstones; /* hashes, as members of a JSON array */
    uint64_t journal_rows; /* that were in the journal alone, and dropped on their way out of it */
    uint64_t raw_requests; /* dropped that were kept as they came */
    struct erase_report files;
};

void erasure_receipt_init(struct erasure_receipt *receipt);
/* Accepts a zeroed one. */
void erasure_receipt_free(struct erasure_receipt *receipt);

/* Notes the subject's tombstones; those it had before are forgotten. */
void erasure_receipt_name(struct erasure_receipt *receipt, struct tombstones *tombstones,
                          const struct subject *subject);
/* One JSON object and a line end. */
enum status erasure_receipt_append_json(struct buf *out, const struct erasure_receipt *receipt);
/* The text for people, made of that JSON: what a running collector sent reads the same. */
enum status erasure_receipt_append_text(struct buf *out, struct view json, struct fault *fault)
    MUST_CHECK;
/* Adds it to the lake's list, durably. */
enum status erasure_receipt_keep(int lake_fd, const struct erasure_receipt *receipt,
                                 struct fault *fault) MUST_CHECK;

#endif
