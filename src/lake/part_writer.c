#include "lake/part_writer.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum {
    NAME_BYTES = PART_WRITER_NAME_BYTES,
    OUT_BYTES = 128 * 1024,
    EARLY_BYTES = 64 * 1024,
    LEVEL = 3,
    TRIES = 64
};
static const int64_t HOUR_MS = 3600000;

struct part_writer {
    int folder_fd;
    int fd;
    uint64_t stream;
    uint64_t first_seq;
    int64_t hour;
    uint64_t rows;
    uint64_t row_bytes;
    uint64_t offset;
    struct file_pace pace;
    struct buf early; /* rows before there is much of them: zstd's tables are larger than these */
    ZSTD_CCtx *zstd;  /* NULL while they are few */
    char unfinished[NAME_BYTES];
    char out[OUT_BYTES];
};

int64_t part_hour(int64_t received_ms)
{
    return received_ms / HOUR_MS - (received_ms % HOUR_MS < 0);
}

/* STATUS_NOT_FOUND: the folder was removed, being empty, before there was a file in it. */
static enum status failed(struct fault *fault, const char *what, const char *name)
{
    int reason = errno;
    enum status status = fault_errno(fault, reason, "cannot %s %s in the lake", what, name);
    return reason == ENOENT ? STATUS_NOT_FOUND : status;
}

/* Opens a folder that is made when missing. */
static enum status enter(int parent_fd, const char *name, int *fd, bool *is_new,
                         struct fault *fault)
{
    *fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0) {
        return STATUS_OK;
    }
    if (mkdirat(parent_fd, name, FILE_FOLDER_MODE) != 0 && errno != EEXIST) {
        return failed(fault, "make folder", name);
    }
    *is_new = true;
    *fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 && fchmod(*fd, FILE_FOLDER_MODE) == 0 ? STATUS_OK
                                                          : failed(fault, "open folder", name);
}

static enum status open_file(struct part_writer *part, struct fault *fault)
{
    snprintf(part->unfinished, sizeof(part->unfinished), "_part-%llu-%llu.ndjson.zst",
             (unsigned long long)part->stream, (unsigned long long)part->first_seq);
    part->fd = openat(part->folder_fd, part->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                      FILE_MODE);
    if (part->fd < 0 || fchmod(part->fd, FILE_MODE) != 0) {
        return failed(fault, "create", part->unfinished);
    }
    buf_init(&part->early, EARLY_BYTES);
    return STATUS_OK;
}

/* Its folders are made durable once there is a file in them, which nobody removes: before that they
 * may go at any moment. */
static enum status enter_hour(struct part_writer *part, int tree_fd, bool *is_new,
                              struct fault *fault)
{
    time_t seconds = (time_t)(part->hour * (HOUR_MS / 1000));
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char date[32];
    char name[32];
    strftime(date, sizeof(date), "date=%Y-%m-%d", &parts);
    strftime(name, sizeof(name), "hour=%H", &parts);
    int date_fd;
    enum status status = enter(tree_fd, date, &date_fd, is_new, fault);
    status = status == STATUS_OK ? enter(date_fd, name, &part->folder_fd, is_new, fault) : status;
    status = status == STATUS_OK ? open_file(part, fault) : status;
    if (status == STATUS_OK && *is_new) {
        status = file_sync_folder(date_fd, fault);
        status = status == STATUS_OK ? file_sync_folder(tree_fd, fault) : status;
    }
    if (date_fd >= 0) {
        close(date_fd);
    }
    return status;
}

static enum status make_file(struct part_writer *part, int tree_fd, struct fault *fault)
{
    bool is_new = false;
    enum status status = STATUS_NOT_FOUND;
    for (int tries = 0; status == STATUS_NOT_FOUND && tries < TRIES; tries++) {
        if (part->folder_fd >= 0) {
            close(part->folder_fd);
            part->folder_fd = -1;
        }
        status = enter_hour(part, tree_fd, &is_new, fault);
    }
    return status == STATUS_NOT_FOUND ? STATUS_IO : status;
}

enum status part_writer_begin(struct part_writer **part, int tree_fd, uint64_t stream,
                              uint64_t first_seq, int64_t received_ms, struct fault *fault)
{
    struct part_writer *made = calloc(1, sizeof(*made));
    *part = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a part of the lake");
    }
    made->fd = made->folder_fd = -1;
    made->stream = stream;
    made->first_seq = first_seq;
    made->hour = part_hour(received_ms);
    enum status status = make_file(made, tree_fd, fault);
    if (status != STATUS_OK) {
        part_writer_abandon(made);
        return status;
    }
    *part = made;
    return STATUS_OK;
}

static void free_part(struct part_writer *part)
{
    if (part->fd >= 0) {
        close(part->fd);
    }
    if (part->folder_fd >= 0) {
        close(part->folder_fd);
    }
    ZSTD_freeCCtx(part->zstd);
    buf_free(&part->early);
    free(part);
}

void part_writer_abandon(struct part_writer *part)
{
    if (!part) {
        return;
    }
    if (part->fd >= 0) {
        unlinkat(part->folder_fd, part->unfinished, 0);
    }
    free_part(part);
}

