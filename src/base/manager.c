#include "base/manager.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TEXT_BYTES = 256 };

void manager_tell(const char *format, ...)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[TEXT_BYTES];
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name ? strlen(name) : 0;
    if (len < 2 || len >= sizeof(address.sun_path)) {
        return;
    }
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = 0; /* not a file: a name of the kernel's */
    }
    va_list args;
    va_start(args, format);
    int text_len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    if (text_len > 0 && text_len < TEXT_BYTES) {
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
        (void)sendto(fd, text, (size_t)text_len, MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    }
    close(fd);
}
