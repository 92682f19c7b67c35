#include "base/hex.h"

void hex_write(char *to, const unsigned char *bytes, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        to[2 * i] = DIGITS[bytes[i] >> 4];
        to[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
}

bool hex_read(struct view text, unsigned char *bytes, size_t len)
{
    if (text.len != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int byte = hex_pair(text.at + 2 * i);
        if (byte < 0) {
            return false;
        }
        bytes[i] = (unsigned char)byte;
    }
    return true;
}
