/*
 * identity.h - keyed hashes that stand for ids.
 *
 * A hash is HMAC-SHA-256 of site, a zero byte and what is hashed, cut to 128 bits, with a key of
 * key_ring.h.
 *
 *     const struct identity_of of = {site, id};
 *     identity_hash(ring, KEY_OF_IDS, &moment, &of, text, &fault);
 */
#ifndef PIPES_PRIVACY_IDENTITY_H
#define PIPES_PRIVACY_IDENTITY_H

#include "base/view.h"
#include "privacy/key_ring.h"

enum { IDENTITY_TEXT_BYTES = 32 /* hexadecimal digits */ };

struct identity_of {
    struct view site;
    struct view id;
};

/* No zero byte behind the text. Faults as key_ring_give(): nothing may be stored then. */
enum status identity_hash(struct key_ring *ring, enum key_name name,
                          const struct key_moment *moment, const struct identity_of *of,
                          char text[IDENTITY_TEXT_BYTES], struct fault *fault) MUST_CHECK;
/* The same by key_ring_find(), for who looks beside a collector. */
enum status identity_find(struct key_ring *ring, enum key_name name, const struct identity_of *of,
                          char text[IDENTITY_TEXT_BYTES], struct fault *fault) MUST_CHECK;

#endif
