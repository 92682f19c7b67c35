#include "journal/stream_folder.h"

#include "base/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool stream_folder_is_segment(const char *text, uint64_t *number)
{
    struct view name = view_from_text(text);
    return name.len == 14 && view_ends_with(name, ".seg") &&
           view_to_uint64(view_part(name, 0, 10), number);
}

uint64_t stream_folder_bytes(int folder_fd)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    uint64_t bytes = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        struct stat facts;
        uint64_t number;
        if (stream_folder_is_segment(entry->d_name, &number) &&
            fstatat(folder_fd, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0) {
            bytes += (uint64_t)facts.st_size;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return bytes;
}

enum status stream_folder_empty(int folder_fd, struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read a stream's folder");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        uint64_t number;
        bool is_ours = stream_folder_is_segment(entry->d_name, &number) ||
                       view_starts_with(view_from_text(entry->d_name), "_spare-");
        if (is_ours && unlinkat(folder_fd, entry->d_name, 0) != 0 && errno != ENOENT) {
            status = fault_errno(fault, errno, "cannot remove %s", entry->d_name);
        }
    }
    closedir(folder);
    return status;
}
