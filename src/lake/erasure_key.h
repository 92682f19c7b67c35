/*
 * erasure_key.h - data/ERASURE_KEY: what makes of an id the hash that stands for it among the
 * tombstones.
 *
 * 32 random bytes in hexadecimal digits, mode 0600. A hash is HMAC-SHA-256 of site, a zero byte and
 * id, cut to 128 bits. One struct is of one thread; another thread takes a copy.
 *
 *     erasure_key_load(&key, data_fd, &fault);       STATUS_NOT_FOUND: there is none yet
 *     erasure_key_make(&key, data_fd, &fault);
 *     erasure_key_hash(&key, site, id, bytes);
 *     erasure_key_free(&key);
 */
#ifndef PIPES_LAKE_ERASURE_KEY_H
#define PIPES_LAKE_ERASURE_KEY_H

#include "base/buf.h"
#include "base/status.h"

#include <openssl/evp.h>

enum { ERASURE_HASH_BYTES = 16 };

/* A zeroed one has no key. */
struct erasure_key {
    EVP_MD_CTX *inner; /* after the first block of HMAC: the key with its two paddings */
    EVP_MD_CTX *outer;
    EVP_MD_CTX *work;
};

/* STATUS_DAMAGED when the file holds no key. On failure it has none. */
enum status erasure_key_load(struct erasure_key *key, int data_fd, struct fault *fault) MUST_CHECK;
/* A new one, durable when it returns STATUS_OK. */
enum status erasure_key_make(struct erasure_key *key, int data_fd, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void erasure_key_free(struct erasure_key *key);
/* In place of what `copy` was. STATUS_NO_MEMORY. */
enum status erasure_key_copy(struct erasure_key *copy, const struct erasure_key *key,
                             struct fault *fault) MUST_CHECK;

bool erasure_key_is_there(const struct erasure_key *key);
/* Zeros when there is no key. */
void erasure_key_hash(const struct erasure_key *key, struct view site, struct view id,
                      unsigned char bytes[ERASURE_HASH_BYTES]);

#endif
