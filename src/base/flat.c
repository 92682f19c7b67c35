#include "base/flat.h"

#include <stdlib.h>

enum { SMALLEST_ROOM = 4096 };

void flat_init(struct flat *flat, size_t ceiling_bytes)
{
    *flat = (struct flat){.ceiling = ceiling_bytes};
}

void flat_free(struct flat *flat)
{
    free(flat->at);
    *flat = (struct flat){0};
}

void flat_clear(struct flat *flat)
{
    flat->used = 0;
    flat->has_failed = false;
}

enum status flat_status(const struct flat *flat)
{
    return flat->has_failed ? STATUS_NO_MEMORY : STATUS_OK;
}

/* Room for so many bytes before what is there; NULL after a failure. */
static char *take(struct flat *flat, size_t bytes)
{
    while (!flat->has_failed && flat->room - flat->used < bytes) {
        size_t room = flat->room > 0 ? flat->room * 2 : SMALLEST_ROOM;
        char *more = room <= flat->ceiling ? malloc(room) : NULL;
        if (!more) {
            flat->has_failed = true;
            break;
        }
        if (flat->used > 0) {
            memcpy(more + room - flat->used, flat->at + flat->room - flat->used, flat->used);
        }
        free(flat->at);
        flat->at = more;
        flat->room = room;
    }
    if (flat->has_failed) {
        return NULL;
    }
    flat->used += bytes;
    return flat->at + flat->room - flat->used;
}

/* Little-endian, whatever the machine. */
static void put(struct flat *flat, uint64_t number, size_t bytes)
{
    char *place = take(flat, bytes);
    for (size_t i = 0; place && i < bytes; i++) {
        place[i] = (char)(unsigned char)(number >> (8 * i));
    }
}

/* Zeros, so that behind `bytes` more the place is a multiple of `align`. */
static void pad(struct flat *flat, size_t bytes, size_t align)
{
    size_t zeros = (align - (flat->used + bytes) % align) % align;
    char *place = take(flat, zeros);
    if (place && zeros > 0) {
        memset(place, 0, zeros);
    }
}

/* A pointer says how far what it means lies behind it. */
static void put_offset(struct flat *flat, uint32_t place)
{
    pad(flat, 4, 4);
    put(flat, flat->used + 4 - place, 4);
}

uint32_t flat_string(struct flat *flat, struct view text)
{
    pad(flat, text.len + 1 + 4, 4);
    put(flat, 0, 1);
    char *place = take(flat, text.len);
    if (place && text.len > 0) {
        memcpy(place, text.at, text.len);
    }
    put(flat, text.len, 4);
    return (uint32_t)flat->used;
}

uint32_t flat_offsets(struct flat *flat, const uint32_t *places, size_t count)
{
    pad(flat, 4 * count + 4, 4);
    for (size_t i = count; i > 0; i--) {
        put_offset(flat, places[i - 1]);
    }
    put(flat, count, 4);
    return (uint32_t)flat->used;
}

uint32_t flat_pairs(struct flat *flat, const int64_t *pairs, size_t count)
{
    pad(flat, 16 * count, 8);
    for (size_t i = 2 * count; i > 0; i--) {
        put(flat, (uint64_t)pairs[i - 1], 8);
    }
    put(flat, count, 4);
    return (uint32_t)flat->used;
}

void flat_begin(struct flat *flat)
{
    memset(flat->fields, 0, sizeof(flat->fields));
    flat->table_start = flat->used;
}

void flat_number(struct flat *flat, unsigned field, int64_t number, size_t bytes)
{
    pad(flat, bytes, bytes);
    put(flat, (uint64_t)number, bytes);
    flat->fields[field] = (uint32_t)flat->used;
}

void flat_offset(struct flat *flat, unsigned field, uint32_t place)
{
    put_offset(flat, place);
    flat->fields[field] = (uint32_t)flat->used;
}

/* Before the fields the distance to the table of their places, which comes right before it. */
uint32_t flat_end(struct flat *flat)
{
    size_t count = FLAT_FIELDS_MAX;
    while (count > 0 && flat->fields[count - 1] == 0) {
        count--;
    }
    size_t map_bytes = 4 + 2 * count;
    pad(flat, 4, 4);
    put(flat, map_bytes, 4);
    size_t table = flat->used;
    for (size_t i = count; i > 0; i--) {
        put(flat, flat->fields[i - 1] > 0 ? table - flat->fields[i - 1] : 0, 2);
    }
    put(flat, table - flat->table_start, 2);
    put(flat, map_bytes, 2);
    return (uint32_t)table;
}

struct view flat_finish(struct flat *flat, uint32_t root)
{
    pad(flat, 4, 8);
    put_offset(flat, root);
    return flat->has_failed ? view_make(NULL, 0)
                            : view_make(flat->at + flat->room - flat->used, flat->used);
}
