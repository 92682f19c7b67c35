/*
 * heap.h - memory that comes in large pages.
 *
 * For who takes megabytes: each page of 4 KiB is a fault of its own, which on a virtual machine may
 * cost more than what is done with the page, and is looked up anew by who reads here and there.
 *
 *     heap_make_room(24 << 20, 256 << 10);   malloc() takes from there first
 *     block = heap_large(2 * HEAP_PAGE_BYTES);
 *     free(block);
 */
#ifndef PIPES_BASE_HEAP_H
#define PIPES_BASE_HEAP_H

#include <stddef.h>

enum { HEAP_PAGE_BYTES = 2 * 1024 * 1024 };

enum { HEAP_BLOCK_BYTES_MAX = 32 * 1024 * 1024 };

/* The heap grows by `bytes`, less than HEAP_BLOCK_BYTES_MAX, that the kernel may back by large
 * pages; only those that are touched take memory. Blocks of more than `largest` bytes
 * (HEAP_BLOCK_BYTES_MAX at most) have pages of their own, taken and given back each time. Never
 * given back before the process ends, and no promise: where there are no large pages, or no memory,
 * nothing changes. Call it while there is one thread. */
void heap_make_room(size_t bytes, size_t largest);
/* `bytes`, a multiple of HEAP_PAGE_BYTES, in large pages where there are any; NULL: no memory. Ends
 * with free(). */
void *heap_large(size_t bytes);

#endif
