#include "lake/row_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

/* A small window: many files are read at the same time. */
enum { OUT_BYTES = 128 * 1024, LEVEL = 1, WINDOW_LOG = 17 };

struct row_file {
    int fd;
    uint64_t offset;
    ZSTD_CCtx *zstd;
    char out[OUT_BYTES];
};

enum status row_file_create(struct row_file **file, int folder_fd, const char *name,
                            struct fault *fault)
{
    struct row_file *made = calloc(1, sizeof(*made));
    *file = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %s", name);
    }
    made->zstd = ZSTD_createCCtx();
    made->fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (made->zstd) {
        ZSTD_CCtx_setParameter(made->zstd, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(made->zstd, ZSTD_c_windowLog, WINDOW_LOG);
        ZSTD_CCtx_setParameter(made->zstd, ZSTD_c_checksumFlag, 1);
    }
    if (made->fd >= 0 && made->zstd) {
        return STATUS_OK;
    }
    enum status status = made->zstd ? fault_errno(fault, errno, "cannot create %s", name)
                                    : fault_set(fault, STATUS_NO_MEMORY, "no memory for %s", name);
    row_file_abandon(made);
    *file = NULL;
    return status;
}

void row_file_abandon(struct row_file *file)
{
    if (file) {
        if (file->fd >= 0) {
            close(file->fd);
        }
        ZSTD_freeCCtx(file->zstd);
        free(file);
    }
}

static enum status compress(struct row_file *file, struct view bytes, ZSTD_EndDirective mode,
                            struct fault *fault)
{
    ZSTD_inBuffer in = {.src = bytes.at, .size = bytes.len};
    enum status status = STATUS_OK;
    size_t left;
    do {
        ZSTD_outBuffer out = {.dst = file->out, .size = OUT_BYTES};
        left = ZSTD_compressStream2(file->zstd, &out, &in, mode);
        if (ZSTD_isError(left)) {
            return fault_set(fault, STATUS_NO_MEMORY, "rows cannot be compressed: %s",
                             ZSTD_getErrorName(left));
        }
        status = file_write_at(file->fd, view_make(file->out, out.pos), file->offset, fault);
        file->offset += out.pos;
    } while (status == STATUS_OK && (in.pos < in.size || (mode == ZSTD_e_end && left > 0)));
    return status;
}

enum status row_file_add(struct row_file *file, struct view row, struct fault *fault)
{
    enum status status = compress(file, row, ZSTD_e_continue, fault);
    return status == STATUS_OK ? compress(file, VIEW_LITERAL("\n"), ZSTD_e_continue, fault)
                               : status;
}

enum status row_file_finish(struct row_file *file, struct fault *fault)
{
    enum status status = compress(file, view_make("", 0), ZSTD_e_end, fault);
    row_file_abandon(file);
    return status;
}
