#include "journal/data_folder.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FORMAT_FILE[] = "FORMAT";
static const char LOCK_FILE[] = "LOCK";
/* 2: segments are recycled and end where the next one says. Folders of 1 are read as they are. */
enum { FORMAT_VERSION = 2 };

enum status data_folder_enter(int folder_fd, const char *name, bool make, int *fd,
                              struct fault *fault)
{
    *fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_new = *fd < 0 && errno == ENOENT && make;
    if (is_new && mkdirat(folder_fd, name, FILE_FOLDER_MODE) == 0) {
        *fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (*fd < 0 && errno == ENOENT && !make) {
        return fault_set(fault, STATUS_NOT_FOUND, "there is no folder %s", name);
    }
    if (*fd < 0) {
        return fault_errno(fault, errno, "cannot open folder %s", name);
    }
    if (!is_new) {
        return STATUS_OK;
    }
    if (fchmod(*fd, FILE_FOLDER_MODE) != 0) {
        return fault_errno(fault, errno, "cannot set the mode of folder %s", name);
    }
    /* The data folder itself stands where the user said: its parent is not ours to sync. */
    return folder_fd == AT_FDCWD ? STATUS_OK : file_sync_folder(folder_fd, fault);
}

static enum status name_the_holder(int fd, const char *path, struct fault *fault)
{
    char text[32] = {0};
    ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
    text[got > 0 ? strcspn(text, "\n") : 0] = 0;
    return fault_set(fault, STATUS_BUSY,
                     "%s is written by another process (id %s); stop it first, or choose another "
                     "folder with --data",
                     path, text[0] ? text : "unknown");
}

static enum status take_lock(struct data_folder *data, const char *path, struct fault *fault)
{
    int fd = openat(data->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open %s/%s", path, LOCK_FILE);
    }
    data->lock_fd = fd;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? name_the_holder(fd, path, fault)
                                    : fault_errno(fault, errno, "cannot lock %s", path);
    }
    char text[32];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (fchmod(fd, FILE_MODE) != 0 || ftruncate(fd, 0) != 0) {
        return fault_errno(fault, errno, "cannot write %s/%s", path, LOCK_FILE);
    }
    return file_write_at(fd, view_make(text, (size_t)len), 0, fault);
}

/* "read 1\nwrite 1\n": the smallest format version a program must know to do either. */
static enum status judge_format(struct view text, enum data_folder_use use, const char *path,
                                uint64_t *known, struct fault *fault)
{
    const char *word = use == DATA_FOLDER_READ ? "read " : "write ";
    while (text.len > 0) {
        struct view line = view_cut(&text, '\n');
        uint64_t version;
        if (!view_starts_with(line, word)) {
            continue;
        }
        if (!view_to_uint64(view_part(line, strlen(word), line.len), &version)) {
            break;
        }
        if (version > FORMAT_VERSION) {
            return fault_set(fault, STATUS_DAMAGED,
                             "%s needs format %llu to %sit; this program knows %d: use a newer one",
                             path, (unsigned long long)version, word, FORMAT_VERSION);
        }
        *known = version;
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_DAMAGED, "%s/%s does not say which format this is", path,
                     FORMAT_FILE);
}

static enum status check_format(struct data_folder *data, enum data_folder_use use,
                                const char *path, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 4096);
    uint64_t known = 0;
    enum status status = file_read(data->fd, FORMAT_FILE, &text, fault);
    if (status == STATUS_NOT_FOUND && use == DATA_FOLDER_READ) {
        status = fault_set(fault, STATUS_NOT_FOUND, "%s is no data folder of Pipes", path);
    } else if (status == STATUS_NOT_FOUND) {
        status = STATUS_OK;
    } else if (status == STATUS_OK) {
        status = judge_format(buf_view(&text), use, path, &known, fault);
    }
    /* From now on this program's files may be in it. */
    if (status == STATUS_OK && use == DATA_FOLDER_WRITE && known < FORMAT_VERSION) {
        buf_clear(&text);
        buf_append_format(&text, "read %d\nwrite %d\n", FORMAT_VERSION, FORMAT_VERSION);
        status = file_replace(data->fd, FORMAT_FILE, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

enum status data_folder_open(struct data_folder *data, const char *path, enum data_folder_use use,
                             struct fault *fault)
{
    *data = (struct data_folder){.fd = -1, .lock_fd = -1};
    enum status status =
        data_folder_enter(AT_FDCWD, path, use == DATA_FOLDER_WRITE, &data->fd, fault);
    if (status == STATUS_OK && use == DATA_FOLDER_WRITE) {
        status = take_lock(data, path, fault);
    }
    if (status == STATUS_OK) {
        status = check_format(data, use, path, fault);
    }
    if (status != STATUS_OK) {
        data_folder_close(data);
    }
    return status;
}

void data_folder_close(struct data_folder *data)
{
    if (data->lock_fd >= 0) {
        close(data->lock_fd);
    }
    if (data->fd >= 0) {
        close(data->fd);
    }
    *data = (struct data_folder){.fd = -1, .lock_fd = -1};
}
