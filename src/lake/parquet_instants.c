#include "lake/parquet_instants.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Types of Thrift's compact protocol, as they stand in a field's first byte. */
enum thrift {
    THRIFT_STOP,
    THRIFT_TRUE,
    THRIFT_FALSE,
    THRIFT_BYTE,
    THRIFT_I16,
    THRIFT_I32,
    THRIFT_I64,
    THRIFT_DOUBLE,
    THRIFT_BINARY,
    THRIFT_LIST,
    THRIFT_SET,
    THRIFT_MAP,
    THRIFT_STRUCT
};
/* Numbers of fields in parquet.thrift. */
enum {
    METADATA_SCHEMA = 2,
    SCHEMA_LOGICAL_TYPE = 10,
    LOGICAL_TYPE_TIMESTAMP = 8,
    TIMESTAMP_IS_ADJUSTED_TO_UTC = 1
};
enum { TAIL_BYTES = 8, FOOTER_BYTES_MAX = 64 * 1024 * 1024, DEPTH_MAX = 32 };

struct cursor {
    unsigned char *at;
    unsigned char *end;
    bool is_bad;
};

struct field {
    unsigned char *head; /* where its type stands */
    unsigned type;
    int number;
};

static uint64_t take_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
        unsigned char byte = *cursor->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    cursor->is_bad = true;
    return 0;
}

static void skip_bytes(struct cursor *cursor, uint64_t count)
{
    if (count > (uint64_t)(cursor->end - cursor->at)) {
        cursor->is_bad = true;
        return;
    }
    cursor->at += count;
}

/* False at the struct's end. `field` holds the one before, zeroed at the first. */
static bool next_field(struct cursor *cursor, struct field *field)
{
    if (cursor->is_bad || cursor->at >= cursor->end) {
        cursor->is_bad = true;
        return false;
    }
    unsigned char *head = cursor->at++;
    if (*head == THRIFT_STOP) {
        return false;
    }
    unsigned step = *head >> 4;
    uint64_t zigzag = step == 0 ? take_varint(cursor) : 0;
    field->number = step > 0 ? field->number + (int)step : (int)(zigzag >> 1);
    field->head = head;
    field->type = *head & 15u;
    return !cursor->is_bad;
}

static uint64_t take_list(struct cursor *cursor, unsigned *type)
{
    if (cursor->at >= cursor->end) {
        cursor->is_bad = true;
        return 0;
    }
    unsigned char head = *cursor->at++;
    *type = head & 15u;
    return head >> 4 == 15 ? take_varint(cursor) : head >> 4;
}

static void skip_value(struct cursor *cursor, unsigned type, unsigned depth, bool is_element)
{
    unsigned element = 0;
    uint64_t count = 0;
    struct field field = {0};
    if (depth > DEPTH_MAX || cursor->is_bad) {
        cursor->is_bad = true;
        return;
    }
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        skip_bytes(cursor, is_element ? 1 : 0); /* a field's value is its type */
        break;
    case THRIFT_BYTE:
        skip_bytes(cursor, 1);
        break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        take_varint(cursor);
        break;
    case THRIFT_DOUBLE:
        skip_bytes(cursor, 8);
        break;
    case THRIFT_BINARY:
        skip_bytes(cursor, take_varint(cursor));
        break;
    case THRIFT_LIST:
    case THRIFT_SET:
        count = take_list(cursor, &element);
        for (uint64_t i = 0; i < count && !cursor->is_bad; i++) {
            skip_value(cursor, element, depth + 1, true);
        }
        break;
    case THRIFT_STRUCT:
        while (next_field(cursor, &field)) {
            skip_value(cursor, field.type, depth + 1, false);
        }
        break;
    default: /* maps: Parquet has none */
        cursor->is_bad = true;
    }
}

/* The field of that number and type of the struct at the cursor, which then stands at its value;
 * false, and the cursor behind the struct, when it has none. */
static bool find_field(struct cursor *cursor, struct field *field, int number)
{
    while (next_field(cursor, field)) {
        if (field->number == number) {
            return true;
        }
        skip_value(cursor, field->type, 0, false);
    }
    return false;
}

/* The fields within each other that lead to the mark; gives whether it was there and not set. */
static bool mark_element(struct cursor *cursor)
{
    struct cursor inner = *cursor;
    struct field field = {0};
    struct field kind = {0};
    struct field mark = {0};
    bool is_marked = false;
    if (find_field(&inner, &field, SCHEMA_LOGICAL_TYPE) && field.type == THRIFT_STRUCT &&
        find_field(&inner, &kind, LOGICAL_TYPE_TIMESTAMP) && kind.type == THRIFT_STRUCT &&
        find_field(&inner, &mark, TIMESTAMP_IS_ADJUSTED_TO_UTC) && mark.type == THRIFT_FALSE) {
        *mark.head = (unsigned char)((*mark.head & 0xf0u) | THRIFT_TRUE);
        is_marked = true;
    }
    skip_value(cursor, THRIFT_STRUCT, 0, true);
    return is_marked;
}

bool parquet_instants_mark(char *footer, size_t len, unsigned *count)
{
    struct cursor cursor = {.at = (unsigned char *)footer, .end = (unsigned char *)footer + len};
    struct field field = {0};
    unsigned element = 0;
    *count = 0;
    if (!find_field(&cursor, &field, METADATA_SCHEMA) || field.type != THRIFT_LIST) {
        return false;
    }
    uint64_t elements = take_list(&cursor, &element);
    if (element != THRIFT_STRUCT) {
        return false;
    }
    for (uint64_t i = 0; i < elements && !cursor.is_bad; i++) {
        *count += mark_element(&cursor);
    }
    field.type = THRIFT_I32; /* what follows is only walked to see that it is understood */
    while (!cursor.is_bad && next_field(&cursor, &field)) {
        skip_value(&cursor, field.type, 0, false);
    }
    return !cursor.is_bad;
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
