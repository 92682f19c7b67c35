/*
 * scrub_action.h - what becomes of what a rule found: masked, dropped, or a keyed hash of it.
 *
 * A hash is "hashed_" and 24 letters from a to p: 96 bits of HMAC-SHA-256. The same value gives the
 * same hash as long as the key is the same; letters only, so that no rule finds it again.
 */
#ifndef PIPES_PRIVACY_SCRUB_ACTION_H
#define PIPES_PRIVACY_SCRUB_ACTION_H

#include "base/arena.h"
#include "privacy/scrub_rules.h"

enum scrub_action { SCRUB_MASK, SCRUB_DROP, SCRUB_HASH };

enum { SCRUB_KEY_BYTES = 32, SCRUB_HASH_BYTES = 31 };

struct scrub_treatment {
    uint8_t actions[SCRUB_RULES]; /* enum scrub_action */
    /* Fills in the key of today; false: there is none, and what was to be hashed is masked. Called
     * by any thread. NULL when nothing is hashed. */
    bool (*key)(void *self, uint8_t key[SCRUB_KEY_BYTES]);
    void *self;
};

/* What comes in place of a value: static, or in the arena; at is NULL when there is no memory. */
struct view scrub_action_apply(const struct scrub_treatment *treatment, enum scrub_rule rule,
                               struct view value, struct arena *arena);
/* Whether the value is such a thing already. */
bool scrub_action_is_done(struct view value);

#endif
