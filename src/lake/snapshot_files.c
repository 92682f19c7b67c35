#include "lake/snapshot_files.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "journal/data_folder.h"
#include "lake/lake_commit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 2, LISTS_MAX = 64, FILES_MAX = 1 << 20, SMALLEST_ROOM = 256 };
static const int64_t HOUR_MS = 3600000;
static const char PARQUET_NAME[] = "events.parquet";
static const char COMMIT_NAME[] = "_commit";

static int64_t last_ms(const struct snapshot_range *range)
{
    return range->to_ms == 0 ? INT64_MAX : range->to_ms - 1;
}

bool snapshot_range_meets_hour(const struct snapshot_range *range, int64_t hour)
{
    return (hour + 1) * HOUR_MS > range->from_ms && hour * HOUR_MS <= last_ms(range);
}

bool snapshot_range_holds_hour(const struct snapshot_range *range, int64_t hour)
{
    return hour * HOUR_MS >= range->from_ms && (hour + 1) * HOUR_MS - 1 <= last_ms(range);
}

static bool meets_numbers(const struct snapshot_range *range, const struct part_name *name)
{
    return name->last_seq >= range->from_seq &&
           (range->to_seq == 0 || name->first_seq < range->to_seq);
}

/* What a walk over one tree finds. */
struct tree_walk {
    struct snapshot_files *files;
    bool is_parquet;
    uint64_t sum; /* of the names, in any order */
    size_t room;
    char path[SNAPSHOT_PATH_BYTES]; /* raw/date=2026-11-24/hour=07 */
};

static enum status grow(void **items, size_t count, size_t *room, size_t size, struct fault *fault)
{
    if (count < *room) {
        return STATUS_OK;
    }
    size_t wanted = *room > 0 ? *room * 2 : SMALLEST_ROOM;
    void *more = wanted <= FILES_MAX ? realloc(*items, wanted * size) : NULL;
    if (!more) {
        return fault_set(fault, STATUS_TOO_BIG, "no room for a list of %zu files of the lake",
                         wanted);
    }
    *items = more;
    *room = wanted;
    return STATUS_OK;
}

/* "raw/date=2026-11-24/hour=07": hours since 1970; -1 for other folders. */
static int64_t hour_of(const char *path)
{
    int64_t ms;
    const char *date = strstr(path, "/date=");
    const char *hour = date ? strstr(date, "/hour=") : NULL;
    char text[32];
    if (!hour || hour - date != 16 || strlen(hour) != 8) {
        return -1;
    }
    int len = snprintf(text, sizeof(text), "%.10sT%.2s:00:00Z", date + 6, hour + 6);
    return clock_parse(text, (size_t)len, &ms) ? part_hour(ms) : -1;
}

static enum status note_parquet(struct tree_walk *walk, const char *name, struct fault *fault)
{
    struct snapshot_files *files = walk->files;
    int64_t hour = hour_of(walk->path);
    if (strcmp(name, PARQUET_NAME) != 0 || hour < 0) {
        return STATUS_OK;
    }
    enum status status = grow((void **)&files->parquet, files->parquet_count, &walk->room,
                              sizeof(*files->parquet), fault);
    if (status == STATUS_OK) {
        struct snapshot_file *file = &files->parquet[files->parquet_count++];
        *file = (struct snapshot_file){.fd = -1, .hour = hour};
        snprintf(file->path, sizeof(file->path), "%.100s/%.50s", walk->path, name);
    }
    return status;
}

static enum status note_part(struct tree_walk *walk, const char *name, struct fault *fault)
{
    struct snapshot_files *files = walk->files;
    struct part_name parsed;
    int64_t hour = hour_of(walk->path);
    if (hour < 0 || !part_name_parse(view_from_text(name), &parsed)) {
        return STATUS_OK;
    }
    enum status status =
        grow((void **)&files->parts, files->part_count, &walk->room, sizeof(*files->parts), fault);
    if (status == STATUS_OK) {
        struct snapshot_part *part = &files->parts[files->part_count++];
        *part = (struct snapshot_part){.fd = -1, .hour = hour, .name = parsed};
        snprintf(part->path, sizeof(part->path), "%.60s/%.95s", walk->path, name);
        walk->sum += hash_64(0, view_from_text(part->path));
    }
    return status;
}

