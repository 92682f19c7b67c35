/*
 * identity.h - keyed hashes that stand for ids, and the keys that make them.
 *
 *     data/IDENTITY_KEY   when it was made (milliseconds since 1970) and 32 random bytes; mode 0600
 *     data/DAILY_SALT     the same of the day's salt
 *
 * A hash is HMAC-SHA-256 of site, a zero byte and what is hashed, cut to 128 bits. The identity key
 * serves for as long as the rotation says, the salt until the day (UTC) is over; then the file is
 * overwritten, synced and removed, and nobody can make those hashes again. Both are made when they
 * are first needed; the files are there so that a restart changes no hash. Safe from several
 * threads.
 *
 *     identity_open(&identity, data_fd, rotation_ms);
 *     identity_hash(identity, now_ms, IDENTITY_OF_ID, site, id, text, &fault);
 *     identity_tick(identity, now_ms);        now and then: destroys what is over
 *     identity_close(identity);
 */
#ifndef PIPES_PRIVACY_IDENTITY_H
#define PIPES_PRIVACY_IDENTITY_H

#include "base/status.h"
#include "base/view.h"

#include <stdint.h>

struct identity;

enum identity_key { IDENTITY_OF_ID, IDENTITY_OF_DAY, IDENTITY_KEYS };
enum { IDENTITY_TEXT_BYTES = 32 /* hexadecimal digits */ };

/* data_fd is borrowed. STATUS_NO_MEMORY. */
enum status identity_open(struct identity **identity, int data_fd, int64_t rotation_ms,
                          struct fault *fault) MUST_CHECK;
/* The keys stay in their files; of memory they are wiped. Accepts NULL. */
void identity_close(struct identity *identity);

/* No zero byte behind the text. STATUS_IO and others when there is no key and none can be made:
 * nothing may be stored under a made-up one. */
enum status identity_hash(struct identity *identity, int64_t now_ms, enum identity_key key,
                          struct view site, struct view id, char text[IDENTITY_TEXT_BYTES],
                          struct fault *fault) MUST_CHECK;
/* The same by the key that is in the folder, whatever its age: makes none and ends none, for who
 * looks beside a collector. STATUS_NOT_FOUND: there is none. */
enum status identity_find(struct identity *identity, enum identity_key key, struct view site,
                          struct view id, char text[IDENTITY_TEXT_BYTES], struct fault *fault)
    MUST_CHECK;
/* Destroys what is over by now; the next one is made when it is needed. */
enum status identity_tick(struct identity *identity, int64_t now_ms, struct fault *fault)
    MUST_CHECK;

#endif
