/*
 * key_seed.h - the seed of the hashes by which re-sent events are known: made once per data folder,
 * or they would not be known again.
 */
#ifndef PIPES_LAKE_KEY_SEED_H
#define PIPES_LAKE_KEY_SEED_H

#include "base/status.h"

#include <stdint.h>

/* From data/SEED, which is made when it is missing. */
enum status key_seed_load(int data_fd, uint64_t *seed, struct fault *fault) MUST_CHECK;

/* The same for who only reads: STATUS_NOT_FOUND when it is missing. */
enum status key_seed_read(int data_fd, uint64_t *seed, struct fault *fault) MUST_CHECK;

#endif
