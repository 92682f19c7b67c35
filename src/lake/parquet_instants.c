#include "lake/parquet_instants.h"

#include "base/file.h"
#include "lake/thrift.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Numbers of fields in parquet.thrift. */
enum {
    METADATA_SCHEMA = 2,
    SCHEMA_LOGICAL_TYPE = 10,
    LOGICAL_TYPE_TIMESTAMP = 8,
    TIMESTAMP_IS_ADJUSTED_TO_UTC = 1
};
enum { TAIL_BYTES = 8, FOOTER_BYTES_MAX = 64 * 1024 * 1024 };

/* The fields within each other that lead to the mark; gives whether it was there and not set. */
static bool mark_element(struct thrift *thrift)
{
    struct thrift inner = *thrift;
    struct thrift_field field = {0};
    struct thrift_field kind = {0};
    struct thrift_field mark = {0};
    bool is_marked = false;
    if (thrift_find(&inner, &field, SCHEMA_LOGICAL_TYPE) && field.type == THRIFT_STRUCT &&
        thrift_find(&inner, &kind, LOGICAL_TYPE_TIMESTAMP) && kind.type == THRIFT_STRUCT &&
        thrift_find(&inner, &mark, TIMESTAMP_IS_ADJUSTED_TO_UTC) && mark.type == THRIFT_FALSE) {
        *mark.head = (unsigned char)((*mark.head & 0xf0u) | THRIFT_TRUE);
        is_marked = true;
    }
    thrift_skip(thrift, THRIFT_STRUCT, true);
    return is_marked;
}

bool parquet_instants_mark(char *footer, size_t len, unsigned *count)
{
    struct thrift thrift = {.at = (unsigned char *)footer, .end = (unsigned char *)footer + len};
    struct thrift_field field = {0};
    unsigned element = 0;
    *count = 0;
    if (!thrift_find(&thrift, &field, METADATA_SCHEMA) || field.type != THRIFT_LIST) {
        return false;
    }
    uint64_t elements = thrift_list(&thrift, &element);
    if (element != THRIFT_STRUCT) {
        return false;
    }
    for (uint64_t i = 0; i < elements && !thrift.is_bad; i++) {
        *count += mark_element(&thrift);
    }
    field.type = THRIFT_I32; /* what follows is only walked to see that it is understood */
    while (!thrift.is_bad && thrift_next(&thrift, &field)) {
        thrift_skip(&thrift, field.type, false);
    }
    return !thrift.is_bad;
}

static enum status mark_footer(int fd, const char *name, uint64_t offset, size_t len,
                               struct fault *fault)
{
    unsigned count;
    char *footer = malloc(len);
    if (!footer) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the footer of %s", name);
    }
    enum status status = STATUS_OK;
    if (pread(fd, footer, len, (off_t)offset) != (ssize_t)len ||
        !parquet_instants_mark(footer, len, &count)) {
        status = fault_set(fault, STATUS_DAMAGED, "%s has a footer that is not understood", name);
    } else if (count > 0) {
        status = file_write_at(fd, view_make(footer, len), offset, fault);
    }
    free(footer);
    return status;
}

enum status parquet_instants_set(int fd, const char *name, struct fault *fault)
{
    struct stat facts;
    unsigned char tail[TAIL_BYTES];
    if (fstat(fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot look at %s", name);
    }
    uint64_t size = (uint64_t)facts.st_size;
    if (size < 2 * TAIL_BYTES ||
        pread(fd, tail, sizeof(tail), (off_t)(size - TAIL_BYTES)) != TAIL_BYTES ||
        memcmp(tail + 4, "PAR1", 4) != 0) {
        return fault_set(fault, STATUS_DAMAGED, "%s is no Parquet file", name);
    }
    uint64_t len = (uint64_t)tail[0] | (uint64_t)tail[1] << 8 | (uint64_t)tail[2] << 16 |
                   (uint64_t)tail[3] << 24;
    if (len > size - TAIL_BYTES || len > FOOTER_BYTES_MAX) {
        return fault_set(fault, STATUS_DAMAGED, "%s has a footer of %llu bytes", name,
                         (unsigned long long)len);
    }
    return mark_footer(fd, name, size - TAIL_BYTES - len, (size_t)len, fault);
}
