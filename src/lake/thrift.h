/*
 * thrift.h - walks through a struct of Thrift's compact protocol, in which Parquet files describe
 * themselves.
 *
 *     struct thrift thrift = {.at = bytes, .end = bytes + len};
 *     struct thrift_field field = {0};
 *     while (thrift_next(&thrift, &field)) {
 *         if (field.number == 3 && field.type == THRIFT_I64) {
 *             rows = thrift_integer(&thrift);
 *         } else {
 *             thrift_skip(&thrift, field.type, false);
 *         }
 *     }
 *     if (thrift.is_bad) { ... it was not understood, or ends in the middle ... }
 */
#ifndef PIPES_LAKE_THRIFT_H
#define PIPES_LAKE_THRIFT_H

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Types as they stand in a field's first byte. */
enum thrift_type {
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

/* Once bad it stays so, and gives zeros. */
struct thrift {
    unsigned char *at;
    unsigned char *end;
    bool is_bad;
};

struct thrift_field {
    unsigned char *head; /* where its type stands */
    unsigned type;
    int number;
};

/* The struct's next field, at whose value it then stands; false at the struct's end. `field` holds
 * the one before, zeroed at the first. */
bool thrift_next(struct thrift *thrift, struct thrift_field *field);
/* The field of that number; false, and the struct is passed, when it has none. */
bool thrift_find(struct thrift *thrift, struct thrift_field *field, int number);

/* Values. A list gives how many elements follow. */
uint64_t thrift_varint(struct thrift *thrift);
int64_t thrift_integer(struct thrift *thrift);
struct view thrift_binary(struct thrift *thrift);
uint64_t thrift_list(struct thrift *thrift, unsigned *type);
/* Passes a value. is_element: of a list, or a struct that is no field. */
void thrift_skip(struct thrift *thrift, unsigned type, bool is_element);

#endif
