/*
 * crc32c.h - the Castagnoli checksum (RFC 3720, appendix B.4), in hardware where the processor has
 * it.
 *
 *     uint32_t sum = crc32c(0, bytes, len);
 *     crc32c(0, "123456789", 9) == 0xe3069283
 */
#ifndef PIPES_BASE_CRC32C_H
#define PIPES_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from an earlier sum (0 at the start): crc32c(crc32c(0, a), b) is that of a and b. */
uint32_t crc32c(uint32_t sum, const void *bytes, size_t len);
/* The same without the hardware; for tests. */
uint32_t crc32c_portable(uint32_t sum, const void *bytes, size_t len);

#endif
