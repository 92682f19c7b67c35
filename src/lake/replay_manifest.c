#include "lake/replay_manifest.h"

#include "base/file.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 4096, DAY_SECONDS = 86400 };

void replay_manifest_name(int64_t day, bool is_unfinished, char name[REPLAY_MANIFEST_NAME_BYTES])
{
    time_t seconds = (time_t)(day * DAY_SECONDS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(name, REPLAY_MANIFEST_NAME_BYTES,
             is_unfinished ? "manifest/_replayed-%Y-%m-%d" : "manifest/replayed-%Y-%m-%d", &parts);
}

static enum status parse(struct replay_manifest *manifest, struct view rest)
{
    while (rest.len > 0) {
        uint64_t hour;
        struct view line = view_cut(&rest, '\n');
        if (!view_to_uint64(view_cut(&line, ' '), &hour) || hour >= REPLAY_MANIFEST_HOURS ||
            !view_to_uint64(line, &manifest->rows[hour])) {
            return STATUS_DAMAGED;
        }
    }
    return STATUS_OK;
}

enum status replay_manifest_load(struct replay_manifest *manifest, int lake_fd, int64_t hour,
                                 struct fault *fault)
{
    char name[REPLAY_MANIFEST_NAME_BYTES];
    struct buf text;
    *manifest = (struct replay_manifest){.day = hour >= 0 ? hour / 24 : (hour - 23) / 24};
    replay_manifest_name(manifest->day, false, name);
    buf_init(&text, FILE_BYTES_MAX);
    enum status status = file_read(lake_fd, name, &text, fault);
    if (status == STATUS_OK && parse(manifest, buf_view(&text)) != STATUS_OK) {
        status = fault_set(fault, STATUS_DAMAGED, "lake/%s must have lines of two numbers", name);
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status write_file(int folder_fd, const char *name, struct view text,
                              struct fault *fault)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0 || fchmod(fd, FILE_MODE) != 0) {
        return fault_errno(fault, errno, "cannot create lake/manifest/%s", name);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync lake/manifest/%s", name);
    }
    close(fd);
    return status == STATUS_OK ? file_sync_folder(folder_fd, fault) : status;
}

enum status replay_manifest_save(const struct replay_manifest *manifest, int lake_fd,
                                 struct fault *fault)
{
    char name[REPLAY_MANIFEST_NAME_BYTES];
    struct buf text;
    int folder_fd;
    buf_init(&text, FILE_BYTES_MAX);
    for (int i = 0; i < REPLAY_MANIFEST_HOURS; i++) {
        if (manifest->rows[i] > 0) {
            buf_append_format(&text, "%d %llu\n", i, (unsigned long long)manifest->rows[i]);
        }
    }
    replay_manifest_name(manifest->day, true, name);
    enum status status = data_folder_enter(lake_fd, "manifest", true, &folder_fd, fault);
    if (status == STATUS_OK) {
        status = write_file(folder_fd, strchr(name, '_'), buf_view(&text), fault);
        close(folder_fd);
    }
    buf_free(&text);
    return status;
}
