#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 32 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t room;
    size_t used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t ceiling_bytes)
{
    *arena = (struct arena){.ceiling = ceiling_bytes};
}

static void free_from(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        explicit_bzero(block->bytes, block->room); /* it may have held more before */
        free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    free_from(arena->first);
    *arena = (struct arena){.ceiling = arena->ceiling};
}

void arena_clear(struct arena *arena)
{
    if (!arena->first) {
        return;
    }
    if (arena->first->next || arena->held > ARENA_KEPT_BYTES) {
        arena->first_bytes = arena->held < ARENA_KEPT_BYTES ? arena->held : ARENA_KEPT_BYTES;
        free_from(arena->first);
        arena->first = NULL;
        arena->last = NULL;
        arena->held = 0;
        return;
    }
    arena->first->used = 0;
}

void arena_wipe(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block; block = block->next) {
        explicit_bzero(block->bytes, block->room);
    }
    arena_clear(arena);
}

static struct arena_block *add_block(struct arena *arena, size_t bytes)
{
    size_t room =
        arena->first || arena->first_bytes < BLOCK_BYTES ? BLOCK_BYTES : arena->first_bytes;
    room = bytes > room ? bytes : room;
    if (room > arena->ceiling - arena->held) {
        room = bytes;
    }
    if (room > arena->ceiling - arena->held) {
        return NULL;
    }
    struct arena_block *block = malloc(sizeof(*block) + room);
    if (!block) {
        return NULL;
    }
    *block = (struct arena_block){.room = room};
    if (arena->last) {
        arena->last->next = block;
    } else {
        arena->first = block;
    }
    arena->last = block;
    arena->held += room;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t step = alignof(max_align_t);
    if (bytes > arena->ceiling) {
        return NULL;
    }
    size_t rounded = (bytes + step - 1) / step * step;
    struct arena_block *block = arena->last;
    if (!block || rounded > block->room - block->used) {
        block = add_block(arena, rounded);
    }
    if (!block) {
        return NULL;
    }
    void *place = block->bytes + block->used;
    block->used += rounded;
    return place;
}

void *arena_alloc_zeroed(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *place = arena_alloc(arena, count * size);
    return place ? memset(place, 0, count * size) : NULL;
}

struct view arena_copy(struct arena *arena, struct view v)
{
    char *place = v.len > 0 ? arena_alloc(arena, v.len) : NULL;
    if (!place) {
        return view_make(NULL, 0);
    }
    memcpy(place, v.at, v.len);
    return view_make(place, v.len);
}
