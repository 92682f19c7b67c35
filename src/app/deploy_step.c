#include "app/deploy_step.h"

#include "app/deploy_command.h"
#include "app/deploy_service.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES_BYTES_MAX = 1 << 20, OPEN_FILES = 16, COPY_BYTES = 1 << 20 };

static bool has_mode(const char *path, mode_t mode)
{
    struct stat facts;
    return stat(path, &facts) == 0 && (facts.st_mode & 07777) == mode;
}

/* Parents are made as for anybody to pass. */
static enum status make_folder(const char *path, mode_t mode, bool *is_needed, struct fault *fault)
{
    char part[DEPLOY_PATH_BYTES];
    if (has_mode(path, mode)) {
        *is_needed = false;
        return STATUS_OK;
    }
    snprintf(part, sizeof(part), "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(part, 0755); /* what could not be made is told about by the last */
        *slash = '/';
    }
    if ((mkdir(path, mode) != 0 && errno != EEXIST) || chmod(path, mode) != 0) {
        return fault_errno(fault, errno, "cannot make the folder %s", path);
    }
    return STATUS_OK;
}

static enum status open_parent(const char *path, int *fd, const char **name, struct fault *fault)
{
    char folder[DEPLOY_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    bool is_needed = true;
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    *name = slash ? slash + 1 : path;
    *fd = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT) {
        enum status status = make_folder(folder, 0755, &is_needed, fault);
        if (status != STATUS_OK) {
            return status;
        }
        *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return *fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot open the folder of %s", path);
}

static enum status write_file(const char *path, mode_t mode, struct view bytes, bool *is_needed,
                              struct fault *fault)
{
    struct buf before;
    const char *name;
    int fd = -1;
    buf_init(&before, bytes.len + 1);
    *is_needed = !has_mode(path, mode) || file_read(AT_FDCWD, path, &before, NULL) != STATUS_OK ||
                 !view_equal(buf_view(&before), bytes);
    buf_free(&before);
    if (!*is_needed) {
        return STATUS_OK;
    }
    enum status status = open_parent(path, &fd, &name, fault);
    if (status == STATUS_OK) {
        status = file_replace(fd, name, bytes, fault);
    }
    if (status == STATUS_OK && chmod(path, mode) != 0) {
        status = fault_errno(fault, errno, "cannot set the mode of %s", path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* The file itself, or a copy of it that was made before. */
static bool is_copied(const struct stat *from, const char *path, mode_t mode)
{
    struct stat to;
    if (stat(path, &to) != 0) {
        return false;
    }
    return (from->st_dev == to.st_dev && from->st_ino == to.st_ino) ||
           (from->st_size == to.st_size && from->st_mtim.tv_sec == to.st_mtim.tv_sec &&
            from->st_mtim.tv_nsec == to.st_mtim.tv_nsec && (to.st_mode & 07777) == mode);
}

/* Under another name first: a program that runs is not written over. */
static enum status copy_bytes(int in, const struct stat *facts, int folder, const char *name,
                              mode_t mode, struct fault *fault)
{
    const struct timespec times[] = {facts->st_mtim, facts->st_mtim};
    char temporary[DEPLOY_PATH_BYTES];
    snprintf(temporary, sizeof(temporary), "_%s", name);
    int out = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    ssize_t got = out >= 0 ? 1 : -1;
    while (got > 0) {
        got = sendfile(out, in, NULL, COPY_BYTES);
    }
    bool is_done = got == 0 && fchmod(out, mode) == 0 && futimens(out, times) == 0 &&
                   fsync(out) == 0 && renameat(folder, temporary, folder, name) == 0;
    int reason = errno;
    if (out >= 0) {
        close(out);
    }
    return is_done ? STATUS_OK : fault_errno(fault, reason, "cannot write %s", name);
}

static enum status copy_file(const struct deploy_step *step, const char *path, bool *is_needed,
                             struct fault *fault)
{
    const char *name;
    int folder = -1;
    struct stat facts;
    int in = open(step->source, O_RDONLY | O_CLOEXEC);
    if (in < 0 || fstat(in, &facts) != 0) {
        return fault_errno(fault, errno, "cannot read %s", step->source);
    }
    *is_needed = !is_copied(&facts, path, step->mode);
    enum status status = *is_needed ? open_parent(path, &folder, &name, fault) : STATUS_OK;
    if (status == STATUS_OK && *is_needed) {
        status = copy_bytes(in, &facts, folder, name, step->mode, fault);
    }
    if (folder >= 0) {
        close(folder);
    }
    close(in);
    return status;
}

/* The text without the line; true when it was there. */
static bool without_line(struct view text, const char *line, struct buf *out)
{
    bool is_there = false;
    while (text.len > 0) {
        struct view one = view_cut(&text, '\n');
        if (view_is(view_trim(one), line)) {
            is_there = true;
            continue;
        }
        buf_append_view(out, one);
        buf_append_byte(out, '\n');
    }
    return is_there;
}

static enum status change_line(const struct deploy_step *step, const char *path, bool *is_needed,
                               struct fault *fault)
{
    struct buf before;
    struct buf after;
    struct stat facts;
    bool is_wanted = step->kind == DEPLOY_LINE;
    mode_t mode = stat(path, &facts) == 0 ? facts.st_mode & 07777 : 0644;
    buf_init(&before, LINES_BYTES_MAX);
    buf_init(&after, LINES_BYTES_MAX);
    enum status status = file_read(AT_FDCWD, path, &before, fault);
    status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    *is_needed = without_line(buf_view(&before), step->source, &after) != is_wanted;
    if (is_wanted) {
        buf_append_format(&after, "%s\n", step->source);
    }
    if (status == STATUS_OK && *is_needed) {
        status = buf_status(&after) == STATUS_OK
                     ? write_file(path, mode, buf_view(&after), is_needed, fault)
                     : fault_set(fault, STATUS_TOO_BIG, "%s is too large to change", path);
    }
    buf_free(&before);
    buf_free(&after);
    return status;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static enum status make_gone(const struct deploy_step *step, const char *path, bool *is_needed,
                             struct fault *fault)
{
    bool is_tree = step->kind == DEPLOY_TREE_GONE;
    *is_needed = access(path, F_OK) == 0;
    int failed = is_tree ? nftw(path, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT)
                         : remove(path);
    if (failed == 0 || errno == ENOENT || (!is_tree && errno == ENOTEMPTY)) {
        return STATUS_OK;
    }
    return fault_errno(fault, errno, "cannot remove %s", path);
}

static enum status give(const char *path, const char *user, bool *is_needed, struct fault *fault)
{
    const struct passwd *entry = getpwnam(user);
    struct stat facts;
    if (!entry || stat(path, &facts) != 0) {
        return fault_set(fault, STATUS_NOT_FOUND, "there is no user %s, or no %s", user, path);
    }
    *is_needed = facts.st_uid != entry->pw_uid || facts.st_gid != entry->pw_gid;
    return !*is_needed || chown(path, entry->pw_uid, entry->pw_gid) == 0
               ? STATUS_OK
               : fault_errno(fault, errno, "cannot give %s to %s", path, user);
}

static void try_as(const struct passwd *user, const char *path, bool is_folder)
{
    bool is_user = initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
                   setuid(user->pw_uid) == 0;
    bool may = is_user && (is_folder ? chdir(path) : open(path, O_RDONLY | O_CLOEXEC)) >= 0;
    _exit(may ? 0 : errno);
}

/* What the system answers that user, whatever it goes by: 0, or why not. */
static int ask_as(const struct passwd *user, const char *path, bool is_folder)
{
    int state = 0;
    pid_t pid = fork();
    if (pid == 0) {
        try_as(user, path, is_folder);
    }
    if (pid < 0) {
        return errno;
    }
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : EIO;
}

/* Keys are often in folders that are root's alone: the first one in the way is named. */
static enum status check_readable(const char *path, const char *name, struct fault *fault)
{
    char part[DEPLOY_PATH_BYTES];
    const struct passwd *user = getpwnam(name);
    if (!user) {
        return fault_set(fault, STATUS_NOT_FOUND, "there is no user %s", name);
    }
    int reason = 0;
    snprintf(part, sizeof(part), "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash && reason == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        reason = ask_as(user, part, true);
        if (reason == EACCES) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "the user %s may not enter %s, on the way to %s; allow it: "
                             "setfacl -m u:%s:x %s",
                             name, part, path, name, part);
        }
        *slash = '/';
    }
    reason = reason == 0 ? ask_as(user, path, false) : reason;
    if (reason == EACCES) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "the user %s may not read %s; allow it: chgrp %s %s && chmod 640 %s", name,
                         path, name, path, path);
    }
    return reason == 0 ? STATUS_OK
                       : fault_errno(fault, reason, "the user %s cannot read %s", name, path);
}

enum status deploy_step_do(const struct deploy_step *step, const char *root, int out_fd,
                           bool *is_needed, struct fault *fault)
{
    char path[DEPLOY_PATH_BYTES];
    snprintf(path, sizeof(path), "%s%s", root, step->path ? step->path : "");
    switch (step->kind) {
    case DEPLOY_FOLDER:
        return make_folder(path, step->mode, is_needed, fault);
    case DEPLOY_FILE:
        return write_file(path, step->mode, step->bytes, is_needed, fault);
    case DEPLOY_COPY:
        return copy_file(step, path, is_needed, fault);
    case DEPLOY_LINE:
    case DEPLOY_CUT_LINE:
        return change_line(step, path, is_needed, fault);
    case DEPLOY_GONE:
    case DEPLOY_TREE_GONE:
        return make_gone(step, path, is_needed, fault);
    case DEPLOY_OWNED:
        *is_needed = !root[0];
        return root[0] ? STATUS_OK : give(path, step->source, is_needed, fault);
    case DEPLOY_READABLE:
        *is_needed = !root[0];
        return root[0] ? STATUS_OK : check_readable(path, step->source, fault);
    case DEPLOY_RUN:
        *is_needed = !root[0];
        return root[0] ? STATUS_OK : deploy_command_run(step->words, fault);
    case DEPLOY_RENEW:
        *is_needed = !root[0];
        return root[0] ? STATUS_OK : deploy_service_renew(step->source, out_fd, fault);
    }
    return STATUS_OK;
}
