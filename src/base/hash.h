/*
 * hash.h - fast keyed hashes (XXH3), for tables and for telling events apart.
 *
 * With a secret seed nobody outside can aim at collisions. Not for passwords or signatures.
 */
#ifndef PIPES_BASE_HASH_H
#define PIPES_BASE_HASH_H

#include "base/view.h"

uint64_t hash_64(uint64_t seed, struct view bytes);
/* 128 bits of two views, told apart from any other way to cut the same bytes in two. */
void hash_pair_128(uint64_t seed, struct view first, struct view second, uint64_t hash[2]);

#endif
