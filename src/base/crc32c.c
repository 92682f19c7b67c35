#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Half a byte at a time, polynomial 0x82f63b78 reflected: small, and only the fall-back. */
static const uint32_t NIBBLES[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_portable(uint32_t sum, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint32_t crc = ~sum;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        crc = NIBBLES[crc & 15] ^ (crc >> 4);
        crc = NIBBLES[crc & 15] ^ (crc >> 4);
    }
    return ~crc;
}

#if defined(__x86_64__)

/* The instruction gives a result every cycle, but each only after three: so three streams run side
 * by side (V. Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction",
 * Intel 2011), each of a number of steps. */
enum { STREAM_STEP_BYTES = 16, STREAM_STEPS_MAX = 64, STREAMS_BYTES_MIN = 144 };

/* x^(8n - 33) modulo the polynomial, reflected, for n = 16, 32, ... 2048 bytes: a sum multiplied by
 * it (without carries) is the word that has the same effect n bytes later. */
static const uint32_t LATER[2 * STREAM_STEPS_MAX] = {
    0x493c7d27, 0xba4fc28e, 0xddc0152b, 0x9e4addf8, 0x39d3b296, 0x0715ce53, 0x47db8317, 0x0d3b6092,
    0xc96cfdc0, 0x878a92a7, 0xdaece73e, 0xab7aff2a, 0x2162d385, 0x83348832, 0x299847d5, 0xb9e02b86,
    0x18b33a4e, 0xb6dd949b, 0x78d9ccb7, 0xbac2fd7b, 0xa60ce07b, 0xce7f39f4, 0x61d82e56, 0xd270f1a2,
    0xc619809d, 0x2b3cac5d, 0x65863b64, 0x1b03397f, 0xebb883bd, 0xb3e32c28, 0x064f7f26, 0xdd7e3b0c,
    0xf285651c, 0x10746f3c, 0xc7a68855, 0x271d9844, 0x8e766a0c, 0x93a5f730, 0x6cb08e5c, 0x6b749fb2,
    0x1393e203, 0xcec3662e, 0x96c515bb, 0xe6fc4e6a, 0x8227bb8a, 0xb0cd4768, 0x39c7ff35, 0xd7a4825c,
    0x0ab3844b, 0x0167d312, 0xf6076544, 0x26f6a60a, 0xa741c1bf, 0x98d8d9cb, 0x49c3cc9c, 0x68bce87a,
    0x57a3d037, 0x6956fc3b, 0x42d98888, 0x3771e98f, 0xb42ae3d9, 0x2178513a, 0xe0ac139e, 0x170076fa,
    0x444dd413, 0x6f345e45, 0x41d17b64, 0xff0dba97, 0xa2b73df1, 0xf872e54c, 0x1e41e9fc, 0x86d8e4d2,
    0x651bd98b, 0x5bb8f1bc, 0xa90fd27a, 0xb3af077a, 0x4984d782, 0xca6ef3ac, 0x234e0b26, 0xdd66cbbb,
    0x4597456a, 0xe9e28eb4, 0x7b3ff57a, 0xc9c8b782, 0x3f70cc6f, 0x93e106a4, 0x62ec6c6d, 0xd813b325,
    0x0df04680, 0x2342001e, 0x0a2a8d7e, 0x6d9a4957, 0xe8b6368b, 0xd2c3ed1a, 0x995a5724, 0x9ef68d35,
    0x0c139b31, 0xf2271e60, 0x0b0bf8ca, 0x2664fd8b, 0xed64812d, 0x02ee03b2, 0x8604ae0f, 0x363bd6b3,
    0x135c83fd, 0x5fabe670, 0x35ec3279, 0x00bcf5f6, 0x8ae00689, 0x17f27698, 0x58ca5f00, 0xaa7c7ad5,
    0xb5cfca28, 0xded288f8, 0x59f229bc, 0x6d390dec, 0x37170390, 0x6353c1cc, 0xc4584f5c, 0xf48642e9,
    0x531377e2, 0xdd35bc8d, 0xb25b29f2, 0x9a5ede41, 0xa563905d, 0x45cddf4e, 0xacfa3103, 0xa51b6135,
};

__attribute__((target("sse4.2"))) static inline uint64_t add_word(uint64_t sum,
                                                                  const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return _mm_crc32_u64(sum, word);
}

/* The word that stands for `sum` so many steps later. */
__attribute__((target("sse4.2,pclmul"))) static inline uint64_t later(uint64_t sum, size_t steps)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)sum),
                                           _mm_cvtsi32_si128((int)LATER[steps - 1]), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Of three streams, each of so many steps, one behind the other. */
__attribute__((target("sse4.2,pclmul"))) static uint64_t
add_streams(uint64_t sum, const unsigned char *at, size_t steps)
{
    size_t bytes = steps * STREAM_STEP_BYTES;
    const unsigned char *last = at + bytes - 8;
    uint64_t second = 0;
    uint64_t third = 0;
    for (; at < last; at += 8) {
        sum = add_word(sum, at);
        second = add_word(second, at + bytes);
        third = add_word(third, at + 2 * bytes);
    }
    sum = add_word(sum, at);
    second = add_word(second, at + bytes);
    uint64_t word;
    memcpy(&word, at + 2 * bytes, sizeof(word));
    return _mm_crc32_u64(third, word ^ later(sum, 2 * steps) ^ later(second, steps));
}

__attribute__((target("sse4.2"))) static uint32_t add_rest(uint64_t sum, const unsigned char *at,
                                                           size_t len)
{
    for (; len >= 8; len -= 8, at += 8) {
        sum = add_word(sum, at);
    }
    uint32_t rest = (uint32_t)sum;
    if (len >= 4) {
        uint32_t word;
        memcpy(&word, at, sizeof(word));
        rest = _mm_crc32_u32(rest, word);
        len -= 4;
        at += 4;
    }
    for (; len > 0; len--, at++) {
        rest = _mm_crc32_u8(rest, *at);
    }
    return rest;
}

static uint32_t crc32c_hardware(uint32_t sum, const unsigned char *at, size_t len)
{
    uint64_t crc = ~sum;
    bool has_product = __builtin_cpu_supports("pclmul");
    while (has_product && len >= STREAMS_BYTES_MIN) {
        size_t steps = len / (3 * STREAM_STEP_BYTES);
        steps = steps < STREAM_STEPS_MAX ? steps : STREAM_STEPS_MAX;
        crc = add_streams(crc, at, steps);
        at += 3 * STREAM_STEP_BYTES * steps;
        len -= 3 * STREAM_STEP_BYTES * steps;
    }
    return ~add_rest(crc, at, len);
}

uint32_t crc32c(uint32_t sum, const void *bytes, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_hardware(sum, bytes, len)
                                            : crc32c_portable(sum, bytes, len);
}

#else

uint32_t crc32c(uint32_t sum, const void *bytes, size_t len)
{
    return crc32c_portable(sum, bytes, len);
}

#endif
