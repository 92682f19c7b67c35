/*
 * disk_shim.c - the calls of a collector on its files, failed, delayed or noted; see shim.h.
 *
 * One mutex: a note and the call it speaks of are one step, so the log has the order in which the
 * files changed. Paths come from /proc/self/fd, files are known by their inode: no table of
 * descriptors that a call unknown to us could leave stale.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { RULES_MAX = 8, WORD_BYTES = 32 };

struct rule {
    char call[WORD_BYTES];
    char match[64];
    int reason; /* an errno; 0: short */
    uint64_t first;
    uint64_t count;
    uint64_t seen;
};

/* A call that a rule may hit. */
struct call {
    const char *name;
    bool is_change;
    bool is_sync;
};

struct shim {
    pthread_mutex_t lock;
    pthread_mutex_t device; /* syncs, one at a time */
    char root[SHIM_PATH_BYTES];
    char grave[SHIM_PATH_BYTES];
    int log_fd;
    uint64_t number;
    struct shim_control *control;
    uint32_t turn;
    struct rule rules[RULES_MAX];
    size_t rule_count;
};

/* A loaded library has no other place for its state. */
static struct shim shim = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .device = PTHREAD_MUTEX_INITIALIZER, .log_fd = -1};

static const struct {
    const char *name;
    int reason;
} REASONS[] = {
    {"short", 0},       {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EROFS", EROFS},
    {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOMEM", ENOMEM},
    {"EACCES", EACCES}, {"ENOENT", ENOENT}, {"EINTR", EINTR},
};

/* --- the real calls --- */

static int real_openat(int folder_fd, const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, folder_fd, path, flags, mode);
}

static ssize_t real_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return syscall(SYS_pwrite64, fd, bytes, len, offset);
}

/* What must not happen in a test: better no run than one that proves nothing. */
static void give_up(const char *what)
{
    dprintf(STDERR_FILENO, "disk_shim: %s: %s\n", what, strerror(errno));
    abort();
}

/* --- rules --- */

static bool parse_rule(char *text, struct rule *rule)
{
    char *words[5] = {0};
    char *rest = text;
    for (size_t i = 0; i < 5 && rest; i++) {
        words[i] = strsep(&rest, ":");
    }
    *rule = (struct rule){.reason = -1};
    if (!words[3]) {
        return false;
    }
    snprintf(rule->call, sizeof(rule->call), "%s", words[0]);
    snprintf(rule->match, sizeof(rule->match), "%s", words[4] ? words[4] : "");
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++) {
        if (strcmp(words[1], REASONS[i].name) == 0) {
            rule->reason = REASONS[i].reason;
        }
    }
    rule->first = strtoull(words[2], NULL, 10);
    rule->count = strtoull(words[3], NULL, 10);
    return rule->reason >= 0;
}

static void read_rules(const char *text)
{
    char copy[SHIM_RULES_BYTES];
    snprintf(copy, sizeof(copy), "%s", text);
    shim.rule_count = 0;
    for (char *rest = copy; rest && *rest && shim.rule_count < RULES_MAX;) {
        char *word = strsep(&rest, ";");
        if (*word && !parse_rule(word, &shim.rules[shim.rule_count++])) {
            errno = EINVAL;
            give_up("a rule that is not understood");
        }
    }
}

static bool is_meant(const struct rule *rule, const struct call *call, const char *path)
{
    bool is_call =
        strcmp(rule->call, call->name) == 0 ||
        (call->is_change && strcmp(rule->call, "change") == 0) ||
        (call->is_sync && strcmp(rule->call, "sync") == 0) ||
        (call->is_change && strcmp(call->name, "openat") == 0 && strcmp(rule->call, "create") == 0);
    return is_call && strstr(path, rule->match);
}

