/*
 * ring_shim.c - what disk_shim.c is to system calls, for writes through io_uring, and the same
 * writes without it (pwritev2).
 *
 * A write that is handed to the kernel is taken out of the ring and done by a thread, the device,
 * by the calls that disk_shim.c stands before: so the same rules, delays and notes hold. Its end is
 * told by an entry that does nothing but to have a result (IORING_NOP_INJECT_RESULT, Linux 6.10).
 * Before that the program is told that there is no io_uring, and what it does then is tested.
 *
 * One write at a time and ring, as the program does it (see journal/disk_ring.h): while it is under
 * way only the device touches the ring.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef IORING_NOP_INJECT_RESULT
#define IORING_NOP_INJECT_RESULT 1
#endif

enum { WRITES_MAX = 64, PARTS_MAX = 2 };

struct ring_write {
    struct io_uring *ring;
    int fd;
    off_t offset;
    struct iovec parts[PARTS_MAX];
    unsigned count;
};

/* A loaded library has no other place for its state. */
static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct ring_write waiting[WRITES_MAX];
    unsigned first;
    unsigned count;
    int (*submit)(struct io_uring *ring);
    int (*init)(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
} device = {
    .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static bool can_inject(void)
{
    struct utsname system;
    unsigned major = 0;
    unsigned minor = 0;
    return uname(&system) == 0 && sscanf(system.release, "%u.%u", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 10));
}

/* The result that the program is to see: bytes, or a negative errno. The file is written through
 * the page cache, where everything else of a run is, too. */
static int do_write(const struct ring_write *write)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", write->fd);
    int plain = (int)syscall(SYS_openat, AT_FDCWD, link, O_WRONLY | O_CLOEXEC, 0);
    int fd = plain >= 0 ? plain : write->fd;
    ssize_t done = 0;
    bool is_whole = true;
    int result = 0;
    for (unsigned i = 0; i < write->count && is_whole && result == 0; i++) {
        ssize_t n =
            pwrite(fd, write->parts[i].iov_base, write->parts[i].iov_len, write->offset + done);
        result = n < 0 ? -errno : 0;
        is_whole = n == (ssize_t)write->parts[i].iov_len;
        done += n > 0 ? n : 0;
    }
    if (result == 0 && is_whole && fdatasync(fd) != 0) {
        result = -errno;
    }
    if (plain >= 0) {
        close(plain);
    }
    return result == 0 ? (int)done : result;
}

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    struct ring_write write = {NULL, fd, offset, {{0}}, (unsigned)count};
    if (flags != RWF_DSYNC || count > PARTS_MAX) {
        abort();
    }
    for (int i = 0; i < count; i++) {
        write.parts[i] = parts[i];
    }
    int result = do_write(&write);
    errno = result < 0 ? -result : 0;
    return result < 0 ? -1 : result;
}

ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags)
{
    return pwritev2(fd, parts, count, offset, flags);
}

static void tell_end(struct io_uring *ring, int result)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(ring);
    if (!entry) {
        abort();
    }
    io_uring_prep_nop(entry);
    entry->rw_flags = IORING_NOP_INJECT_RESULT;
    entry->len = (unsigned)result;
    if (device.submit(ring) != 1) {
        abort();
    }
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&device.lock);
        while (device.count == 0) {
            pthread_cond_wait(&device.wake, &device.lock);
        }
        struct ring_write write = device.waiting[device.first];
        device.first = (device.first + 1) % WRITES_MAX;
        device.count--;
        pthread_mutex_unlock(&device.lock);
        tell_end(write.ring, do_write(&write));
    }
    return NULL;
}

static void start_device(void)
{
    pthread_t thread;
    device.submit = (int (*)(struct io_uring *))dlsym(RTLD_NEXT, "io_uring_submit");
    device.init = (int (*)(unsigned, struct io_uring *, struct io_uring_params *))dlsym(
        RTLD_NEXT, "io_uring_queue_init_params");
    if (!device.submit || !device.init || pthread_create(&thread, NULL, work, NULL) != 0) {
        abort();
    }
    pthread_detach(thread);
}

int io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                               struct io_uring_params *params)
{
    pthread_once(&device.once, start_device);
    return can_inject() ? device.init(entries, ring, params) : -ENOSYS;
}

int io_uring_submit(struct io_uring *ring)
{
    struct io_uring_sq *queue = &ring->sq;
    const struct io_uring_sqe *entry = &queue->sqes[queue->sqe_head & *queue->kring_mask];
    if (queue->sqe_tail - queue->sqe_head != 1 || entry->opcode != IORING_OP_WRITEV ||
        entry->len > PARTS_MAX) {
        abort(); /* not what this file was written for */
    }
    struct ring_write write = {ring, entry->fd, (off_t)entry->off, {{0}}, entry->len};
    const struct iovec *parts = (const struct iovec *)(uintptr_t)entry->addr;
    for (unsigned i = 0; i < write.count; i++) {
        write.parts[i] = parts[i];
    }
    queue->sqe_tail = queue->sqe_head;
    pthread_mutex_lock(&device.lock);
    if (device.count == WRITES_MAX) {
        abort();
    }
    device.waiting[(device.first + device.count++) % WRITES_MAX] = write;
    pthread_cond_signal(&device.wake);
    pthread_mutex_unlock(&device.lock);
    return 1;
}
