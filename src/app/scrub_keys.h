/*
 * scrub_keys.h - the key that hashes of scrubbed values are made with (KEY_OF_SCRUBBED), as the
 * scrubber asks for it; and a word in the log when there is none.
 *
 *     scrub_keys_init(&keys, ring, clock, log);
 *     struct scrub_keys_asking asking = {&keys, {now_ms, received_ms}};
 *     treatment.key = scrub_keys_give, treatment.self = &asking;
 *     scrub_keys_free(&keys);
 */
#ifndef PIPES_APP_SCRUB_KEYS_H
#define PIPES_APP_SCRUB_KEYS_H

#include "base/clock.h"
#include "base/logger.h"
#include "privacy/key_ring.h"
#include "privacy/scrub_action.h"

#include <pthread.h>

struct scrub_keys {
    struct key_ring *ring; /* borrowed, as clock and log */
    const struct clock *clock;
    const struct logger *log;
    pthread_mutex_t lock; /* of the gate */
    struct logger_gate gate;
};

struct scrub_keys_asking {
    struct scrub_keys *keys;
    struct key_moment moment;
};

void scrub_keys_init(struct scrub_keys *keys, struct key_ring *ring, const struct clock *clock,
                     const struct logger *log);
/* Accepts a zeroed one. */
void scrub_keys_free(struct scrub_keys *keys);
/* By any thread. False when the key can neither be read nor made, or was destroyed since. `self` is
 * a struct scrub_keys_asking: the function goes into struct scrub_treatment. */
bool scrub_keys_give(void *self, uint8_t key[SCRUB_KEY_BYTES]);

#endif
