/*
 * arena.h - memory of one request or batch: taken freely, given back all at once.
 *
 * Grows in blocks up to a ceiling given at birth; arena_clear() keeps one block, large enough for
 * all that was taken last (up to ARENA_KEPT_BYTES), so that a steady stream of requests allocates
 * nothing.
 *
 *     struct arena arena;
 *     arena_init(&arena, 8 << 20);
 *     struct thing *things = arena_alloc(&arena, n * sizeof(*things));
 *     arena_clear(&arena);
 *     arena_free(&arena);
 */
#ifndef PIPES_BASE_ARENA_H
#define PIPES_BASE_ARENA_H

#include "base/view.h"

enum { ARENA_KEPT_BYTES = 1024 * 1024 };

struct arena_block;

struct arena {
    struct arena_block *first;
    struct arena_block *last; /* the one allocations come from */
    size_t held;              /* bytes in all blocks */
    size_t first_bytes;       /* the next first block has as many at least */
    size_t ceiling;
};

void arena_init(struct arena *arena, size_t ceiling_bytes);
void arena_free(struct arena *arena);
void arena_clear(struct arena *arena);
/* The same, and what was in it is overwritten. */
void arena_wipe(struct arena *arena);

/* Aligned for any type, not zeroed. NULL when over the ceiling or out of memory. */
void *arena_alloc(struct arena *arena, size_t bytes);
/* NULL also when count * size overflows; zeroed. */
void *arena_alloc_zeroed(struct arena *arena, size_t count, size_t size);
/* A copy of v's bytes; at is NULL when there was no memory (an empty view gives an empty view). */
struct view arena_copy(struct arena *arena, struct view v);

#endif