/* The errno the call must fail with; -1: none; 0: write half. Under the lock. */
static int judge(const struct call *call, const char *path)
{
    uint32_t turn = shim.control ? atomic_load(&shim.control->turn) : 0;
    if (turn != shim.turn) {
        shim.turn = turn;
        read_rules(shim.control->rules[turn % 2]);
    }
    int verdict = -1;
    for (size_t i = 0; i < shim.rule_count; i++) {
        struct rule *rule = &shim.rules[i];
        if (!is_meant(rule, call, path)) {
            continue;
        }
        rule->seen++;
        bool is_hit = rule->seen >= rule->first &&
                      (rule->count == 0 || rule->seen < rule->first + rule->count);
        if (is_hit && verdict < 0) {
            verdict = rule->reason;
        }
    }
    if (verdict >= 0 && shim.control) {
        atomic_fetch_add(&shim.control->hits, 1);
    }
    return verdict;
}

/* --- paths --- */

static bool is_ours(const char *path)
{
    size_t len = strlen(shim.root);
    return len > 0 && strncmp(path, shim.root, len) == 0 && (path[len] == '/' || path[len] == 0);
}

static bool path_of_fd(int fd, char path[SHIM_PATH_BYTES])
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, SHIM_PATH_BYTES - 1);
    path[len > 0 ? len : 0] = 0;
    return len > 0 && is_ours(path);
}

static bool path_at(int folder_fd, const char *name, char path[SHIM_PATH_BYTES])
{
    char folder[SHIM_PATH_BYTES] = "";
    if (name[0] == '/') {
        snprintf(path, SHIM_PATH_BYTES, "%s", name);
        return is_ours(path);
    }
    if (folder_fd == AT_FDCWD ? !getcwd(folder, sizeof(folder)) : !path_of_fd(folder_fd, folder)) {
        return false;
    }
    int len = strcmp(name, ".") == 0 ? snprintf(path, SHIM_PATH_BYTES, "%s", folder)
                                     : snprintf(path, SHIM_PATH_BYTES, "%s/%s", folder, name);
    return len < SHIM_PATH_BYTES && is_ours(path);
}

static uint64_t inode_at(const char *path)
{
    struct stat facts;
    return fstatat(AT_FDCWD, path, &facts, AT_SYMLINK_NOFOLLOW) == 0 ? facts.st_ino : 0;
}

/* --- the log, under the lock --- */

static uint64_t note(struct shim_record *record, const char *path, const char *path2,
                     const void *payload)
{
    record->magic = SHIM_MAGIC;
    record->number = ++shim.number;
    record->path_bytes = path ? (uint32_t)strlen(path) : 0;
    record->path2_bytes = path2 ? (uint32_t)strlen(path2) : 0;
    struct iovec parts[] = {{record, sizeof(*record)},
                            {(void *)(uintptr_t)path, record->path_bytes},
                            {(void *)(uintptr_t)path2, record->path2_bytes},
                            {(void *)(uintptr_t)payload, record->payload_bytes}};
    size_t whole =
        sizeof(*record) + record->path_bytes + record->path2_bytes + record->payload_bytes;
    if (syscall(SYS_writev, shim.log_fd, parts, 4) != (ssize_t)whole) {
        give_up("cannot write the log");
    }
    return record->number;
}

/* A descriptor that can be read, whatever fd was opened for. */
static int open_again(int fd)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    int again = real_openat(AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (again < 0) {
        give_up("cannot read what is about to be overwritten");
    }
    return again;
}

/* Notes bytes that stand in a file and are about to go. */
static void note_old_bytes(int fd, struct shim_record record, uint64_t from, uint64_t bytes)
{
    int readable = bytes > 0 ? open_again(fd) : -1;
    char *old = bytes > 0 ? malloc(bytes) : NULL;
    if (bytes > 0 && (!old || syscall(SYS_pread64, readable, old, bytes, from) != (ssize_t)bytes)) {
        give_up("cannot keep what is about to be overwritten");
    }
    record.payload_bytes = bytes;
    note(&record, NULL, NULL, old);
    free(old);
    if (readable >= 0) {
        close(readable);
    }
}

