/*
 * disk_ring.h - writes that become durable while their thread goes on, by the kernel's io_uring.
 *
 *     disk_ring_create(&ring, eventfd, &fault);    STATUS_IO: the system has none, or forbids it
 *     disk_ring_write(ring, &(struct disk_write){fd, offset, {bytes}}, &fault);
 *     ... when the eventfd is readable, or disk_ring_has_ended(ring): status = disk_ring_end(...)
 *
 * One write at a time. Its file is opened with O_DIRECT, its place in memory and in the file and
 * its length are multiples of DISK_BLOCK_BYTES, and its blocks were written before (zeros will do):
 * then the kernel neither copies the bytes nor touches the file system's own log, and what is
 * written is on the disk, past its cache, when the write ends (RWF_DSYNC, see pwritev2(2)).
 * All calls come from one thread, but for the last one.
 */
#ifndef PIPES_JOURNAL_DISK_RING_H
#define PIPES_JOURNAL_DISK_RING_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

/* A page: what file systems allocate, and no disk of today writes less at once. */
enum { DISK_BLOCK_BYTES = 4096 };

struct disk_ring;

/* Parts that follow one another in the file; the second may be empty. */
struct disk_write {
    int fd;
    uint64_t offset;
    struct view parts[2];
};

/* The same without a ring: waits. */
enum status disk_write_now(const struct disk_write *write, struct fault *fault) MUST_CHECK;

/* done_fd: an eventfd, borrowed, that is raised at the end of each write. */
enum status disk_ring_create(struct disk_ring **ring, int done_fd, struct fault *fault) MUST_CHECK;
/* Waits for a write under way. Accepts NULL. */
void disk_ring_destroy(struct disk_ring *ring);

/* Begins a write; none may be under way. The bytes must stay as they are until it ended. After a
 * failure none is under way, and the ring is of no use any more. */
enum status disk_ring_write(struct disk_ring *ring, const struct disk_write *write,
                            struct fault *fault) MUST_CHECK;
/* Between the two: from disk_ring_write() to disk_ring_end(). */
bool disk_ring_is_busy(const struct disk_ring *ring);
/* Whether disk_ring_end() will not say BUSY. Costs no system call. */
bool disk_ring_has_ended(struct disk_ring *ring);
/* STATUS_BUSY while it is under way; STATUS_OK: all is on disk; else nobody knows what is. */
enum status disk_ring_end(struct disk_ring *ring, struct fault *fault) MUST_CHECK;

#endif
