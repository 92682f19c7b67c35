#include "app/export_folder.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_BYTES_MAX = 512 };
static const char STATE[] = "STATE";

static void unfinished(const char *name, char text[EXPORT_NAME_BYTES + 1])
{
    snprintf(text, EXPORT_NAME_BYTES + 1, "_%s", name);
}

static enum status give_name(const struct export_folder *folder, const char *name,
                             struct fault *fault)
{
    char beside[EXPORT_NAME_BYTES + 1];
    unfinished(name, beside);
    if (renameat(folder->fd, beside, folder->fd, name) != 0 && errno != ENOENT) {
        return fault_errno(fault, errno, "cannot rename %s to %s", beside, name);
    }
    return file_sync_folder(folder->fd, fault);
}

static enum status read_state(struct export_folder *folder, struct fault *fault)
{
    struct buf text;
    buf_init(&text, STATE_BYTES_MAX);
    enum status status = file_read(folder->fd, STATE, &text, fault);
    struct view rest = buf_view(&text);
    struct view line = view_cut(&rest, '\n');
    struct view name = view_cut(&rest, '\n');
    if (status == STATUS_OK &&
        (!view_is(view_cut(&line, ' '), "next") || !view_to_uint64(line, &folder->next))) {
        status =
            fault_set(fault, STATUS_DAMAGED, "%s must begin with \"next\" and a number", STATE);
    }
    if (status == STATUS_OK && view_is(view_cut(&name, ' '), "file") &&
        name.len < EXPORT_NAME_BYTES) {
        char last[EXPORT_NAME_BYTES];
        snprintf(last, sizeof(last), "%.*s", VIEW_ARG(name));
        status = give_name(folder, last, fault);
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status export_folder_open(struct export_folder *folder, const char *path, struct fault *fault)
{
    *folder = (struct export_folder){.fd = -1};
    if (mkdir(path, FILE_FOLDER_MODE) != 0 && errno != EEXIST) {
        return fault_errno(fault, errno, "cannot make the folder %s", path);
    }
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder->fd >= 0 ? read_state(folder, fault)
                           : fault_errno(fault, errno, "cannot open the folder %s", path);
}

void export_folder_close(struct export_folder *folder)
{
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->fd = -1;
}

enum status export_folder_begin(const struct export_folder *folder, const char *name, int *fd,
                                struct fault *fault)
{
    char beside[EXPORT_NAME_BYTES + 1];
    unfinished(name, beside);
    *fd = openat(folder->fd, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    return *fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot create %s", beside);
}

static enum status save_state(struct export_folder *folder, const char *name, uint64_t next,
                              struct fault *fault)
{
    struct buf text;
    buf_init(&text, STATE_BYTES_MAX);
    buf_append_format(&text, "next %llu\n", (unsigned long long)next);
    if (name) {
        buf_append_format(&text, "file %s\n", name);
    }
    enum status status = file_replace(folder->fd, STATE, buf_view(&text), fault);
    buf_free(&text);
    folder->next = status == STATUS_OK ? next : folder->next;
    return status;
}

static enum status sync_file(const char *name, int fd, struct fault *fault)
{
    enum status status = fsync(fd) == 0 || errno == EINVAL /* a pipe, a device */
                             ? STATUS_OK
                             : fault_errno(fault, errno, "cannot sync %s", name);
    close(fd);
    return status;
}

enum status export_folder_publish(const struct export_folder *folder, const char *name, int fd,
                                  struct fault *fault)
{
    enum status status = sync_file(name, fd, fault);
    return status == STATUS_OK ? give_name(folder, name, fault) : status;
}

enum status export_folder_finish(struct export_folder *folder, const char *name, int fd,
                                 uint64_t next, struct fault *fault)
{
    enum status status = sync_file(name, fd, fault);
    if (status == STATUS_OK) {
        status = file_sync_folder(folder->fd, fault);
    }
    if (status == STATUS_OK) {
        status = save_state(folder, name, next, fault);
    }
    return status == STATUS_OK ? give_name(folder, name, fault) : status;
}

enum status export_folder_drop(struct export_folder *folder, const char *name, int fd,
                               uint64_t next, struct fault *fault)
{
    char beside[EXPORT_NAME_BYTES + 1];
    unfinished(name, beside);
    close(fd);
    unlinkat(folder->fd, beside, 0);
    return next != folder->next ? save_state(folder, NULL, next, fault) : STATUS_OK;
}
