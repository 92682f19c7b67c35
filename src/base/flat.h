/*
 * flat.h - writes FlatBuffers, as far as Arrow's messages need them: tables, vectors, strings.
 *
 * A buffer is made from its end to its start, so what is pointed to is made first. A place is the
 * distance from the end. Nothing is checked after a failure but flat_status().
 *
 *     struct flat flat;
 *     flat_init(&flat, 1 << 20);
 *     uint32_t name = flat_string(&flat, VIEW_LITERAL("n"));
 *     flat_begin(&flat);
 *     flat_offset(&flat, 0, name);
 *     flat_number(&flat, 1, 1, 1);            field 1: one byte, the number 1
 *     struct view bytes = flat_finish(&flat, flat_end(&flat));
 *     flat_free(&flat);
 */
#ifndef PIPES_BASE_FLAT_H
#define PIPES_BASE_FLAT_H

#include "base/status.h"
#include "base/view.h"

enum { FLAT_FIELDS_MAX = 8 };

struct flat {
    char *at;
    size_t room;
    size_t used; /* from the end */
    size_t ceiling;
    bool has_failed;
    uint32_t fields[FLAT_FIELDS_MAX]; /* of the table that is open: where each stands; 0: nowhere */
    size_t table_start;
};

void flat_init(struct flat *flat, size_t ceiling_bytes);
void flat_free(struct flat *flat);
/* Empty again, the memory kept. */
void flat_clear(struct flat *flat);
enum status flat_status(const struct flat *flat) MUST_CHECK;

uint32_t flat_string(struct flat *flat, struct view text);
/* A vector of tables or strings. */
uint32_t flat_offsets(struct flat *flat, const uint32_t *places, size_t count);
/* A vector of structs of two 64-bit numbers, of which pairs holds 2 * count. */
uint32_t flat_pairs(struct flat *flat, const int64_t *pairs, size_t count);

/* One table at a time is open. */
void flat_begin(struct flat *flat);
void flat_number(struct flat *flat, unsigned field, int64_t number, size_t bytes);
void flat_offset(struct flat *flat, unsigned field, uint32_t place);
uint32_t flat_end(struct flat *flat);

/* The whole buffer, 8-aligned in length; lent until the next change. */
struct view flat_finish(struct flat *flat, uint32_t root);

#endif
