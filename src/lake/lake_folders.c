#include "lake/lake_folders.h"

#include "journal/data_folder.h"
#include "lake/lake_hour.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = 256 };

/* Cuts the last name off, which leaves a folder's; false when that is none of a date or an hour. */
static bool go_up(struct view *path)
{
    size_t len = path->len;
    while (len > 0 && path->at[len - 1] != '/') {
        len--;
    }
    *path = view_part(*path, 0, len > 0 ? len - 1 : 0);
    size_t last = path->len;
    while (last > 0 && path->at[last - 1] != '/') {
        last--;
    }
    struct view name = view_part(*path, last, path->len);
    return view_starts_with(name, "hour=") || view_starts_with(name, "date=");
}

void lake_folders_drop(int lake_fd, struct view file)
{
    char path[PATH_BYTES];
    bool is_removed = true;
    while (is_removed && go_up(&file) && file.len < PATH_BYTES) {
        snprintf(path, sizeof(path), "%.*s", VIEW_ARG(file));
        is_removed = unlinkat(lake_fd, path, AT_REMOVEDIR) == 0;
    }
}

void lake_folders_sweep(int tree_fd)
{
    struct lake_hours hours;
    if (lake_hours_list(&hours, tree_fd, NULL) != STATUS_OK) {
        return;
    }
    for (size_t i = 0; i < hours.count; i++) {
        char file[LAKE_HOUR_PATH_BYTES + 2];
        char path[LAKE_HOUR_PATH_BYTES];
        lake_hour_path(hours.at[i], path);
        int len = snprintf(file, sizeof(file), "%s/-", path);
        lake_folders_drop(tree_fd, view_make(file, (size_t)len));
    }
    lake_hours_free(&hours);
}

enum status lake_folders_enter(int lake_fd, const char *tree, int *fd, struct fault *fault)
{
    enum status status = data_folder_enter(lake_fd, tree, true, fd, fault);
    if (status == STATUS_OK) {
        lake_folders_sweep(*fd);
    }
    return status;
}
