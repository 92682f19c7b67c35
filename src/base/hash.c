#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_64(uint64_t seed, struct view bytes)
{
    return XXH3_64bits_withSeed(bytes.at ? bytes.at : "", bytes.len, seed);
}

void hash_pair_128(uint64_t seed, struct view first, struct view second, uint64_t hash[2])
{
    uint64_t cut = first.len;
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset_withSeed(&state, seed);
    XXH3_128bits_update(&state, &cut, sizeof(cut));
    XXH3_128bits_update(&state, first.at ? first.at : "", first.len);
    XXH3_128bits_update(&state, second.at ? second.at : "", second.len);
    XXH128_hash_t sum = XXH3_128bits_digest(&state);
    hash[0] = sum.low64;
    hash[1] = sum.high64;
}