static void note_write(int fd, uint64_t offset, uint64_t bytes)
{
    struct stat facts;
    if (shim.log_fd < 0 || fstat(fd, &facts) != 0) {
        return;
    }
    uint64_t size = (uint64_t)facts.st_size;
    uint64_t end = offset + bytes;
    struct shim_record record = {.kind = SHIM_WRITE,
                                 .ino = facts.st_ino,
                                 .offset = offset,
                                 .bytes = bytes,
                                 .old_size = size,
                                 .new_size = end > size ? end : size};
    uint64_t there = offset >= size ? 0 : (end < size ? end : size) - offset;
    note_old_bytes(fd, record, offset, there);
}

static void note_resize(int fd, uint64_t size)
{
    struct stat facts;
    if (shim.log_fd < 0 || fstat(fd, &facts) != 0 || (uint64_t)facts.st_size == size) {
        return;
    }
    uint64_t old = (uint64_t)facts.st_size;
    struct shim_record record = {.kind = SHIM_RESIZE,
                                 .ino = facts.st_ino,
                                 .offset = size,
                                 .old_size = old,
                                 .new_size = size};
    note_old_bytes(fd, record, size, old > size ? old - size : 0);
}

/* A file whose name goes lives on in the grave until the cut is over. */
static void keep_alive(const char *path, uint64_t ino)
{
    char grave[SHIM_PATH_BYTES + 32];
    snprintf(grave, sizeof(grave), "%s/%llu", shim.grave, (unsigned long long)ino);
    if (ino != 0 && linkat(AT_FDCWD, path, AT_FDCWD, grave, 0) != 0 && errno != EEXIST) {
        give_up("cannot keep a removed file");
    }
}

static void note_entry(enum shim_kind kind, const char *path, uint64_t ino)
{
    if (shim.log_fd >= 0) {
        struct shim_record record = {.kind = kind, .ino = ino};
        note(&record, path, NULL, NULL);
    }
}

/* --- life --- */

static void map_control(const char *path)
{
    int fd = real_openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    void *at = (void *)syscall(SYS_mmap, NULL, sizeof(struct shim_control), PROT_READ | PROT_WRITE,
                               MAP_SHARED, fd, 0);
    if (fd < 0 || at == MAP_FAILED) {
        give_up("cannot map PIPES_SHIM_CONTROL");
    }
    close(fd);
    shim.control = at;
    shim.turn = UINT32_MAX;
}

__attribute__((constructor)) static void load(void)
{
    const char *root = getenv("PIPES_SHIM_FOLDER");
    const char *grave = getenv("PIPES_SHIM_GRAVE");
    const char *log = getenv("PIPES_SHIM_LOG");
    const char *control = getenv("PIPES_SHIM_CONTROL");
    const char *rules = getenv("PIPES_SHIM_FAIL");
    const char *delay = getenv("PIPES_SHIM_SYNC_DELAY_MS");
    snprintf(shim.root, sizeof(shim.root), "%s", root ? root : "");
    snprintf(shim.grave, sizeof(shim.grave), "%s", grave ? grave : "");
    if (control) {
        map_control(control);
    }
    if (rules) {
        read_rules(rules);
        shim.turn = shim.control ? atomic_load(&shim.control->turn) : 0;
    }
    if (delay && shim.control) {
        atomic_store(&shim.control->sync_delay_ms, (uint32_t)strtoul(delay, NULL, 10));
    }
    if (log) {
        shim.log_fd = real_openat(AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (shim.log_fd < 0) {
            give_up("cannot open PIPES_SHIM_LOG");
        }
    }
}

/* --- opening --- */

static int open_ours(int folder_fd, const char *name, int flags, mode_t mode, const char *path)
{
    bool is_change = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR);
    int verdict = judge(&(struct call){"openat", is_change, false}, path);
    if (verdict > 0) {
        errno = verdict;
        return -1;
    }
    bool is_new = flags & O_CREAT && inode_at(path) == 0;
    bool is_cut = flags & O_TRUNC && !is_new && shim.log_fd >= 0;
    int before = is_cut ? real_openat(folder_fd, name, O_RDWR | O_CLOEXEC, 0) : -1;
    if (before >= 0) {
        note_resize(before, 0);
        close(before);
    }
    int fd = real_openat(folder_fd, name, flags, mode);
    if (fd >= 0 && is_new) {
        struct stat facts;
        note_entry(SHIM_CREATE, path, fstat(fd, &facts) == 0 ? facts.st_ino : 0);
    }
    return fd;
}

