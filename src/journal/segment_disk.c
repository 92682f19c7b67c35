#include "journal/segment_disk.h"

#include "base/file.h"

#include <errno.h>
#include <unistd.h>

static enum status real_write_at(void *self, int fd, struct view bytes, uint64_t offset,
                                 struct fault *fault)
{
    (void)self;
    return file_write_at(fd, bytes, offset, fault);
}

static enum status real_sync(void *self, int fd, struct fault *fault)
{
    (void)self;
    return fdatasync(fd) == 0 ? STATUS_OK
                              : fault_errno(fault, errno, "cannot sync a journal segment");
}

static enum status real_write_direct(void *self, const struct disk_write *write,
                                     struct fault *fault)
{
    (void)self;
    return disk_write_now(write, fault);
}

struct segment_disk segment_disk_real(void)
{
    return (struct segment_disk){
        .write_at = real_write_at, .sync = real_sync, .write_direct = real_write_direct};
}
