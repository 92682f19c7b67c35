#include "journal/disk_ring.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/uio.h>

enum { ENTRIES = 2, PARTS = 2 };

struct disk_ring {
    struct io_uring ring;
    bool is_busy;
    bool is_broken; /* it may still hold a write that was never begun */
    struct iovec parts[PARTS];
    size_t bytes; /* of the write under way */
};

/* The kernel then tells of an end when the thread enters it anyway, without interrupting it. */
static int open_ring(struct io_uring *ring)
{
    struct io_uring_params params = {.flags = IORING_SETUP_COOP_TASKRUN};
    int result = io_uring_queue_init_params(ENTRIES, ring, &params);
    if (result == -EINVAL) { /* before Linux 5.19 */
        params = (struct io_uring_params){0};
        result = io_uring_queue_init_params(ENTRIES, ring, &params);
    }
    return result;
}

enum status disk_ring_create(struct disk_ring **ring, int done_fd, struct fault *fault)
{
    struct disk_ring *made = calloc(1, sizeof(*made));
    *ring = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a ring");
    }
    int result = open_ring(&made->ring);
    if (result < 0) {
        free(made);
        return fault_errno(fault, -result, "io_uring");
    }
    result = io_uring_register_eventfd(&made->ring, done_fd);
    if (result < 0) {
        io_uring_queue_exit(&made->ring);
        free(made);
        return fault_errno(fault, -result, "io_uring cannot raise an eventfd");
    }
    *ring = made;
    return STATUS_OK;
}

void disk_ring_destroy(struct disk_ring *ring)
{
    struct io_uring_cqe *end;
    if (!ring) {
        return;
    }
    while (ring->is_busy && io_uring_wait_cqe(&ring->ring, &end) == -EINTR) {
    }
    io_uring_queue_exit(&ring->ring);
    free(ring);
}

/* The parts that are not empty; says how many. */
static int list_parts(const struct disk_write *write, struct iovec parts[PARTS], size_t *bytes)
{
    int count = 0;
    *bytes = 0;
    for (size_t i = 0; i < PARTS && write->parts[i].len > 0; i++) {
        parts[count++] = (struct iovec){(void *)(uintptr_t)write->parts[i].at, write->parts[i].len};
        *bytes += write->parts[i].len;
    }
    return count;
}

/* `result`: what the system said, bytes or a negative errno. */
static enum status judge(ssize_t result, size_t bytes, struct fault *fault)
{
    if (result < 0) {
        return fault_errno(fault, (int)-result, "cannot write a journal segment");
    }
    /* Whoever writes it again elsewhere learns why. */
    return (size_t)result == bytes
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "%zd of %zu bytes went into a journal segment", result,
                           bytes);
}

enum status disk_write_now(const struct disk_write *write, struct fault *fault)
{
    struct iovec parts[PARTS];
    size_t bytes;
    int count = list_parts(write, parts, &bytes);
    ssize_t n = pwritev2(write->fd, parts, count, (off_t)write->offset, RWF_DSYNC);
    return judge(n < 0 ? -errno : n, bytes, fault);
}

enum status disk_ring_write(struct disk_ring *ring, const struct disk_write *write,
                            struct fault *fault)
{
    struct io_uring_sqe *entry = ring->is_broken ? NULL : io_uring_get_sqe(&ring->ring);
    if (!entry) {
        return fault_set(fault, STATUS_IO, "the ring of the journal cannot be used any more");
    }
    int count = list_parts(write, ring->parts, &ring->bytes);
    io_uring_prep_writev(entry, write->fd, ring->parts, (unsigned)count, write->offset);
    entry->rw_flags = RWF_DSYNC;
    int result = io_uring_submit(&ring->ring);
    if (result < 1) {
        ring->is_broken = true;
        return fault_errno(fault, -result, "cannot begin to write a journal segment");
    }
    ring->is_busy = true;
    return STATUS_OK;
}

bool disk_ring_is_busy(const struct disk_ring *ring)
{
    return ring->is_busy;
}

bool disk_ring_has_ended(struct disk_ring *ring)
{
    return ring->is_busy && io_uring_cq_ready(&ring->ring) > 0;
}

enum status disk_ring_end(struct disk_ring *ring, struct fault *fault)
{
    struct io_uring_cqe *end;
    if (!ring->is_busy || io_uring_peek_cqe(&ring->ring, &end) != 0) {
        return fault_set(fault, STATUS_BUSY, "the write is under way");
    }
    int result = end->res;
    io_uring_cqe_seen(&ring->ring, end);
    ring->is_busy = false;
    return judge(result, ring->bytes, fault);
}