static int shim_open(int folder_fd, const char *name, int flags, mode_t mode)
{
    char path[SHIM_PATH_BYTES];
    if (!path_at(folder_fd, name, path)) {
        return real_openat(folder_fd, name, flags, mode);
    }
    pthread_mutex_lock(&shim.lock);
    int fd = open_ours(folder_fd, name, flags, mode, path);
    pthread_mutex_unlock(&shim.lock);
    return fd;
}

static mode_t take_mode(int flags, va_list list)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPEN_CALL(function)                            \
    int function(const char *name, int flags, ...)     \
    {                                                  \
        va_list list;                                  \
        va_start(list, flags);                         \
        mode_t mode = take_mode(flags, list);          \
        va_end(list);                                  \
        return shim_open(AT_FDCWD, name, flags, mode); \
    }
#define OPENAT_CALL(function)                                     \
    int function(int folder_fd, const char *name, int flags, ...) \
    {                                                             \
        va_list list;                                             \
        va_start(list, flags);                                    \
        mode_t mode = take_mode(flags, list);                     \
        va_end(list);                                             \
        return shim_open(folder_fd, name, flags, mode);           \
    }
OPEN_CALL(open)
OPEN_CALL(open64)
OPENAT_CALL(openat)
OPENAT_CALL(openat64)

/* What glibc makes of the same calls with _FORTIFY_SOURCE. */
int __open_2(const char *name, int flags);
int __open_2(const char *name, int flags)
{
    return shim_open(AT_FDCWD, name, flags, 0);
}

int __openat_2(int folder_fd, const char *name, int flags);
int __openat_2(int folder_fd, const char *name, int flags)
{
    return shim_open(folder_fd, name, flags, 0);
}

int creat(const char *name, mode_t mode)
{
    return shim_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* --- writing --- */

static ssize_t shim_pwrite(const char *call, int fd, const void *bytes, size_t len, off_t offset)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path)) {
        return real_pwrite(fd, bytes, len, offset);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){call, true, false}, path);
    ssize_t written = -1;
    int reason = verdict;
    if (verdict <= 0) {
        len = verdict == 0 && len > 1 ? len / 2 : len;
        note_write(fd, (uint64_t)offset, len);
        written = real_pwrite(fd, bytes, len, offset);
        reason = errno;
    }
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return shim_pwrite("pwrite", fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    return shim_pwrite("pwrite", fd, bytes, len, offset);
}

/* At the file's position; the program has no file that two threads write to in this way. */
ssize_t write(int fd, const void *bytes, size_t len)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path)) {
        return syscall(SYS_write, fd, bytes, len);
    }
    bool is_append = fcntl(fd, F_GETFL) & O_APPEND;
    off_t at = lseek(fd, 0, is_append ? SEEK_END : SEEK_CUR);
    ssize_t written = shim_pwrite("write", fd, bytes, len, at);
    if (written > 0) {
        lseek(fd, at + written, SEEK_SET);
    }
    return written;
}