static enum status walk_folder(struct tree_walk *walk, int folder_fd, int depth,
                               struct fault *fault);

static enum status walk_child(struct tree_walk *walk, int folder_fd, const char *name, int depth,
                              struct fault *fault)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        /* Retention may take a whole day away; a file is none of ours. */
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
                   ? STATUS_OK
                   : fault_errno(fault, errno, "cannot open the folder lake/%s/%s", walk->path,
                                 name);
    }
    size_t len = strlen(walk->path);
    snprintf(walk->path + len, sizeof(walk->path) - len, "/%.60s", name);
    enum status status = walk_folder(walk, fd, depth - 1, fault);
    walk->path[len] = 0;
    close(fd);
    return status;
}

static enum status walk_folder(struct tree_walk *walk, int folder_fd, int depth,
                               struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (own_fd < 0 && errno == ENOENT) {
        return STATUS_OK; /* removed since it was opened: nothing was in it */
    }
    if (!folder) {
        enum status status = fault_errno(fault, errno, "cannot read lake/%s", walk->path);
        if (own_fd >= 0) {
            close(own_fd);
        }
        return status;
    }
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' || entry->d_name[0] == '_') {
            continue;
        }
        status = depth > 0          ? walk_child(walk, folder_fd, entry->d_name, depth, fault)
                 : walk->is_parquet ? note_parquet(walk, entry->d_name, fault)
                                    : note_part(walk, entry->d_name, fault);
    }
    closedir(folder);
    return status;
}

static enum status walk_tree(struct tree_walk *walk, int lake_fd, const char *tree,
                             struct fault *fault)
{
    int fd;
    enum status status = data_folder_enter(lake_fd, tree, false, &fd, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        snprintf(walk->path, sizeof(walk->path), "%s", tree);
        status = walk_folder(walk, fd, DEPTH, fault);
        close(fd);
    }
    return status;
}

static bool is_there(int lake_fd, struct view path)
{
    char text[SNAPSHOT_PATH_BYTES];
    struct stat facts;
    int len = snprintf(text, sizeof(text), "%.*s", VIEW_ARG(path));
    return len >= (int)sizeof(text) || fstatat(lake_fd, text, &facts, 0) == 0;
}

static void leave_out(struct snapshot_files *files, struct view path)
{
    for (size_t i = 0; i < files->part_count; i++) {
        files->parts[i].is_replaced =
            files->parts[i].is_replaced || view_is(path, files->parts[i].path);
    }
    for (size_t i = 0; i < files->parquet_count; i++) {
        files->parquet[i].is_replaced =
            files->parquet[i].is_replaced || view_is(path, files->parquet[i].path);
    }
}

