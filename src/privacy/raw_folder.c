#include "privacy/raw_folder.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = 96, FILES_MAX = 65536, KEY_MODE = 0600 };
static const char FOLDER[] = "raw-requests";
static const char KEYS[] = "keys";

/* date=2026-11-27/hour=17, below the folder; `day_len`: of its first part. */
static void name_hour(int64_t hour, char name[NAME_BYTES], size_t *day_len)
{
    struct tm utc;
    time_t seconds = (time_t)(hour * 3600);
    gmtime_r(&seconds, &utc);
    *day_len = strftime(name, NAME_BYTES, "date=%Y-%m-%d", &utc);
    (void)strftime(name + *day_len, NAME_BYTES - *day_len, "/hour=%H", &utc);
}

static void name_file(const struct raw_file *file, char name[NAME_BYTES])
{
    size_t day_len;
    name_hour(file->hour, name, &day_len);
    size_t len = strlen(name);
    snprintf(name + len, NAME_BYTES - len, "/requests-%016" PRIx64, file->id);
}

static void name_key(const struct raw_file *file, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%s/hour=%" PRId64 "-%016" PRIx64, KEYS, file->hour, file->id);
}

static enum status make_folder(int folder_fd, const char *name, struct fault *fault)
{
    return mkdirat(folder_fd, name, FILE_FOLDER_MODE) == 0 || errno == EEXIST
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot make %s/%s", FOLDER, name);
}

enum status raw_folder_open(int data_fd, bool make, int *folder_fd, struct fault *fault)
{
    if (make && mkdirat(data_fd, FOLDER, FILE_FOLDER_MODE) != 0 && errno != EEXIST) {
        return fault_errno(fault, errno, "cannot make %s", FOLDER);
    }
    *folder_fd = openat(data_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*folder_fd < 0) {
        return errno == ENOENT ? fault_set(fault, STATUS_NOT_FOUND, "there is no %s", FOLDER)
                               : fault_errno(fault, errno, "cannot open %s", FOLDER);
    }
    return make ? make_folder(*folder_fd, KEYS, fault) : STATUS_OK;
}

/* --- what is there --- */

typedef enum status visit_fn(struct raw_list *list, int fd, const char *name, int64_t hour,
                             struct fault *fault);

/* Each entry of a folder; one that is gone has none. */
static enum status visit(struct raw_list *list, int folder_fd, const char *name, int64_t hour,
                         visit_fn *take, struct fault *fault)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    enum status status = STATUS_OK;
    if (!folder) {
        int reason = errno;
        if (fd >= 0) {
            close(fd);
        }
        return reason == ENOENT || reason == ENOTDIR
                   ? STATUS_OK
                   : fault_errno(fault, reason, "cannot list %s/%s", FOLDER, name);
    }
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        status = take(list, fd, entry->d_name, hour, fault);
    }
    closedir(folder);
    return status;
}

static enum status add(struct raw_list *list, const struct raw_file *file, struct fault *fault)
{
    bool is_full = (list->count & (list->count - 1)) == 0; /* room for powers of two */
    if (is_full) {
        size_t room = list->count == 0 ? 1 : list->count * 2;
        void *more = room <= FILES_MAX ? realloc(list->files, room * sizeof(*file)) : NULL;
        if (!more) {
            return fault_set(fault, STATUS_NO_MEMORY, "no memory for the list of %s", FOLDER);
        }
        list->files = more;
    }
    list->files[list->count++] = *file;
    return STATUS_OK;
}

static enum status take_file(struct raw_list *list, int fd, const char *name, int64_t hour,
                             struct fault *fault)
{
    struct raw_file file = {.hour = hour};
    struct stat facts;
    char end;
    if (sscanf(name, "requests-%16" SCNx64 "%c", &file.id, &end) != 1 ||
        fstatat(fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) {
        return STATUS_OK;
    }
    file.bytes = (uint64_t)facts.st_size;
    return add(list, &file, fault);
}

static enum status take_hour(struct raw_list *list, int fd, const char *name, int64_t day,
                             struct fault *fault)
{
    int hour;
    char end;
    bool is_hour = sscanf(name, "hour=%2d%c", &hour, &end) == 1 && hour >= 0 && hour < 24;
    return is_hour ? visit(list, fd, name, day * 24 + hour, take_file, fault) : STATUS_OK;
}

static enum status take_day(struct raw_list *list, int fd, const char *name, int64_t unused,
                            struct fault *fault)
{
    struct tm utc = {0};
    char end;
    (void)unused;
    if (sscanf(name, "date=%4d-%2d-%2d%c", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &end) != 3) {
        return STATUS_OK;
    }
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    return visit(list, fd, name, (int64_t)timegm(&utc) / 86400, take_hour, fault);
}

static int by_hour(const void *a, const void *b)
{
    const struct raw_file *left = a;
    const struct raw_file *right = b;
    return (left->hour > right->hour) - (left->hour < right->hour);
}

enum status raw_folder_list(int folder_fd, struct raw_list *list, struct fault *fault)
{
    *list = (struct raw_list){0};
    enum status status = visit(list, folder_fd, ".", 0, take_day, fault);
    if (status == STATUS_OK && list->count > 1) {
        qsort(list->files, list->count, sizeof(*list->files), by_hour);
    }
    return status;
}

void raw_list_free(struct raw_list *list)
{
    free(list->files);
    *list = (struct raw_list){0};
}

/* --- one of them --- */

static enum status create_key(int folder_fd, const struct raw_file *file, struct raw_key *key,
                              struct fault *fault)
{
    char name[NAME_BYTES];
    name_key(file, name);
    key->id = file->id;
    if (RAND_bytes(key->bytes, RAW_KEY_BYTES) != 1) {
        return fault_set(fault, STATUS_IO, "no random bytes for a key");
    }
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, KEY_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot make %s/%s", FOLDER, name);
    }
    struct view bytes = view_make((const char *)key->bytes, RAW_KEY_BYTES);
    enum status status = file_write_at(fd, bytes, 0, fault);
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s/%s", FOLDER, name);
    }
    close(fd);
    return status;
}

