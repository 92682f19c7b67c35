#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status fault_set(struct fault *fault, enum status status, const char *format, ...)
{
    if (fault) {
        va_list args;
        va_start(args, format);
        vsnprintf(fault->text, sizeof(fault->text), format, args);
        va_end(args);
    }
    return status;
}

enum status fault_errno(struct fault *fault, int errno_value, const char *format, ...)
{
    if (fault) {
        char reason[96];
        /* The GNU strerror_r: it may return a text of its own instead of filling the buffer. */
        const char *text = strerror_r(errno_value, reason, sizeof(reason));
        va_list args;
        va_start(args, format);
        int used = vsnprintf(fault->text, sizeof(fault->text), format, args);
        va_end(args);
        if (used >= 0 && (size_t)used < sizeof(fault->text)) {
            snprintf(fault->text + used, sizeof(fault->text) - (size_t)used, ": %s", text);
        }
    }
    return errno_value == ENOSPC || errno_value == EDQUOT ? STATUS_FULL : STATUS_IO;
}
