#include "base/uuid.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

enum status uuid_random(void *bytes, size_t len, struct fault *fault)
{
    unsigned char *at = bytes;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "cannot get random bytes");
        }
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
    return STATUS_OK;
}

enum status uuid_make(char text[UUID_TEXT_BYTES], struct fault *fault)
{
    unsigned char b[16];
    enum status status = uuid_random(b, sizeof(b), fault);
    if (status != STATUS_OK) {
        return status;
    }
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(text, UUID_TEXT_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return STATUS_OK;
}
