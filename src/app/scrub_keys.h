/*
 * scrub_keys.h - data/SCRUB_KEY: the key that hashes of scrubbed values are made with, for a
 * period.
 *
 * Made when it is first asked for, so that a collector that hashes nothing has none. When its
 * period is over a new one takes its place, and with the old one goes what could tell which values
 * the old hashes were. One key at a time; readable by the owner alone.
 *
 *     scrub_keys_init(&keys, data_fd, period_ms, clock, log);
 *     uint8_t key[SCRUB_KEY_BYTES];
 *     if (scrub_keys_give(&keys, key)) { ... }           by any thread
 *     scrub_keys_free(&keys);
 */
#ifndef PIPES_APP_SCRUB_KEYS_H
#define PIPES_APP_SCRUB_KEYS_H

#include "base/clock.h"
#include "base/logger.h"
#include "privacy/scrub_action.h"

#include <pthread.h>

struct scrub_keys {
    pthread_mutex_t lock;
    int data_fd; /* borrowed, as clock and log */
    int64_t period_ms;
    const struct clock *clock;
    const struct logger *log;
    struct logger_gate gate;
    int64_t until_ms; /* UTC; 0: none was read or made yet */
    uint8_t key[SCRUB_KEY_BYTES];
};

void scrub_keys_init(struct scrub_keys *keys, int data_fd, int64_t period_ms,
                     const struct clock *clock, const struct logger *log);
void scrub_keys_free(struct scrub_keys *keys);
/* The key of now; false when it can neither be read nor made. `self` is a struct scrub_keys: the
 * function goes into struct scrub_treatment. */
bool scrub_keys_give(void *self, uint8_t key[SCRUB_KEY_BYTES]);

#endif