enum status raw_folder_create(int folder_fd, struct raw_file *file, struct raw_key *key, int *fd,
                              struct fault *fault)
{
    char name[NAME_BYTES];
    size_t day_len;
    *fd = -1;
    if (RAND_bytes((unsigned char *)&file->id, sizeof(file->id)) != 1) {
        return fault_set(fault, STATUS_IO, "no random bytes for a name");
    }
    name_hour(file->hour, name, &day_len);
    name[day_len] = 0;
    enum status status = make_folder(folder_fd, name, fault);
    name[day_len] = '/';
    status = status == STATUS_OK ? make_folder(folder_fd, name, fault) : status;
    status = status == STATUS_OK ? create_key(folder_fd, file, key, fault) : status;
    if (status != STATUS_OK) {
        return status;
    }
    name_file(file, name);
    *fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, KEY_MODE);
    return *fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot make %s/%s", FOLDER, name);
}

static enum status open_one(int folder_fd, const char *name, int flags, int *fd,
                            struct fault *fault)
{
    *fd = openat(folder_fd, name, flags | O_CLOEXEC | O_NOFOLLOW);
    return *fd >= 0          ? STATUS_OK
           : errno == ENOENT ? fault_set(fault, STATUS_NOT_FOUND, "%s/%s is gone", FOLDER, name)
                             : fault_errno(fault, errno, "cannot open %s/%s", FOLDER, name);
}

enum status raw_folder_read(int folder_fd, const struct raw_file *file, struct raw_key *key,
                            int *fd, struct fault *fault)
{
    char name[NAME_BYTES];
    int key_fd;
    *fd = -1;
    name_key(file, name);
    enum status status = open_one(folder_fd, name, O_RDONLY, &key_fd, fault);
    if (status != STATUS_OK) {
        return status;
    }
    key->id = file->id;
    ssize_t got = read(key_fd, key->bytes, RAW_KEY_BYTES);
    close(key_fd);
    if (got != RAW_KEY_BYTES) {
        return fault_set(fault, STATUS_NOT_FOUND, "%s/%s is no key", FOLDER, name);
    }
    name_file(file, name);
    return open_one(folder_fd, name, O_RDONLY, fd, fault);
}

/* Overwritten and synced before its name goes. */
static enum status destroy_key(int folder_fd, const char *name, struct fault *fault)
{
    static const char ZEROS[RAW_KEY_BYTES];
    int fd;
    enum status status = open_one(folder_fd, name, O_WRONLY, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    status = file_write_at(fd, view_make(ZEROS, sizeof(ZEROS)), 0, fault);
    if (status == STATUS_OK && (fsync(fd) != 0 || unlinkat(folder_fd, name, 0) != 0)) {
        status = fault_errno(fault, errno, "cannot destroy %s/%s", FOLDER, name);
    }
    close(fd);
    return status;
}

enum status raw_folder_destroy(int folder_fd, const struct raw_file *file, struct fault *fault)
{
    char name[NAME_BYTES];
    size_t day_len;
    name_key(file, name);
    enum status status = destroy_key(folder_fd, name, fault);
    if (status != STATUS_OK) {
        return status;
    }
    name_file(file, name);
    if (unlinkat(folder_fd, name, 0) != 0 && errno != ENOENT) {
        return fault_errno(fault, errno, "cannot remove %s/%s", FOLDER, name);
    }
    /* Folders that are not empty stay. */
    name_hour(file->hour, name, &day_len);
    (void)unlinkat(folder_fd, name, AT_REMOVEDIR);
    name[day_len] = 0;
    (void)unlinkat(folder_fd, name, AT_REMOVEDIR);
    return file_sync_folder(folder_fd, fault);
}

static bool has(const struct raw_list *list, const struct raw_file *file)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->files[i].hour == file->hour && list->files[i].id == file->id) {
            return true;
        }
    }
    return false;
}

static enum status take_key(struct raw_list *list, int fd, const char *name, int64_t unused,
                            struct fault *fault)
{
    struct raw_file file = {0};
    char end;
    (void)fd;
    (void)unused;
    bool is_key = sscanf(name, "hour=%" SCNd64 "-%16" SCNx64 "%c", &file.hour, &file.id, &end) == 2;
    return is_key ? add(list, &file, fault) : STATUS_OK;
}

enum status raw_folder_tidy(int folder_fd, const struct raw_list *list, struct fault *fault)
{
    struct raw_list keys = {0};
    enum status status = visit(&keys, folder_fd, KEYS, 0, take_key, fault);
    for (size_t i = 0; i < keys.count && status == STATUS_OK; i++) {
        if (!has(list, &keys.files[i])) {
            status = raw_folder_destroy(folder_fd, &keys.files[i], fault);
        }
    }
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++) {
        if (!has(&keys, &list->files[i])) {
            status = raw_folder_destroy(folder_fd, &list->files[i], fault);
        }
    }
    raw_list_free(&keys);
    return status;
}
