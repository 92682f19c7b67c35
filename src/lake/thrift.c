#include "lake/thrift.h"

enum { DEPTH_MAX = 32 };

uint64_t thrift_varint(struct thrift *thrift)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && thrift->at < thrift->end; shift += 7) {
        unsigned char byte = *thrift->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    thrift->is_bad = true;
    return 0;
}

static void skip_bytes(struct thrift *thrift, uint64_t count)
{
    if (count > (uint64_t)(thrift->end - thrift->at)) {
        thrift->is_bad = true;
        return;
    }
    thrift->at += count;
}

int64_t thrift_integer(struct thrift *thrift)
{
    uint64_t zigzag = thrift_varint(thrift);
    return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
}

struct view thrift_binary(struct thrift *thrift)
{
    uint64_t len = thrift_varint(thrift);
    const char *at = (const char *)thrift->at;
    skip_bytes(thrift, len);
    return thrift->is_bad ? view_make(NULL, 0) : view_make(at, (size_t)len);
}

bool thrift_next(struct thrift *thrift, struct thrift_field *field)
{
    if (thrift->is_bad || thrift->at >= thrift->end) {
        thrift->is_bad = true;
        return false;
    }
    unsigned char *head = thrift->at++;
    if (*head == THRIFT_STOP) {
        return false;
    }
    unsigned step = *head >> 4;
    uint64_t zigzag = step == 0 ? thrift_varint(thrift) : 0;
    int said = (int16_t)((zigzag >> 1) ^ (0 - (zigzag & 1)));
    field->number = step > 0 ? field->number + (int)step : said;
    field->head = head;
    field->type = *head & 15u;
    return !thrift->is_bad;
}

uint64_t thrift_list(struct thrift *thrift, unsigned *type)
{
    if (thrift->at >= thrift->end) {
        thrift->is_bad = true;
        return 0;
    }
    unsigned char head = *thrift->at++;
    *type = head & 15u;
    return head >> 4 == 15 ? thrift_varint(thrift) : head >> 4;
}

static void skip(struct thrift *thrift, unsigned type, unsigned depth, bool is_element)
{
    unsigned element = 0;
    uint64_t count = 0;
    struct thrift_field field = {0};
    if (depth > DEPTH_MAX || thrift->is_bad) {
        thrift->is_bad = true;
        return;
    }
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        skip_bytes(thrift, is_element ? 1 : 0); /* a field's value is its type */
        break;
    case THRIFT_BYTE:
        skip_bytes(thrift, 1);
        break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        thrift_varint(thrift);
        break;
    case THRIFT_DOUBLE:
        skip_bytes(thrift, 8);
        break;
    case THRIFT_BINARY:
        skip_bytes(thrift, thrift_varint(thrift));
        break;
    case THRIFT_LIST:
    case THRIFT_SET:
        count = thrift_list(thrift, &element);
        for (uint64_t i = 0; i < count && !thrift->is_bad; i++) {
            skip(thrift, element, depth + 1, true);
        }
        break;
    case THRIFT_STRUCT:
        while (thrift_next(thrift, &field)) {
            skip(thrift, field.type, depth + 1, false);
        }
        break;
    default: /* maps: Parquet has none */
        thrift->is_bad = true;
    }
}

void thrift_skip(struct thrift *thrift, unsigned type, bool is_element)
{
    skip(thrift, type, 0, is_element);
}

bool thrift_find(struct thrift *thrift, struct thrift_field *field, int number)
{
    while (thrift_next(thrift, field)) {
        if (field->number == number) {
            return true;
        }
        thrift_skip(thrift, field->type, false);
    }
    return false;
}
