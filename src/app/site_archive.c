#include "app/site_archive.h"

#include "base/file.h"
#include "journal/data_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 48 };
static const char CURRENT[] = "CURRENT";
static const int64_t DAY_SEC = 86400;

struct kept {
    char path[PATH_BYTES]; /* "/pipes.<hash>.js" */
    char hash[BUNDLE_HASH_BYTES];
    struct buf text;
};

struct site_archive {
    struct kept files[SITE_ARCHIVE_FILES_MAX];
    size_t count;
};

/* The hash in "pipes.<hash>.js"; false for other names. */
static bool parse_name(const char *name, char hash[BUNDLE_HASH_BYTES])
{
    struct view text = view_from_text(name);
    enum { HEAD = 6, TAIL = 3 };
    if (!view_starts_with(text, "pipes.") || !view_ends_with(text, ".js") ||
        text.len != HEAD + BUNDLE_HASH_BYTES - 1 + TAIL) {
        return false;
    }
    memcpy(hash, text.at + HEAD, BUNDLE_HASH_BYTES - 1);
    hash[BUNDLE_HASH_BYTES - 1] = 0;
    return strspn(hash, "0123456789abcdef") == BUNDLE_HASH_BYTES - 1;
}

/* The one before is replaced from now on: its file's time says since when. */
static enum status note_replacement(int folder_fd, const char *name, int64_t now_ms,
                                    struct fault *fault)
{
    struct buf before;
    char hash[BUNDLE_HASH_BYTES];
    buf_init(&before, 64);
    enum status status = file_read(folder_fd, CURRENT, &before, fault);
    buf_append_byte(&before, 0);
    bool is_other = status == STATUS_OK && strcmp(before.at, name) != 0;
    if (is_other && parse_name(before.at, hash)) {
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = now_ms / 1000}};
        utimensat(folder_fd, before.at, times, 0);
    }
    buf_free(&before);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    return file_replace(folder_fd, CURRENT, view_from_text(name), fault);
}

static void take_file(struct site_archive *archive, int folder_fd, const char *name,
                      int64_t oldest_sec)
{
    struct stat facts;
    struct kept file = {0};
    if (!parse_name(name, file.hash) || fstatat(folder_fd, name, &facts, 0) != 0) {
        return;
    }
    if (facts.st_mtim.tv_sec < oldest_sec) {
        unlinkat(folder_fd, name, 0);
        return;
    }
    struct fault ignored;
    buf_init(&file.text, BUNDLE_BYTES_MAX);
    snprintf(file.path, sizeof(file.path), "/pipes.%s.js", file.hash);
    bool has_room = archive->count < SITE_ARCHIVE_FILES_MAX;
    if (has_room && file_read(folder_fd, name, &file.text, &ignored) == STATUS_OK) {
        archive->files[archive->count++] = file;
    } else {
        buf_free(&file.text);
    }
}

static enum status read_files(struct site_archive *archive, int folder_fd, const char *current,
                              int64_t oldest_sec, struct fault *fault)
{
    int own_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        return fault_errno(fault, errno, "cannot read the folder of trackers");
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, current) != 0) {
            take_file(archive, folder_fd, entry->d_name, oldest_sec);
        }
    }
    closedir(folder);
    return STATUS_OK;
}

static enum status update(struct site_archive *archive, int folder_fd,
                          const struct tracker_site *site, int64_t now_ms, struct fault *fault)
{
    int64_t oldest_sec = now_ms / 1000 - SITE_ARCHIVE_DAYS * DAY_SEC;
    enum status status =
        file_replace(folder_fd, site->hashed_name, buf_view(&site->bundle.text), fault);
    if (status == STATUS_OK) {
        status = note_replacement(folder_fd, site->hashed_name, now_ms, fault);
    }
    if (status == STATUS_OK) {
        status = read_files(archive, folder_fd, site->hashed_name, oldest_sec, fault);
    }
    return status;
}

enum status site_archive_open(struct site_archive **archive, const char *data_path,
                              const struct tracker_site *site, int64_t now_ms, struct fault *fault)
{
    struct site_archive *made = calloc(1, sizeof(*made));
    int data_fd = -1;
    int folder_fd = -1;
    *archive = made;
    enum status status = made
                             ? data_folder_enter(AT_FDCWD, data_path, true, &data_fd, fault)
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory for earlier trackers");
    if (status == STATUS_OK) {
        status = data_folder_enter(data_fd, "site", true, &folder_fd, fault);
    }
    if (status == STATUS_OK) {
        status = update(made, folder_fd, site, now_ms, fault);
    }
    if (data_fd >= 0) {
        close(data_fd);
    }
    if (folder_fd >= 0) {
        close(folder_fd);
    }
    if (status != STATUS_OK) {
        site_archive_close(made);
        *archive = NULL;
    }
    return status;
}

void site_archive_add(const struct site_archive *archive, struct assets *assets)
{
    for (size_t i = 0; i < archive->count; i++) {
        const struct kept *file = &archive->files[i];
        struct asset asset = {
            .path = file->path,
            .type = "text/javascript; charset=utf-8",
            .cache = "public, max-age=31536000, immutable",
            .hash = file->hash,
            .bytes = buf_view(&file->text),
            .is_shared = true,
        };
        assets_add(assets, &asset);
    }
}

void site_archive_close(struct site_archive *archive)
{
    for (size_t i = 0; archive && i < archive->count; i++) {
        buf_free(&archive->files[i].text);
    }
    free(archive);
}
