/*
 * heap.h - room on the heap that comes in large pages.
 *
 * For a short process that is about to take megabytes in small pieces: each page of 4 KiB would be
 * a fault of its own, which on a virtual machine may cost more than what is done with the page.
 *
 *     heap_make_room(24 * 1024 * 1024);      malloc() takes from there first
 */
#ifndef PIPES_BASE_HEAP_H
#define PIPES_BASE_HEAP_H

#include <stddef.h>

/* The heap grows by `bytes` that the kernel may back by large pages; only those that are touched
 * take memory. Never given back before the process ends, and no promise: where there are no large
 * pages, or no memory, nothing changes. Call it while there is one thread. */
void heap_make_room(size_t bytes);

#endif
