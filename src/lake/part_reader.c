#include "lake/part_reader.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

enum { IN_BYTES = 128 * 1024, OUT_BYTES = 256 * 1024 };

struct part_reader {
    int fd;
    bool is_owner; /* of fd */
    uint64_t offset;
    ZSTD_DCtx *zstd;
    size_t frame_left; /* what ZSTD_decompressStream said last; 0: a frame has ended */
    bool is_at_end;    /* of the file */
    struct buf rows;   /* decompressed, not yet handed out */
    size_t taken;      /* bytes of rows that were */
    ZSTD_inBuffer in;
    char in_bytes[IN_BYTES];
    char name[128];
};

enum status part_reader_open_file(struct part_reader **reader, int fd, const char *name,
                                  struct fault *fault)
{
    struct part_reader *made = calloc(1, sizeof(*made));
    *reader = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to read %s", name);
    }
    strncpy(made->name, name, sizeof(made->name) - 1);
    buf_init(&made->rows, PART_ROW_BYTES_MAX + OUT_BYTES);
    made->fd = fd;
    made->zstd = ZSTD_createDCtx();
    if (!made->zstd) {
        part_reader_close(made);
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %s", name);
    }
    made->in.src = made->in_bytes;
    *reader = made;
    return STATUS_OK;
}

enum status part_reader_open(struct part_reader **reader, int folder_fd, const char *name,
                             struct fault *fault)
{
    *reader = NULL;
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open %s", name);
    }
    enum status status = part_reader_open_file(reader, fd, name, fault);
    if (status != STATUS_OK) {
        close(fd);
        return status;
    }
    (*reader)->is_owner = true;
    return STATUS_OK;
}

void part_reader_close(struct part_reader *reader)
{
    if (!reader) {
        return;
    }
    if (reader->is_owner) {
        close(reader->fd);
    }
    ZSTD_freeDCtx(reader->zstd);
    buf_free(&reader->rows);
    free(reader);
}

static enum status read_more(struct part_reader *reader, struct fault *fault)
{
    ssize_t got;
    do {
        got = pread(reader->fd, reader->in_bytes, sizeof(reader->in_bytes), (off_t)reader->offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return fault_errno(fault, errno, "cannot read %s", reader->name);
    }
    reader->offset += (uint64_t)got;
    reader->in.size = (size_t)got;
    reader->in.pos = 0;
    reader->is_at_end = got == 0;
    return STATUS_OK;
}

/* Decompresses some more behind the rows. STATUS_END when the whole file was given out. */
static enum status unpack(struct part_reader *reader, struct fault *fault)
{
    if (reader->in.pos == reader->in.size && !reader->is_at_end) {
        enum status status = read_more(reader, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (reader->is_at_end) {
        return reader->frame_left == 0
                   ? STATUS_END
                   : fault_set(fault, STATUS_DAMAGED, "%s is cut off", reader->name);
    }
    char *place = buf_reserve(&reader->rows, OUT_BYTES);
    if (!place) {
        return fault_set(fault, STATUS_DAMAGED, "%s has a row of over %d bytes", reader->name,
                         PART_ROW_BYTES_MAX);
    }
    ZSTD_outBuffer out = {.dst = place, .size = OUT_BYTES};
    reader->frame_left = ZSTD_decompressStream(reader->zstd, &out, &reader->in);
    if (ZSTD_isError(reader->frame_left)) {
        return fault_set(fault, STATUS_DAMAGED, "%s does not decompress: %s", reader->name,
                         ZSTD_getErrorName(reader->frame_left));
    }
    buf_used(&reader->rows, out.pos);
    return STATUS_OK;
}

enum status part_reader_next(struct part_reader *reader, struct view *row, struct fault *fault)
{
    size_t searched = reader->taken;
    for (;;) {
        struct view rest = view_part(buf_view(&reader->rows), searched, reader->rows.len);
        size_t end = view_find(rest, '\n');
        if (end < rest.len) {
            end += searched;
            *row = view_part(buf_view(&reader->rows), reader->taken, end - reader->taken);
            reader->taken = end + 1;
            return STATUS_OK;
        }
        /* What was handed out makes room; the search goes on behind what was searched. */
        searched = reader->rows.len - reader->taken;
        buf_consume(&reader->rows, reader->taken);
        reader->taken = 0;
        enum status status = unpack(reader, fault);
        if (status == STATUS_END && reader->rows.len > 0) {
            return fault_set(fault, STATUS_DAMAGED, "%s ends within a row", reader->name);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
}

/* It is the last member of both kinds of rows. */
bool part_row_seq(struct view row, uint64_t *seq)
{
    size_t end = row.len > 0 && row.at[row.len - 1] == '}' ? row.len - 1 : 0;
    size_t at = end;
    while (at > 0 && row.at[at - 1] >= '0' && row.at[at - 1] <= '9') {
        at--;
    }
    return view_to_uint64(view_part(row, at, end - at), seq);
}
