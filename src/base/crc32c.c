#include "base/crc32c.h"

#include <string.h>

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

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t sum, const void *bytes,
                                                               size_t len)
{
    const unsigned char *at = bytes;
    uint64_t crc = ~sum;
    for (; len >= 8; len -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    uint32_t rest = (uint32_t)crc;
    for (; len > 0; len--, at++) {
        rest = __builtin_ia32_crc32qi(rest, *at);
    }
    return ~rest;
}

uint32_t crc32c(uint32_t sum, const void *bytes, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(sum, bytes, len)
                                            : crc32c_portable(sum, bytes, len);
}

#else

uint32_t crc32c(uint32_t sum, const void *bytes, size_t len)
{
    return crc32c_portable(sum, bytes, len);
}

#endif
