#include "journal/segment_fresh.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum status segment_fresh_open(struct segment_fresh *fresh, const struct segment_fresh_place *place,
                               struct fault *fault)
{
    struct segment_spares *spares = place->spares;
    *fresh = (struct segment_fresh){0};
    segment_name(place->number, fresh->name);
    fresh->is_spare = spares && segment_spares_take(spares, place->number, &fresh->is_safe);
    int flags = O_RDWR | O_CLOEXEC | (fresh->is_spare ? 0 : O_CREAT | O_EXCL);
    int fd = openat(place->folder_fd, fresh->name, flags, FILE_MODE);
    fresh->fd = fd;
    if (fd >= 0 && fchmod(fd, FILE_MODE) == 0) {
        return STATUS_OK;
    }
    enum status status = fault_errno(fault, errno, "cannot create journal segment %s", fresh->name);
    if (fd >= 0 || fresh->is_spare) {
        unlinkat(place->folder_fd, fresh->name, 0);
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* Asked for its times, a file system would have to note each write exactly, and to sync that with
 * the bytes. */
enum status segment_fresh_is_there(int fd, uint32_t number, struct fault *fault)
{
    struct statx facts;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_NLINK, &facts) != 0 || facts.stx_nlink == 0) {
        return fault_set(fault, STATUS_IO, "journal segment %u was removed while it was written",
                         number);
    }
    return STATUS_OK;
}
