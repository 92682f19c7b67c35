#include "lake/parquet_write.h"

#include "base/file.h"
#include "event/columns.h"
#include "lake/parquet_instants.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A dictionary of values that hardly repeat is work for nothing: DuckDB's own limit is a fifth of
 * a row group, which no hour of a small site reaches. */
enum { ROW_GROUP_ROWS = 61440, DICTIONARY_VALUES_MAX = 1000, ZSTD_LEVEL = 6 };

static enum status finish(int folder_fd, const char *name, struct fault *fault)
{
    int fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open %s", name);
    }
    enum status status = parquet_instants_set(fd, name, fault);
    if (status == STATUS_OK && (fchmod(fd, FILE_MODE) != 0 || fsync(fd) != 0)) {
        status = fault_errno(fault, errno, "cannot sync %s", name);
    }
    close(fd);
    return status;
}

enum status parquet_write(struct duck *duck, const char *select, int folder_fd, const char *name,
                          struct fault *fault)
{
    /* No bloom filters: they are a thirtieth of the file, and in sorted files the statistics of
     * row groups say as much about anonymous_id. */
    enum status status = duck_exec_format(
        duck, fault,
        "COPY (%s) TO '/proc/self/fd/%d/%s' (FORMAT parquet, COMPRESSION zstd, "
        "COMPRESSION_LEVEL %d, ROW_GROUP_SIZE %d, DICTIONARY_SIZE_LIMIT %d, "
        "WRITE_BLOOM_FILTER false, "
        "USE_TMP_FILE false, KV_METADATA {pipes_format: '1'})",
        select, folder_fd, name, ZSTD_LEVEL, ROW_GROUP_ROWS, DICTIONARY_VALUES_MAX);
    return status == STATUS_OK ? finish(folder_fd, name, fault) : status;
}

enum status parquet_append_select(struct buf *sql, const char *from)
{
    const char *before = "";
    buf_append_text(sql, "SELECT * REPLACE (");
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        if (columns[i].type == COLUMN_TIME) {
            buf_append_format(sql, "%sepoch_ms(epoch_ms(\"%s\"))::TIMESTAMP_MS AS \"%s\"", before,
                              columns[i].name, columns[i].name);
            before = ", ";
        }
    }
    buf_append_format(sql, ") FROM %s", from);
    enum status status = buf_append_byte(sql, 0);
    if (status == STATUS_OK) {
        buf_truncate(sql, sql->len - 1);
    }
    return status;
}
