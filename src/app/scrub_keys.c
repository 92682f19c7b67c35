#include "app/scrub_keys.h"

enum { GATE_MS = 60000 };
_Static_assert((int)SCRUB_KEY_BYTES == (int)KEY_RING_BYTES, "keys of one length");

void scrub_keys_init(struct scrub_keys *keys, struct key_ring *ring, const struct clock *clock,
                     const struct logger *log)
{
    *keys = (struct scrub_keys){.ring = ring, .clock = clock, .log = log};
    keys->gate.interval_ms = GATE_MS;
    pthread_mutex_init(&keys->lock, NULL);
}

void scrub_keys_free(struct scrub_keys *keys)
{
    if (keys->ring) {
        pthread_mutex_destroy(&keys->lock);
        keys->ring = NULL;
    }
}

static void complain(struct scrub_keys *keys, const struct fault *fault)
{
    uint64_t held;
    pthread_mutex_lock(&keys->lock);
    if (logger_gate_hit(&keys->gate, clock_monotonic_ms(keys->clock), &held)) {
        logger_error(keys->log, "scrub", "without a key hashes are masks (%llu more times): %s",
                     (unsigned long long)held, fault->text);
    }
    pthread_mutex_unlock(&keys->lock);
}

bool scrub_keys_give(void *self, uint8_t key[SCRUB_KEY_BYTES])
{
    const struct scrub_keys_asking *asking = self;
    struct fault fault = {0};
    enum status status =
        key_ring_give(asking->keys->ring, KEY_OF_SCRUBBED, &asking->moment, key, &fault);
    /* That a key was destroyed when its time was over is as it should be. */
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        complain(asking->keys, &fault);
    }
    return status == STATUS_OK;
}