/* One part at a time: fewer bytes than asked for is an answer, too. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path) || count < 1) {
        return syscall(SYS_writev, fd, parts, count);
    }
    return write(fd, parts[0].iov_base, parts[0].iov_len);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path) || count < 1) {
        return syscall(SYS_pwritev, fd, parts, count, offset, 0);
    }
    return shim_pwrite("pwrite", fd, parts[0].iov_base, parts[0].iov_len, offset);
}

static int shim_resize(int fd, uint64_t size)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path)) {
        return (int)syscall(SYS_ftruncate, fd, size);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){"ftruncate", true, false}, path);
    int result = -1;
    int reason = verdict;
    if (verdict <= 0) {
        note_resize(fd, size);
        result = (int)syscall(SYS_ftruncate, fd, size);
        reason = errno;
    }
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return result;
}

int ftruncate(int fd, off_t size)
{
    return shim_resize(fd, (uint64_t)size);
}

int ftruncate64(int fd, off64_t size)
{
    return shim_resize(fd, (uint64_t)size);
}

/* Only the plain mode, which adds zeros behind the end, can be undone. */
static int shim_fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path)) {
        return (int)syscall(SYS_fallocate, fd, mode, offset, bytes);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){"fallocate", true, false}, path);
    int result = -1;
    int reason = verdict;
    if (verdict <= 0) {
        struct stat facts = {0};
        bool has_facts = fstat(fd, &facts) == 0;
        bool is_growing = has_facts && mode == 0 && offset + bytes > facts.st_size;
        if (mode != 0 && !(mode & FALLOC_FL_KEEP_SIZE) && shim.log_fd >= 0) {
            errno = ENOTSUP;
            give_up("a mode of fallocate that cannot be undone");
        }
        if (is_growing) {
            note_resize(fd, (uint64_t)(offset + bytes));
        }
        result = (int)syscall(SYS_fallocate, fd, mode, offset, bytes);
        reason = errno;
    }
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return result;
}

int fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    return shim_fallocate(fd, mode, offset, bytes);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t bytes)
{
    return shim_fallocate(fd, mode, offset, bytes);
}

int posix_fallocate(int fd, off_t offset, off_t bytes)
{
    return shim_fallocate(fd, 0, offset, bytes) == 0 ? 0 : errno;
}

int posix_fallocate64(int fd, off64_t offset, off64_t bytes)
{
    return posix_fallocate(fd, offset, bytes);
}

/* --- syncing --- */

static void wait_for_device(void)
{
    uint32_t ms = shim.control ? atomic_load(&shim.control->sync_delay_ms) : 0;
    struct timespec delay = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    if (ms > 0) {
        pthread_mutex_lock(&shim.device);
        nanosleep(&delay, NULL);
        pthread_mutex_unlock(&shim.device);
    }
}

static void note_sync(int fd, const char *path, uint64_t upto, bool has_failed)
{
    struct stat facts;
    if (shim.log_fd < 0 || fstat(fd, &facts) != 0) {
        return;
    }
    struct shim_record record = {.ino = facts.st_ino, .upto = upto};
    bool is_folder = S_ISDIR(facts.st_mode);
    record.kind = has_failed ? SHIM_SYNC_FAILED : is_folder ? SHIM_SYNC_FOLDER : SHIM_SYNC;
    if (!has_failed || !is_folder) {
        note(&record, path, NULL, NULL);
    }
}

/* What changes while the device works is not in this sync. */
static int shim_sync(const char *call, long number, int fd)
{
    char path[SHIM_PATH_BYTES];
    if (!path_of_fd(fd, path)) {
        return (int)syscall(number, fd);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){call, false, true}, path);
    uint64_t upto = shim.number;
    pthread_mutex_unlock(&shim.lock);
    wait_for_device();
    int result = verdict > 0 ? -1 : shim.log_fd >= 0 ? 0 : (int)syscall(number, fd);
    int reason = verdict > 0 ? verdict : errno;
    pthread_mutex_lock(&shim.lock);
    note_sync(fd, path, upto, result != 0);
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return result;
}

