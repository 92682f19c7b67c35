#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_64(uint64_t seed, struct view bytes)
{
    return XXH3_64bits_withSeed(bytes.at ? bytes.at : "", bytes.len, seed);
}

enum { SHORT_PAIR_BYTES = 192 };

static XXH128_hash_t hash_pieces(uint64_t seed, uint64_t cut, struct view first, struct view second)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset_withSeed(&state, seed);
    XXH3_128bits_update(&state, &cut, sizeof(cut));
    XXH3_128bits_update(&state, first.at ? first.at : "", first.len);
    XXH3_128bits_update(&state, second.at ? second.at : "", second.len);
    return XXH3_128bits_digest(&state);
}

/* The same in one piece: a state is larger than what is hashed, as a rule. */
static XXH128_hash_t hash_joined(uint64_t seed, uint64_t cut, struct view first, struct view second)
{
    char bytes[sizeof(cut) + SHORT_PAIR_BYTES];
    memcpy(bytes, &cut, sizeof(cut));
    memcpy(bytes + sizeof(cut), first.at ? first.at : "", first.len);
    memcpy(bytes + sizeof(cut) + first.len, second.at ? second.at : "", second.len);
    return XXH3_128bits_withSeed(bytes, sizeof(cut) + first.len + second.len, seed);
}

void hash_pair_128(uint64_t seed, struct view first, struct view second, uint64_t hash[2])
{
    bool is_short = first.len <= SHORT_PAIR_BYTES && second.len <= SHORT_PAIR_BYTES - first.len;
    XXH128_hash_t sum = is_short ? hash_joined(seed, first.len, first, second)
                                 : hash_pieces(seed, first.len, first, second);
    hash[0] = sum.low64;
    hash[1] = sum.high64;
}
