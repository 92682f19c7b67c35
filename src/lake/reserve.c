#include "lake/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char NAME[] = "_reserve";

bool reserve_hold(int folder_fd)
{
    struct stat facts;
    if (fstatat(folder_fd, NAME, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
        facts.st_size >= RESERVE_BYTES) {
        return true;
    }
    int fd = openat(folder_fd, NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* Not posix_fallocate(): where the file system cannot allocate, writing zeros gains nothing. */
    bool is_held = fd >= 0 && fallocate(fd, 0, 0, RESERVE_BYTES) == 0;
    if (fd >= 0) {
        close(fd);
    }
    if (!is_held) {
        unlinkat(folder_fd, NAME, 0);
    }
    return is_held;
}

bool reserve_give_up(int folder_fd)
{
    return unlinkat(folder_fd, NAME, 0) == 0;
}
