/*
 * erase_intent.h - data/lake/FORGETTING: who is being forgotten, until that is done.
 *
 * One JSON object, mode 0600, durable before anything else happens. Whoever opens the data folder
 * for writing and finds one does the erasure again from the beginning; every step of it may be
 * repeated. It holds ids: it is overwritten before it is removed.
 *
 *     {"asked_ms":1764000000000,"site":"shop","keeps_mentions":false,"ids":["anna"],"hashes":[]}
 *
 * The same text is what `pipes forget` sends to a running collector.
 */
#ifndef PIPES_LAKE_ERASE_INTENT_H
#define PIPES_LAKE_ERASE_INTENT_H

#include "lake/subject.h"

enum { ERASE_INTENT_BYTES_MAX = 1024 * 1024 };

struct erase_intent {
    int64_t asked_ms;
    struct subject subject;
};

/* STATUS_BAD_INPUT when it is not understood. The intent is to be freed in any case. */
enum status erase_intent_parse(struct erase_intent *intent, struct view text, struct fault *fault)
    MUST_CHECK;
enum status erase_intent_append(struct buf *out, const struct erase_intent *intent);
/* Accepts a zeroed one. */
void erase_intent_free(struct erase_intent *intent);

enum status erase_intent_save(int lake_fd, const struct erase_intent *intent, struct fault *fault)
    MUST_CHECK;
/* STATUS_NOT_FOUND when nobody is being forgotten. */
enum status erase_intent_load(struct erase_intent *intent, int lake_fd, struct fault *fault)
    MUST_CHECK;
enum status erase_intent_remove(int lake_fd, struct fault *fault) MUST_CHECK;

#endif
