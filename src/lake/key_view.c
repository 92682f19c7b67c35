#include "lake/key_view.h"

#include "journal/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 16, NAME_BYTES = 15 }; /* 0000000001.keys */

static bool is_run(const char *name)
{
    struct view text = view_from_text(name);
    uint64_t number;
    return text.len == NAME_BYTES && view_ends_with(text, ".keys") &&
           view_to_uint64(view_part(text, 0, NAME_BYTES - 5), &number);
}

static bool is_gone(int folder_fd, const char *name)
{
    struct stat facts;
    return fstatat(folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* STATUS_BUSY: the writer removed it meanwhile, after it put its keys elsewhere. */
static enum status open_run(struct key_view *view, int folder_fd, const char *name,
                            struct fault *fault)
{
    if (view->count == KEY_VIEW_RUNS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "over %d files of keys", KEY_VIEW_RUNS_MAX);
    }
    enum status status = key_run_map(&view->runs[view->count], folder_fd, name, fault);
    if (status == STATUS_OK) {
        view->count++;
    } else if (status == STATUS_DAMAGED) {
        view->damaged++;
        status = STATUS_OK;
    } else if (is_gone(folder_fd, name)) {
        status = STATUS_BUSY;
    }
    return status;
}

static enum status open_runs(struct key_view *view, int folder_fd, struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        enum status status = fault_errno(fault, errno, "cannot read the folder of keys");
        if (own_fd >= 0) {
            close(own_fd);
        }
        return status;
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (is_run(entry->d_name)) {
            status = open_run(view, folder_fd, entry->d_name, fault);
        }
    }
    closedir(folder);
    return status;
}

enum status key_view_open(struct key_view *view, int lake_fd, struct fault *fault)
{
    int fd;
    *view = (struct key_view){0};
    enum status status = data_folder_enter(lake_fd, "keys", false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    /* Two files become one while we look: then again from the start. */
    status = STATUS_BUSY;
    for (int tries = 0; status == STATUS_BUSY && tries < TRIES; tries++) {
        key_view_close(view);
        status = open_runs(view, fd, fault);
    }
    close(fd);
    if (status != STATUS_OK) {
        key_view_close(view);
    }
    return status;
}

void key_view_close(struct key_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        key_run_close(&view->runs[i]);
    }
    view->count = 0;
    view->damaged = 0;
}

bool key_view_has(const struct key_view *view, struct key key)
{
    key.low |= key.high == 0 && key.low == 0; /* as key_set.h keeps it */
    for (size_t i = view->count; i > 0; i--) {
        if (key_run_has(&view->runs[i - 1], key)) {
            return true;
        }
    }
    return false;
}