int fdatasync(int fd)
{
    return shim_sync("fdatasync", SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return shim_sync("fsync", SYS_fsync, fd);
}

/* --- names --- */

static void note_rename(const char *from, const char *to)
{
    struct stat facts;
    if (shim.log_fd < 0 || fstatat(AT_FDCWD, from, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        return;
    }
    if (S_ISDIR(facts.st_mode)) {
        errno = ENOTSUP;
        give_up("the rename of a folder cannot be undone");
    }
    uint64_t replaced = inode_at(to);
    keep_alive(to, replaced);
    struct shim_record record = {.kind = SHIM_RENAME, .ino = facts.st_ino, .ino2 = replaced};
    note(&record, from, to, NULL);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    char path[SHIM_PATH_BYTES];
    char path2[SHIM_PATH_BYTES];
    bool is_from_ours = path_at(from_fd, from, path);
    bool is_to_ours = path_at(to_fd, to, path2);
    if (!is_from_ours || !is_to_ours) {
        return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){"renameat", true, false}, path2);
    int result = -1;
    int reason = verdict;
    if (verdict <= 0) {
        note_rename(path, path2);
        result = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
        reason = errno;
    }
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return result;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder_fd, const char *name, int flags)
{
    char path[SHIM_PATH_BYTES];
    if (!path_at(folder_fd, name, path)) {
        return (int)syscall(SYS_unlinkat, folder_fd, name, flags);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){"unlinkat", true, false}, path);
    int result = -1;
    int reason = verdict;
    if (verdict <= 0) {
        uint64_t ino = shim.log_fd >= 0 ? inode_at(path) : 0;
        bool is_folder = flags & AT_REMOVEDIR;
        if (ino != 0 && !is_folder) {
            keep_alive(path, ino);
        }
        if (ino != 0) {
            note_entry(is_folder ? SHIM_REMOVE_FOLDER : SHIM_REMOVE, path, ino);
        }
        result = (int)syscall(SYS_unlinkat, folder_fd, name, flags);
        reason = errno;
    }
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return result;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int rmdir(const char *name)
{
    return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int mkdirat(int folder_fd, const char *name, mode_t mode)
{
    char path[SHIM_PATH_BYTES];
    if (!path_at(folder_fd, name, path)) {
        return (int)syscall(SYS_mkdirat, folder_fd, name, mode);
    }
    pthread_mutex_lock(&shim.lock);
    int verdict = judge(&(struct call){"mkdirat", true, false}, path);
    int result = verdict > 0 ? -1 : (int)syscall(SYS_mkdirat, folder_fd, name, mode);
    int reason = verdict > 0 ? verdict : errno;
    if (result == 0) {
        note_entry(SHIM_MAKE_FOLDER, path, inode_at(path));
    }
    pthread_mutex_unlock(&shim.lock);
    errno = reason;
    return result;
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

/* --- mapping: pages of the real file, which holds everything that was written --- */

static void *shim_mmap(void *at, size_t bytes, int access, int flags, int fd, off_t offset)
{
    char path[SHIM_PATH_BYTES];
    if (fd >= 0 && path_of_fd(fd, path)) {
        pthread_mutex_lock(&shim.lock);
        int verdict = judge(&(struct call){"mmap", false, false}, path);
        pthread_mutex_unlock(&shim.lock);
        if (shim.log_fd >= 0 && (flags & MAP_SHARED) && (access & PROT_WRITE)) {
            errno = ENOTSUP;
            give_up("a shared mapping for writing cannot be undone");
        }
        if (verdict > 0) {
            errno = verdict;
            return MAP_FAILED;
        }
    }
    return (void *)syscall(SYS_mmap, at, bytes, access, flags, fd, offset);
}

void *mmap(void *at, size_t bytes, int access, int flags, int fd, off_t offset)
{
    return shim_mmap(at, bytes, access, flags, fd, offset);
}

void *mmap64(void *at, size_t bytes, int access, int flags, int fd, off64_t offset)
{
    return shim_mmap(at, bytes, access, flags, fd, offset);
}
