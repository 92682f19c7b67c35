#include "lake/lake_check_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SMALLEST_ROOM = 256 };

int check_parts_open(const struct check_parts *parts, const struct check_part *part)
{
    return openat(parts->lake_fd, part->path + strlen("lake/"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static enum status grow(struct check_parts *parts, struct fault *fault)
{
    size_t room = parts->room > 0 ? parts->room * 2 : SMALLEST_ROOM;
    struct check_part *more = realloc(parts->at, room * sizeof(*more));
    if (!more) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a list of parts");
    }
    parts->at = more;
    parts->room = room;
    return STATUS_OK;
}

enum status check_parts_add(struct check_parts *parts, const struct check_part *part,
                            struct fault *fault)
{
    enum status status = parts->count < parts->room ? STATUS_OK : grow(parts, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int fd = parts->has_all ? check_parts_open(parts, part) : -1;
    int reason = errno;
    if (fd < 0 && parts->has_all && reason != EMFILE && reason != ENFILE) {
        return reason == ENOENT ? STATUS_OK
                                : fault_errno(fault, reason, "cannot open %s", part->path);
    }
    parts->has_all = fd >= 0;
    parts->at[parts->count] = *part;
    parts->at[parts->count++].fd = fd;
    return STATUS_OK;
}

void check_parts_close(struct check_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->at[i].fd >= 0) {
            close(parts->at[i].fd);
        }
    }
    free(parts->at);
    parts->at = NULL;
    parts->count = parts->room = 0;
}
