/*
 * key_ring.h - keys that serve for a time and are destroyed then, so that nobody can make again
 * what was made with them.
 *
 *     data/IDENTITY_KEY   of hashes that stand for ids; for as long as identity-rotation says
 *     data/DAILY_SALT     of the visitors of a day; until the day (UTC) is over
 *     data/SCRUB_KEY      of hashes of what was scrubbed; for scrub-hash-period
 *
 * Each file is a line: when the key was made (milliseconds since 1970), a space, 32 random bytes in
 * hexadecimal digits; mode 0600. A key is made when it is first needed, and is in its file so that
 * a restart changes no hash. When its time is over the file is overwritten, synced and removed.
 * Safe from several threads.
 *
 *     key_ring_open(&ring, data_fd, &periods, &fault);
 *     key_ring_give(ring, KEY_OF_IDS, &moment, bytes, &fault);
 *     key_ring_tick(ring, now_ms, &fault);        now and then: destroys what is over
 *     key_ring_close(ring);
 */
#ifndef PIPES_PRIVACY_KEY_RING_H
#define PIPES_PRIVACY_KEY_RING_H

#include "base/status.h"

#include <stdint.h>

struct key_ring;

enum key_name { KEY_OF_IDS, KEY_OF_DAY, KEY_OF_SCRUBBED, KEY_NAMES };
enum { KEY_RING_BYTES = 32 };

struct key_periods {
    int64_t ids_ms;
    int64_t scrubbed_ms;
};

/* What a key is wanted for may have come long ago (and be replayed): then the key of that time
 * serves, or none. */
struct key_moment {
    int64_t now_ms;
    int64_t of_ms; /* when it came; as a rule now */
};

/* data_fd is borrowed. STATUS_NO_MEMORY. */
enum status key_ring_open(struct key_ring **ring, int data_fd, const struct key_periods *periods,
                          struct fault *fault) MUST_CHECK;
/* The keys stay in their files; of memory they are wiped. Accepts NULL. */
void key_ring_close(struct key_ring *ring);

/* Whoever is given one wipes it after use. STATUS_NOT_FOUND: the key of that time is destroyed;
 * STATUS_IO and others when there is no key and none can be made: nothing may be stored under a
 * made-up one. */
enum status key_ring_give(struct key_ring *ring, enum key_name name,
                          const struct key_moment *moment, unsigned char bytes[KEY_RING_BYTES],
                          struct fault *fault) MUST_CHECK;
/* The key that is in the folder, whatever its age: makes none and ends none, for who looks beside a
 * collector. STATUS_NOT_FOUND: there is none. */
enum status key_ring_find(struct key_ring *ring, enum key_name name,
                          unsigned char bytes[KEY_RING_BYTES], struct fault *fault) MUST_CHECK;
/* Destroys what is over by now; the next one is made when it is needed. */
enum status key_ring_tick(struct key_ring *ring, int64_t now_ms, struct fault *fault) MUST_CHECK;

#endif