static enum status compress(struct part_writer *part, struct view bytes, ZSTD_EndDirective mode,
                            struct fault *fault)
{
    ZSTD_inBuffer in = {.src = bytes.at, .size = bytes.len};
    size_t left;
    do {
        ZSTD_outBuffer out = {.dst = part->out, .size = sizeof(part->out)};
        left = ZSTD_compressStream2(part->zstd, &out, &in, mode);
        if (ZSTD_isError(left)) {
            return fault_set(fault, STATUS_NO_MEMORY, "cannot compress: %s",
                             ZSTD_getErrorName(left));
        }
        enum status status =
            file_write_at(part->fd, view_make(part->out, out.pos), part->offset, fault);
        if (status != STATUS_OK) {
            return status;
        }
        part->offset += out.pos;
        file_pace(&part->pace, part->fd, part->offset);
    } while (mode == ZSTD_e_end ? left > 0 : in.pos < in.size);
    return STATUS_OK;
}

/* Of a frame that ends with them the tables are as small as the rows are few. */
static enum status compress_early(struct part_writer *part, ZSTD_EndDirective mode,
                                  struct fault *fault)
{
    part->zstd = ZSTD_createCCtx();
    if (!part->zstd) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to compress");
    }
    /* A checksum in the file lets any zstd find damage. */
    ZSTD_CCtx_setParameter(part->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(part->zstd, ZSTD_c_checksumFlag, 1);
    enum status status = compress(part, buf_view(&part->early), mode, fault);
    buf_free(&part->early);
    return status;
}

/* False when there are too many rows by now. */
static bool keep_early(struct part_writer *part, struct view row)
{
    size_t line = row.len + 1;
    if (part->early.len + line > EARLY_BYTES || !buf_reserve(&part->early, line)) {
        return false;
    }
    buf_append_view(&part->early, row);
    buf_append_byte(&part->early, '\n');
    return true;
}

enum status part_writer_row(struct part_writer *part, struct view row, struct fault *fault)
{
    enum status status = STATUS_OK;
    if (!part->zstd && !keep_early(part, row)) {
        status = compress_early(part, ZSTD_e_continue, fault);
    }
    if (part->zstd && status == STATUS_OK) {
        status = compress(part, row, ZSTD_e_continue, fault);
    }
    if (part->zstd && status == STATUS_OK) {
        status = compress(part, VIEW_LITERAL("\n"), ZSTD_e_continue, fault);
    }
    part->rows += status == STATUS_OK;
    part->row_bytes += row.len + 1;
    return status;
}

uint64_t part_writer_bytes(const struct part_writer *part)
{
    return part->row_bytes;
}

uint64_t part_writer_rows(const struct part_writer *part)
{
    return part->rows;
}

int64_t part_writer_hour(const struct part_writer *part)
{
    return part->hour;
}

uint64_t part_writer_first(const struct part_writer *part)
{
    return part->first_seq;
}

static enum status end_file(struct part_writer *part, struct fault *fault)
{
    enum status status = part->zstd ? compress(part, view_make(NULL, 0), ZSTD_e_end, fault)
                                    : compress_early(part, ZSTD_e_end, fault);
    if (status == STATUS_OK && fsync(part->fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", part->unfinished);
    }
    return status;
}

enum status part_writer_finish(struct part_writer *part, uint64_t last_seq, struct fault *fault)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "part-%llu-%llu-%llu.ndjson.zst", (unsigned long long)part->stream,
             (unsigned long long)part->first_seq, (unsigned long long)last_seq);
    enum status status = end_file(part, fault);
    if (status == STATUS_OK &&
        renameat(part->folder_fd, part->unfinished, part->folder_fd, name) != 0) {
        status = fault_errno(fault, errno, "cannot rename %s to %s", part->unfinished, name);
    }
    if (status != STATUS_OK) {
        part_writer_abandon(part);
        return status;
    }
    status = file_sync_folder(part->folder_fd, fault);
    free_part(part);
    return status;
}

enum status part_writer_close(struct part_writer *part, char name[PART_WRITER_NAME_BYTES],
                              struct fault *fault)
{
    enum status status = end_file(part, fault);
    memcpy(name, part->unfinished, NAME_BYTES);
    if (status != STATUS_OK) {
        part_writer_abandon(part);
        return status;
    }
    status = file_sync_folder(part->folder_fd, fault);
    free_part(part);
    return status;
}

bool part_name_parse(struct view name, struct part_name *parsed)
{
    static const char HEAD[] = "part-";
    static const char TAIL[] = ".ndjson.zst";
    if (!view_starts_with(name, HEAD) || !view_ends_with(name, TAIL) ||
        name.len < sizeof(HEAD) + sizeof(TAIL)) {
        return false;
    }
    struct view rest =
        view_part(name, sizeof(HEAD) - 1, name.len - (sizeof(HEAD) - 1) - (sizeof(TAIL) - 1));
    return view_to_uint64(view_cut(&rest, '-'), &parsed->stream) &&
           view_to_uint64(view_cut(&rest, '-'), &parsed->first_seq) &&
           view_to_uint64(rest, &parsed->last_seq) && parsed->first_seq <= parsed->last_seq;
}