/* What a commit that was cut off has renamed holds the rows of what it was to remove. */
static enum status note_cut_off_commit(struct snapshot_files *files, int lake_fd,
                                       struct fault *fault)
{
    struct buf change;
    buf_init(&change, LAKE_CHANGE_BYTES_MAX);
    enum status status = file_read(lake_fd, COMMIT_NAME, &change, fault);
    struct view rest = buf_view(&change);
    struct lake_change_line line;
    bool is_renamed = true;
    while (status == STATUS_OK && lake_change_next(&rest, &line)) {
        if (line.is_replace) {
            is_renamed = !is_there(lake_fd, line.from);
        } else if (is_renamed) {
            leave_out(files, line.from);
        }
    }
    buf_free(&change);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static int by_hour(const void *a, const void *b)
{
    const struct snapshot_file *left = a;
    const struct snapshot_file *right = b;
    return (left->hour > right->hour) - (left->hour < right->hour);
}

static int by_number(const void *a, const void *b)
{
    const struct snapshot_part *left = a;
    const struct snapshot_part *right = b;
    if (left->hour != right->hour) {
        return left->hour < right->hour ? -1 : 1;
    }
    uint64_t first = left->name.first_seq;
    return (first > right->name.first_seq) - (first < right->name.first_seq);
}

enum status snapshot_files_list(struct snapshot_files *files, int lake_fd, struct fault *fault)
{
    struct tree_walk parquet = {.files = files, .is_parquet = true};
    struct tree_walk raw = {.files = files};
    enum status status = walk_tree(&parquet, lake_fd, "events", fault);
    uint64_t sum_before = 0;
    size_t count_before = SIZE_MAX;
    for (int i = 0; status == STATUS_OK; i++) {
        if (i == LISTS_MAX) {
            return fault_set(fault, STATUS_BUSY,
                             "files come into lake/raw faster than they can "
                             "be listed; try again");
        }
        files->part_count = 0;
        raw.sum = 0;
        status = walk_tree(&raw, lake_fd, "raw", fault);
        if (raw.sum == sum_before && files->part_count == count_before) {
            break;
        }
        sum_before = raw.sum;
        count_before = files->part_count;
    }
    if (files->parquet_count > 1) {
        qsort(files->parquet, files->parquet_count, sizeof(*files->parquet), by_hour);
    }
    if (files->part_count > 1) {
        qsort(files->parts, files->part_count, sizeof(*files->parts), by_number);
    }
    return status == STATUS_OK ? note_cut_off_commit(files, lake_fd, fault) : status;
}

static enum status open_one(int lake_fd, const char *path, int *fd, struct fault *fault)
{
    *fd = openat(lake_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0 && errno == EMFILE) {
        return fault_set(fault, STATUS_IO,
                         "more files than this process may open: ask for a shorter time (--from, "
                         "--to), let `pipes compact` make fewer of them, or raise `ulimit -n`");
    }
    return *fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot open lake/%s", path);
}

enum status snapshot_files_open(struct snapshot_files *files, int lake_fd,
                                const struct snapshot_range *range, struct fault *fault)
{
    enum status status = STATUS_OK;
    size_t kept = 0;
    for (size_t i = 0; i < files->parquet_count && status == STATUS_OK; i++) {
        struct snapshot_file file = files->parquet[i];
        if (!file.is_replaced && snapshot_range_meets_hour(range, file.hour)) {
            struct stat facts = {0};
            status = open_one(lake_fd, file.path, &file.fd, fault);
            file.bytes = file.fd >= 0 && fstat(file.fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
            file.is_within = snapshot_range_holds_hour(range, file.hour);
            files->parquet[kept++] = file;
        }
    }
    files->parquet_count = kept;
    kept = 0;
    for (size_t i = 0; i < files->part_count && status == STATUS_OK; i++) {
        struct snapshot_part part = files->parts[i];
        if (!part.is_replaced && snapshot_range_meets_hour(range, part.hour) &&
            meets_numbers(range, &part.name)) {
            status = open_one(lake_fd, part.path, &part.fd, fault);
            files->parts[kept++] = part;
        }
    }
    files->part_count = status == STATUS_OK ? kept : files->part_count;
    return status;
}

void snapshot_files_close(struct snapshot_files *files)
{
    for (size_t i = 0; i < files->parquet_count; i++) {
        if (files->parquet[i].fd >= 0) {
            close(files->parquet[i].fd);
        }
    }
    for (size_t i = 0; i < files->part_count; i++) {
        if (files->parts[i].fd >= 0) {
            close(files->parts[i].fd);
        }
    }
    free(files->parquet);
    free(files->parts);
    *files = (struct snapshot_files){0};
}
