#include "base/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HEAD = 4096, PIECE = 256 * 1024 };

static uintptr_t next_page(uintptr_t at)
{
    return (at + HEAP_PAGE_BYTES - 1) & ~(uintptr_t)(HEAP_PAGE_BYTES - 1);
}

static void advise(const char *room, size_t bytes)
{
    uintptr_t begin = next_page((uintptr_t)room);
    uintptr_t end = (uintptr_t)room + bytes;
    madvise((void *)begin, (end - begin) & ~(uintptr_t)(HEAP_PAGE_BYTES - 1), MADV_HUGEPAGE);
}

/* Three neighbours at the end of the heap: what is left of its last large page, but for the room's
 * head, which is written before the advice; the room; and a piece that keeps malloc_trim(), which
 * DuckDB calls, from giving the room back. The first and the last stay taken, and are not touched.
 */
void heap_make_room(size_t bytes, size_t largest)
{
    mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_BYTES_MAX);
    char *last = malloc(PIECE);
    uintptr_t end = (uintptr_t)last + PIECE;
    void *gap = last ? malloc(next_page(end + HEAD) - HEAD - end) : NULL;
    char *room = gap ? malloc(bytes) : NULL;
    void *behind = room ? malloc(PIECE) : NULL;
    if (behind) {
        advise(room, bytes);
    }
    free(room);
    mallopt(M_MMAP_THRESHOLD, (int)largest);
}

void *heap_large(size_t bytes)
{
    void *block = aligned_alloc(HEAP_PAGE_BYTES, bytes);
    if (block) {
        madvise(block, bytes, MADV_HUGEPAGE);
    }
    return block;
}
