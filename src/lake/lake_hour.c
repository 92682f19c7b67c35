#include "lake/lake_hour.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HOUR_SECONDS = 3600, GROWTH = 64 };

void lake_hour_path(int64_t hour, char path[LAKE_HOUR_PATH_BYTES])
{
    time_t seconds = (time_t)(hour * HOUR_SECONDS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(path, LAKE_HOUR_PATH_BYTES, "date=%Y-%m-%d/hour=%H", &parts);
}

bool lake_hour_parse(const char *date, const char *hour_name, int64_t *hour)
{
    char text[LAKE_HOUR_PATH_BYTES];
    int64_t ms;
    if (strlen(date) != 15 || strlen(hour_name) != 7 || strncmp(date, "date=", 5) != 0 ||
        strncmp(hour_name, "hour=", 5) != 0) {
        return false;
    }
    int len = snprintf(text, sizeof(text), "%sT%s:00:00Z", date + 5, hour_name + 5);
    bool is_one = clock_parse(text, (size_t)len, &ms);
    *hour = is_one ? part_hour(ms) : 0;
    return is_one;
}

/* Grows an array by one; NULL when there is no memory. */
static void *add_one(void *array, size_t *count, size_t *room, size_t size)
{
    void **at = array;
    if (*count == *room) {
        void *more = realloc(*at, (*room + GROWTH + *room / 2) * size);
        if (!more) {
            return NULL;
        }
        *at = more;
        *room += GROWTH + *room / 2;
    }
    return (char *)*at + (*count)++ * size;
}

static int compare_hours(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static DIR *open_folder(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder && fd >= 0) {
        close(fd);
    }
    return folder;
}

static enum status list_date(struct lake_hours *hours, int tree_fd, const char *date,
                             struct fault *fault)
{
    DIR *folder = open_folder(tree_fd, date);
    if (!folder) {
        /* Somebody removed it meanwhile, or it is no folder. */
        return errno == ENOENT || errno == ENOTDIR
                   ? STATUS_OK
                   : fault_errno(fault, errno, "cannot read %s", date);
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        int64_t hour;
        if (lake_hour_parse(date, entry->d_name, &hour)) {
            int64_t *place = add_one(&hours->at, &hours->count, &hours->room, sizeof(*place));
            if (place) {
                *place = hour;
            } else {
                status = fault_set(fault, STATUS_NO_MEMORY, "no memory for the hours of the lake");
            }
        }
    }
    closedir(folder);
    return status;
}

enum status lake_hours_list(struct lake_hours *hours, int tree_fd, struct fault *fault)
{
    *hours = (struct lake_hours){0};
    DIR *folder = open_folder(tree_fd, ".");
    if (!folder) {
        return fault_errno(fault, errno, "cannot read a folder of the lake");
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "date=", 5) == 0) {
            status = list_date(hours, tree_fd, entry->d_name, fault);
        }
    }
    closedir(folder);
    if (status != STATUS_OK) {
        lake_hours_free(hours);
    } else if (hours->count > 1) {
        qsort(hours->at, hours->count, sizeof(hours->at[0]), compare_hours);
    }
    return status;
}

void lake_hours_free(struct lake_hours *hours)
{
    free(hours->at);
    *hours = (struct lake_hours){0};
}

static int compare_parts(const void *a, const void *b)
{
    const struct part_name *left = &((const struct lake_part *)a)->parsed;
    const struct part_name *right = &((const struct lake_part *)b)->parsed;
    if (left->first_seq != right->first_seq) {
        return left->first_seq < right->first_seq ? -1 : 1;
    }
    return left->stream < right->stream ? -1 : left->stream > right->stream;
}

static enum status add_part(struct lake_parts *parts, int folder_fd, const char *name,
                            struct fault *fault)
{
    struct part_name parsed;
    struct stat facts;
    if (!part_name_parse(view_from_text(name), &parsed) || strlen(name) >= LAKE_PART_NAME_BYTES ||
        fstatat(folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        return STATUS_OK;
    }
    struct lake_part *part = add_one(&parts->at, &parts->count, &parts->room, sizeof(*part));
    if (!part) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the parts of an hour");
    }
    part->parsed = parsed;
    part->bytes = (uint64_t)facts.st_size;
    memcpy(part->name, name, strlen(name) + 1);
    return STATUS_OK;
}

enum status lake_parts_list(struct lake_parts *parts, int tree_fd, int64_t hour,
                            struct fault *fault)
{
    char path[LAKE_HOUR_PATH_BYTES];
    lake_hour_path(hour, path);
    *parts = (struct lake_parts){0};
    DIR *folder = open_folder(tree_fd, path);
    if (!folder) {
        return errno == ENOENT ? STATUS_OK : fault_errno(fault, errno, "cannot read %s", path);
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        status = add_part(parts, dirfd(folder), entry->d_name, fault);
    }
    closedir(folder);
    if (status != STATUS_OK) {
        lake_parts_free(parts);
    } else if (parts->count > 1) {
        qsort(parts->at, parts->count, sizeof(parts->at[0]), compare_parts);
    }
    return status;
}

void lake_parts_free(struct lake_parts *parts)
{
    free(parts->at);
    *parts = (struct lake_parts){0};
}
