#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP_BYTES = 64 * 1024, NAME_BYTES = 256, PACE_BYTES = 128 * 1024 };

enum status file_write_at(int fd, struct view bytes, uint64_t offset, struct fault *fault)
{
    while (bytes.len > 0) {
        ssize_t written = pwrite(fd, bytes.at, bytes.len, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fault_errno(fault, errno, "cannot write %zu bytes at offset %llu", bytes.len,
                               (unsigned long long)offset);
        }
        offset += (uint64_t)written;
        bytes = view_part(bytes, (size_t)written, bytes.len);
    }
    return STATUS_OK;
}

static enum status read_to_end(int fd, const char *name, struct buf *out, struct fault *fault)
{
    for (;;) {
        size_t left = out->ceiling - out->len;
        size_t step = left < READ_STEP_BYTES ? left + 1 : READ_STEP_BYTES;
        char *place = buf_reserve(out, step > left ? left : step);
        if (!place && left > 0) {
            return fault_set(fault, buf_status(out), "no memory to read %s", name);
        }
        char beyond;
        ssize_t got = left > 0 ? read(fd, place, step > left ? left : step) : read(fd, &beyond, 1);
        if (got < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "cannot read %s", name);
        }
        if (got > 0 && left == 0) {
            return fault_set(fault, STATUS_TOO_BIG, "%s is larger than %zu bytes", name,
                             out->ceiling);
        }
        if (got == 0) {
            return STATUS_OK;
        }
        if (got > 0) {
            buf_used(out, (size_t)got);
        }
    }
}

enum status file_read(int folder_fd, const char *name, struct buf *out, struct fault *fault)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        return fault_set(fault, STATUS_NOT_FOUND, "there is no file %s", name);
    }
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open %s", name);
    }
    enum status status = read_to_end(fd, name, out, fault);
    close(fd);
    return status;
}

struct content {
    struct view bytes;
    mode_t mode;
};

static enum status write_whole(int folder_fd, const char *name, const struct content *content,
                               struct fault *fault)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, content->mode);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create %s", name);
    }
    enum status status = fchmod(fd, content->mode) == 0
                             ? file_write_at(fd, content->bytes, 0, fault)
                             : fault_errno(fault, errno, "cannot set the mode of %s", name);
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", name);
    }
    if (close(fd) != 0 && status == STATUS_OK) {
        status = fault_errno(fault, errno, "cannot close %s", name);
    }
    return status;
}

static enum status replace(int folder_fd, const char *name, const struct content *content,
                           struct fault *fault)
{
    char beside[NAME_BYTES];
    if (snprintf(beside, sizeof(beside), "_%s", name) >= (int)sizeof(beside)) {
        return fault_set(fault, STATUS_TOO_BIG, "the name %s is too long", name);
    }
    enum status status = write_whole(folder_fd, beside, content, fault);
    if (status == STATUS_OK && renameat(folder_fd, beside, folder_fd, name) != 0) {
        status = fault_errno(fault, errno, "cannot rename %s to %s", beside, name);
    }
    if (status != STATUS_OK) {
        unlinkat(folder_fd, beside, 0);
        return status;
    }
    return file_sync_folder(folder_fd, fault);
}

enum status file_replace(int folder_fd, const char *name, struct view bytes, struct fault *fault)
{
    return replace(folder_fd, name, &(struct content){bytes, FILE_MODE}, fault);
}

enum status file_replace_public(int folder_fd, const char *name, struct view bytes,
                                struct fault *fault)
{
    return replace(folder_fd, name, &(struct content){bytes, FILE_MODE_PUBLIC}, fault);
}

void file_pace(struct file_pace *pace, int fd, uint64_t end)
{
    if (end - pace->sent < PACE_BYTES) {
        return;
    }
    uint64_t before = pace->sent < PACE_BYTES ? 0 : pace->sent - PACE_BYTES;
    const unsigned wait =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    (void)sync_file_range(fd, (off_t)before, (off_t)(pace->sent - before), wait);
    (void)sync_file_range(fd, (off_t)pace->sent, (off_t)(end - pace->sent), SYNC_FILE_RANGE_WRITE);
    pace->sent = end;
}

enum status file_sync_folder(int folder_fd, struct fault *fault)
{
    return fsync(folder_fd) == 0 ? STATUS_OK : fault_errno(fault, errno, "cannot sync a folder");
}
