#include "app/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_FOLDERS = 16, TRIES = 100, TEMP_BYTES = 4000 };
static const char HEAD[] = "pipes-query-";
static const char LETTERS[] = "XXXXXX";

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* The folder of that name, locked; -1 when somebody else holds it, or it is not this user's. */
static int lock_folder(int parent_fd, const char *name)
{
    struct stat facts;
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &facts) != 0 || facts.st_uid != geteuid() ||
                    flock(fd, LOCK_EX | LOCK_NB) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool is_ours(const char *name)
{
    size_t head = strlen(HEAD);
    return strncmp(name, HEAD, head) == 0 && strlen(name) == head + strlen(LETTERS);
}

/* What cannot be removed stays: this is done for others. */
static void remove_left(const char *temp)
{
    DIR *folder = opendir(temp);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char path[PRIVATE_FOLDER_PATH_BYTES];
        int fd = is_ours(entry->d_name) ? lock_folder(dirfd(folder), entry->d_name) : -1;
        if (fd >= 0) {
            snprintf(path, sizeof(path), "%.*s/%.32s", TEMP_BYTES, temp, entry->d_name);
            remove_all(path);
            close(fd);
        }
    }
    if (folder) {
        closedir(folder);
    }
}

/* Between being made and being locked it looks like one that was left: then it is gone. */
static bool is_still_there(const struct private_folder *folder)
{
    struct stat by_name;
    struct stat by_fd;
    return folder->fd >= 0 && stat(folder->path, &by_name) == 0 && fstat(folder->fd, &by_fd) == 0 &&
           by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

static enum status make(struct private_folder *folder, const char *temp, struct fault *fault)
{
    snprintf(folder->path, sizeof(folder->path), "%.*s/%s%s", TEMP_BYTES, temp, HEAD, LETTERS);
    if (!mkdtemp(folder->path)) {
        return fault_set(fault, STATUS_IO,
                         "cannot make %.300s: %s (TMPDIR names another place for temporary files)",
                         folder->path, strerror(errno));
    }
    folder->fd = lock_folder(AT_FDCWD, folder->path);
    return STATUS_OK;
}

enum status private_folder_open(struct private_folder *folder, const char *temp,
                                struct fault *fault)
{
    folder->fd = -1;
    remove_left(temp);
    for (int tries = 0; tries < TRIES; tries++) {
        enum status status = make(folder, temp, fault);
        if (status != STATUS_OK || is_still_there(folder)) {
            return status;
        }
        if (folder->fd >= 0) {
            close(folder->fd);
        }
    }
    return fault_set(fault, STATUS_IO, "cannot hold a folder in %.300s", temp);
}

void private_folder_close(struct private_folder *folder)
{
    if (folder->fd >= 0) {
        remove_all(folder->path);
        close(folder->fd);
        folder->fd = -1;
    }
}
