#include "lake/lake_manifest.h"

#include "base/crc32c.h"
#include "base/file.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 160, STEP_BYTES = 256 * 1024, DAY_SECONDS = 86400, FIELDS = 7 };

void lake_manifest_name(int64_t day, bool is_unfinished, char name[LAKE_MANIFEST_NAME_BYTES])
{
    time_t seconds = (time_t)(day * DAY_SECONDS);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(name, LAKE_MANIFEST_NAME_BYTES,
             is_unfinished ? "manifest/_%Y-%m-%d" : "manifest/%Y-%m-%d", &parts);
}

static bool parse_line(struct lake_manifest *manifest, struct view line)
{
    uint64_t numbers[FIELDS];
    for (int i = 0; i < FIELDS; i++) {
        if (!view_to_uint64(view_cut(&line, ' '), &numbers[i])) {
            return false;
        }
    }
    if (line.len > 0 || numbers[0] >= LAKE_MANIFEST_HOURS || numbers[3] > UINT32_MAX) {
        return false;
    }
    manifest->hours[numbers[0]] = (struct lake_manifest_row){
        .is_there = true,
        .rows = numbers[1],
        .bytes = numbers[2],
        .crc = (uint32_t)numbers[3],
        .first_seq = numbers[4],
        .last_seq = numbers[5],
        .merged = numbers[6],
    };
    return true;
}

enum status lake_manifest_load_from(struct lake_manifest *manifest, int lake_fd, int64_t day,
                                    const char *name, struct fault *fault)
{
    struct buf text;
    *manifest = (struct lake_manifest){.day = day};
    buf_init(&text, LAKE_MANIFEST_HOURS * LINE_BYTES);
    enum status status = file_read(lake_fd, name, &text, fault);
    struct view rest = buf_view(&text);
    while (status == STATUS_OK && rest.len > 0) {
        if (!parse_line(manifest, view_cut(&rest, '\n'))) {
            status =
                fault_set(fault, STATUS_DAMAGED,
                          "lake/%s must have lines of seven numbers: hour, rows, bytes, crc32c, "
                          "first, last, merged",
                          name);
        }
    }
    buf_free(&text);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status lake_manifest_load(struct lake_manifest *manifest, int lake_fd, int64_t hour,
                               struct fault *fault)
{
    char name[LAKE_MANIFEST_NAME_BYTES];
    int64_t day = hour >= 0 ? hour / 24 : (hour - 23) / 24;
    lake_manifest_name(day, false, name);
    return lake_manifest_load_from(manifest, lake_fd, day, name, fault);
}

static void append_row(struct buf *text, int hour, const struct lake_manifest_row *row)
{
    buf_append_format(text, "%d %llu %llu %lu %llu %llu %llu\n", hour,
                      (unsigned long long)row->rows, (unsigned long long)row->bytes,
                      (unsigned long)row->crc, (unsigned long long)row->first_seq,
                      (unsigned long long)row->last_seq, (unsigned long long)row->merged);
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

enum status lake_manifest_save(const struct lake_manifest *manifest, int lake_fd,
                               struct fault *fault)
{
    char name[LAKE_MANIFEST_NAME_BYTES];
    struct buf text;
    int folder_fd = -1;
    buf_init(&text, LAKE_MANIFEST_HOURS * LINE_BYTES);
    for (int i = 0; i < LAKE_MANIFEST_HOURS; i++) {
        if (manifest->hours[i].is_there) {
            append_row(&text, i, &manifest->hours[i]);
        }
    }
    lake_manifest_name(manifest->day, true, name);
    enum status status = buf_status(&text);
    status = status == STATUS_OK ? data_folder_enter(lake_fd, "manifest", true, &folder_fd, fault)
                                 : status;
    if (status == STATUS_OK) {
        status = write_file(folder_fd, strchr(name, '_'), buf_view(&text), fault);
        close(folder_fd);
    }
    buf_free(&text);
    return status;
}

enum status lake_manifest_measure(struct lake_manifest_row *row, int fd, struct fault *fault)
{
    char *step = malloc(STEP_BYTES);
    if (!step) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read a file");
    }
    row->bytes = 0;
    row->crc = 0;
    ssize_t got;
    while ((got = pread(fd, step, STEP_BYTES, (off_t)row->bytes)) > 0 ||
           (got < 0 && errno == EINTR)) {
        if (got > 0) {
            row->crc = crc32c(row->crc, step, (size_t)got);
            row->bytes += (uint64_t)got;
        }
    }
    free(step);
    return got == 0 ? STATUS_OK : fault_errno(fault, errno, "cannot read a file of the lake");
}
