#include "lake/disk_use.h"

#include "base/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { DEPTH_MAX = 6, DATE_BYTES = 16, DAYS_KNOWN = DISK_USE_DAYS + 2 };

/* The newest days that were seen, by their names ("date=2026-11-24"). */
struct day {
    char name[DATE_BYTES];
    uint64_t bytes;
};

struct measuring {
    struct disk_use *use;
    struct day days[DAYS_KNOWN]; /* newest first */
    size_t count;
};

static struct day *find_day(struct measuring *measuring, const char *name)
{
    size_t at = 0;
    while (at < measuring->count && strcmp(measuring->days[at].name, name) > 0) {
        at++;
    }
    if (at < measuring->count && strcmp(measuring->days[at].name, name) == 0) {
        return &measuring->days[at];
    }
    if (at == DAYS_KNOWN) {
        return NULL;
    }
    size_t moved = (measuring->count < DAYS_KNOWN ? measuring->count : DAYS_KNOWN - 1) - at;
    memmove(&measuring->days[at + 1], &measuring->days[at], moved * sizeof(struct day));
    measuring->count += measuring->count < DAYS_KNOWN;
    measuring->days[at] = (struct day){.bytes = 0};
    memcpy(measuring->days[at].name, name, strlen(name) + 1);
    return &measuring->days[at];
}

static void add_file(struct measuring *measuring, int folder_fd, const char *name, struct day *day)
{
    struct stat facts;
    if (strcmp(name, "_reserve") == 0 ||
        fstatat(folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        return;
    }
    uint64_t bytes = (uint64_t)facts.st_blocks * 512;
    measuring->use->bytes += bytes;
    if (day) {
        day->bytes += bytes;
    }
}

/* What comes and goes meanwhile counts or does not. */
static void walk(struct measuring *measuring, int folder_fd, struct day *day, int depth)
{
    DIR *folder = fdopendir(folder_fd);
    if (!folder) {
        close(folder_fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct view name = view_from_text(entry->d_name);
        if (name.at[0] == '.') {
            continue;
        }
        if (entry->d_type != DT_DIR) {
            add_file(measuring, folder_fd, entry->d_name, day);
            continue;
        }
        bool is_day = view_starts_with(name, "date=") && name.len < DATE_BYTES;
        int fd = depth < DEPTH_MAX
                     ? openat(folder_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                     : -1;
        if (fd >= 0) {
            walk(measuring, fd, is_day ? find_day(measuring, entry->d_name) : day, depth + 1);
        }
    }
    closedir(folder);
}

/* The newest day is not over, and of the oldest that is known some may be gone. */
static void note_growth(struct measuring *measuring)
{
    uint64_t bytes = 0;
    unsigned days = 0;
    for (size_t i = 1; i + 1 < measuring->count && days < DISK_USE_DAYS; i++) {
        bytes += measuring->days[i].bytes;
        days++;
    }
    measuring->use->days = days;
    measuring->use->bytes_per_day = days > 0 ? bytes / days : 0;
}

enum status disk_use_measure(struct disk_use *use, int data_fd, struct fault *fault)
{
    struct measuring measuring = {.use = use};
    struct statvfs facts;
    *use = (struct disk_use){0};
    int fd = openat(data_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstatvfs(data_fd, &facts) != 0) {
        int reason = errno;
        if (fd >= 0) {
            close(fd);
        }
        return fault_errno(fault, reason, "cannot tell how full the disk is");
    }
    use->free_bytes = (uint64_t)facts.f_bavail * facts.f_frsize;
    walk(&measuring, fd, NULL, 0);
    note_growth(&measuring);
    return STATUS_OK;
}

double disk_use_days_left(const struct disk_use *use, uint64_t budget)
{
    if (use->bytes_per_day == 0) {
        return -1;
    }
    uint64_t left = use->free_bytes;
    if (budget > 0) {
        uint64_t of_budget = budget > use->bytes ? budget - use->bytes : 0;
        left = of_budget < left ? of_budget : left;
    }
    return (double)left / (double)use->bytes_per_day;
}
