#include "lake/schema_tidy.h"

#include "journal/data_folder.h"
#include "lake/lake_hour.h"
#include "lake/schema_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 128, HOUR_NAME_BYTES = sizeof("hour=07") };
static const char ENDING[] = ".stats";

/* What a folder of a day holds: whether a name is one of statistics that count a file. */
static bool is_needed(int lake_fd, const char *date, const char *name)
{
    char hour_name[HOUR_NAME_BYTES];
    char path[PATH_BYTES];
    struct schema_file place = {.lake_fd = lake_fd};
    snprintf(hour_name, sizeof(hour_name), "%.7s", name);
    if (strlen(name) != sizeof(hour_name) - 1 + strlen(ENDING) ||
        strcmp(name + sizeof(hour_name) - 1, ENDING) != 0 ||
        !lake_hour_parse(date, hour_name, &place.hour)) {
        return false;
    }
    snprintf(path, sizeof(path), "events/%.15s/%s/events.parquet", date, hour_name);
    int fd = openat(lake_fd, path, O_RDONLY | O_CLOEXEC);
    bool is_counted = fd >= 0 && schema_file_counts(&place, fd);
    if (fd >= 0) {
        close(fd);
    }
    return is_counted;
}

static enum status tidy_day(int lake_fd, int schema_fd, const char *date, struct fault *fault)
{
    enum status status = STATUS_OK;
    int fd = openat(schema_fd, date, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read lake/schema/%s", date);
    }
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        bool is_file = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        if (is_file && !is_needed(lake_fd, date, entry->d_name) &&
            unlinkat(fd, entry->d_name, 0) != 0 && errno != ENOENT) {
            status =
                fault_errno(fault, errno, "cannot remove lake/schema/%s/%s", date, entry->d_name);
        }
    }
    closedir(folder);
    return status;
}

enum status schema_tidy(int lake_fd, struct fault *fault)
{
    int schema_fd;
    enum status status = data_folder_enter(lake_fd, "schema", false, &schema_fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    int fd = dup(schema_fd);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        status = fault_errno(fault, errno, "cannot read lake/schema");
    }
    for (struct dirent *entry; folder && status == STATUS_OK && (entry = readdir(folder));) {
        if (strncmp(entry->d_name, "date=", 5) == 0) {
            status = tidy_day(lake_fd, schema_fd, entry->d_name, fault);
        }
    }
    if (folder) {
        closedir(folder);
    }
    close(schema_fd);
    return status;
}
