#include "journal/segment_spares.h"

#include "base/file.h"
#include "journal/disk_ring.h"
#include "journal/frame.h"
#include "journal/segment_name.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_BYTES = 32,
    ZEROS_BYTES = 128 * 1024, /* more at once would stand in the way of commits */
    /* Larger writes into new pages of the page cache cost more a byte, not less (measured). */
    CACHED_BYTES = 64 * 1024,
    SLOW_FILL_MS = 250,
    SLOW_PAUSE_MS = 1000
};

struct segment_spares {
    size_t segment_bytes;
    const struct clock *clock;
    pthread_mutex_t lock;
    int folder_fd;
    uint64_t next_name;
    uint64_t used[SEGMENT_SPARES_KEPT_MAX]; /* names of recycled files, header not yet zeroed */
    size_t used_count;
    uint64_t ready;       /* name of the one that waits for its number; 0: none */
    uint32_t last_number; /* that the writer began */
    uint32_t named;       /* number of the one that has it; 0: none */
    bool is_safe;         /* its name is on disk */
    bool is_preparing;
    unsigned purges;         /* a used file that was being prepared during one is not wanted */
    int64_t paused_until_ms; /* monotonic; no new zeros before */
};

static void spare_name(uint64_t id, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "_spare-%llu", (unsigned long long)id);
}

enum status segment_spares_create(struct segment_spares **spares, size_t segment_bytes,
                                  const struct clock *clock, struct fault *fault)
{
    struct segment_spares *made = calloc(1, sizeof(*made));
    *spares = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for spare segments");
    }
    made->segment_bytes = segment_bytes;
    made->clock = clock;
    made->folder_fd = -1;
    made->next_name = 1;
    pthread_mutex_init(&made->lock, NULL);
    return STATUS_OK;
}

static void remove_spare(const struct segment_spares *spares, uint64_t id)
{
    char name[NAME_BYTES];
    spare_name(id, name);
    unlinkat(spares->folder_fd, name, 0);
}

/* Under the lock, or when nobody else is left. */
static void remove_all(struct segment_spares *spares)
{
    for (size_t i = 0; i < spares->used_count; i++) {
        remove_spare(spares, spares->used[i]);
    }
    if (spares->ready > 0) {
        remove_spare(spares, spares->ready);
    }
    if (spares->named > 0) {
        char name[SEGMENT_NAME_BYTES];
        segment_name(spares->named, name);
        unlinkat(spares->folder_fd, name, 0);
    }
    spares->used_count = 0;
    spares->ready = 0;
    spares->named = 0;
}

void segment_spares_destroy(struct segment_spares *spares)
{
    if (!spares) {
        return;
    }
    remove_all(spares);
    pthread_mutex_destroy(&spares->lock);
    free(spares);
}

void segment_spares_set_folder(struct segment_spares *spares, int folder_fd)
{
    pthread_mutex_lock(&spares->lock);
    spares->folder_fd = folder_fd;
    pthread_mutex_unlock(&spares->lock);
}

static bool wants_name(const struct segment_spares *spares)
{
    return spares->ready > 0 && spares->named == 0;
}

static bool wants_file(const struct segment_spares *spares)
{
    bool may_fill =
        spares->used_count > 0 || clock_monotonic_ms(spares->clock) >= spares->paused_until_ms;
    return spares->ready == 0 && may_fill;
}

static bool wants(const struct segment_spares *spares)
{
    return spares->folder_fd >= 0 && !spares->is_preparing &&
           (wants_name(spares) || wants_file(spares));
}

bool segment_spares_wants(struct segment_spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    bool answer = wants(spares);
    pthread_mutex_unlock(&spares->lock);
    return answer;
}

static enum status write_cached_zeros(int fd, struct view zeros, uint64_t from, uint64_t to,
                                      struct fault *fault)
{
    enum status status = STATUS_OK;
    for (uint64_t at = from; at < to && status == STATUS_OK; at += CACHED_BYTES) {
        size_t len = to - at < CACHED_BYTES ? (size_t)(to - at) : CACHED_BYTES;
        status = file_write_at(fd, view_part(zeros, 0, len), at, fault);
    }
    return status;
}

/* Past the page cache as far as that goes: nothing is copied, nor pushed out of memory. Says how
 * far it came. */
static uint64_t write_direct_zeros(int folder_fd, const char *name, struct view zeros,
                                   uint64_t from, uint64_t to)
{
    uint64_t at = from;
    bool is_aligned = from % DISK_BLOCK_BYTES == 0;
    int fd = is_aligned ? openat(folder_fd, name, O_WRONLY | O_DIRECT | O_CLOEXEC) : -1;
    while (fd >= 0 && to - at >= DISK_BLOCK_BYTES) {
        uint64_t whole = (to - at) / DISK_BLOCK_BYTES * DISK_BLOCK_BYTES;
        size_t len = whole < zeros.len ? (size_t)whole : zeros.len;
        ssize_t n = pwrite(fd, zeros.at, len, (off_t)at);
        if (n <= 0 || n % DISK_BLOCK_BYTES != 0) {
            break;
        }
        at += (uint64_t)n;
    }
    if (fd >= 0) {
        close(fd);
    }
    return at;
}

/* A file to be made ready. */
struct filling {
    int folder_fd;
    const char *name;
    int fd;
    struct view zeros;
    uint64_t bytes; /* as long it shall be */
};

/* A recycled file keeps its old frames; only its header must not be believed. */
static enum status write_zeros(const struct filling *filling, struct fault *fault)
{
    struct stat facts;
    if (fchmod(filling->fd, FILE_MODE) != 0 || fstat(filling->fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot prepare a spare segment");
    }
    uint64_t from = (uint64_t)facts.st_size;
    uint64_t head = from < FRAME_SEGMENT_HEADER_BYTES ? from : FRAME_SEGMENT_HEADER_BYTES;
    enum status status = write_cached_zeros(filling->fd, filling->zeros, 0, head, fault);
    uint64_t at = from < filling->bytes ? write_direct_zeros(filling->folder_fd, filling->name,
                                                             filling->zeros, from, filling->bytes)
                                        : from;
    if (status == STATUS_OK) {
        status = write_cached_zeros(filling->fd, filling->zeros, at, filling->bytes, fault);
    }
    if (status == STATUS_OK && fsync(filling->fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync a spare segment");
    }
    /* Direct writes would have to throw its pages out of the page cache one by one. */
    (void)posix_fadvise(filling->fd, 0, 0, POSIX_FADV_DONTNEED);
    return status;
}

static enum status fill(const struct segment_spares *spares, const char *name, bool is_used,
                        struct fault *fault)
{
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (is_used ? 0 : O_CREAT | O_EXCL);
    struct filling filling = {.folder_fd = spares->folder_fd,
                              .name = name,
                              .fd = openat(spares->folder_fd, name, flags, FILE_MODE),
                              .bytes = spares->segment_bytes};
    if (filling.fd < 0) {
        return fault_errno(fault, errno, "cannot open spare segment %s", name);
    }
    /* Pages that are only read are all the one page of zeros. */
    void *zeros = mmap(NULL, ZEROS_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    enum status status = STATUS_OK;
    if (zeros == MAP_FAILED) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory for zeros");
    } else {
        filling.zeros = view_make(zeros, ZEROS_BYTES);
        status = write_zeros(&filling, fault);
        munmap(zeros, ZEROS_BYTES);
    }
    close(filling.fd);
    return status;
}

/* Under the lock, but for the time it takes. */
static enum status make_ready(struct segment_spares *spares, struct fault *fault)
{
    bool is_used = spares->used_count > 0;
    uint64_t id = is_used ? spares->used[--spares->used_count] : spares->next_name++;
    char name[NAME_BYTES];
    spare_name(id, name);
    unsigned purges = spares->purges;
    int64_t begin_ms = clock_monotonic_ms(spares->clock);
    pthread_mutex_unlock(&spares->lock);
    enum status status = fill(spares, name, is_used, fault);
    pthread_mutex_lock(&spares->lock);
    int64_t now_ms = clock_monotonic_ms(spares->clock);
    if (status != STATUS_OK || now_ms - begin_ms > SLOW_FILL_MS) {
        spares->paused_until_ms = now_ms + SLOW_PAUSE_MS;
    }
    bool is_wanted = !is_used || purges == spares->purges;
    if (status == STATUS_OK && is_wanted) {
        spares->ready = id;
    } else {
        remove_spare(spares, id);
    }
    return status;
}

/* Under the lock, but for the sync. No writer can be about to make a file of that name: who asked
 * for a number and got none makes that one, and this is the next. */
static enum status give_name(struct segment_spares *spares, struct fault *fault)
{
    char from[NAME_BYTES];
    char to[SEGMENT_NAME_BYTES];
    uint32_t number = spares->last_number + 1;
    spare_name(spares->ready, from);
    segment_name(number, to);
    if (renameat(spares->folder_fd, from, spares->folder_fd, to) != 0) {
        return fault_errno(fault, errno, "cannot name a spare segment %s", to);
    }
    spares->ready = 0;
    spares->named = number;
    spares->is_safe = false;
    pthread_mutex_unlock(&spares->lock);
    enum status status = file_sync_folder(spares->folder_fd, fault);
    pthread_mutex_lock(&spares->lock);
    spares->is_safe = spares->named == number && status == STATUS_OK;
    return status;
}

enum status segment_spares_prepare(struct segment_spares *spares, struct fault *fault)
{
    pthread_mutex_lock(&spares->lock);
    enum status status = STATUS_OK;
    if (wants(spares)) {
        spares->is_preparing = true;
        status = wants_name(spares) ? give_name(spares, fault) : make_ready(spares, fault);
        spares->is_preparing = false;
    }
    pthread_mutex_unlock(&spares->lock);
    return status;
}

bool segment_spares_give(struct segment_spares *spares, const char *name, size_t bytes)
{
    bool is_taken = false;
    pthread_mutex_lock(&spares->lock);
    bool is_fit = bytes <= spares->segment_bytes && bytes >= spares->segment_bytes / 2;
    if (is_fit && spares->used_count < SEGMENT_SPARES_KEPT_MAX) {
        char spare[NAME_BYTES];
        spare_name(spares->next_name, spare);
        is_taken = renameat(spares->folder_fd, name, spares->folder_fd, spare) == 0;
        if (is_taken) {
            spares->used[spares->used_count++] = spares->next_name++;
        }
    }
    pthread_mutex_unlock(&spares->lock);
    return is_taken;
}

bool segment_spares_take(struct segment_spares *spares, uint32_t number, bool *is_safe)
{
    pthread_mutex_lock(&spares->lock);
    bool is_taken = spares->named == number;
    *is_safe = is_taken && spares->is_safe;
    spares->named = is_taken ? 0 : spares->named;
    spares->last_number = number;
    pthread_mutex_unlock(&spares->lock);
    return is_taken;
}

bool segment_spares_has(struct segment_spares *spares, uint32_t number)
{
    pthread_mutex_lock(&spares->lock);
    bool has = spares->named == number && spares->is_safe;
    pthread_mutex_unlock(&spares->lock);
    return has;
}

void segment_spares_purge(struct segment_spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    remove_all(spares);
    spares->purges++;
    spares->paused_until_ms = 0;
    pthread_mutex_unlock(&spares->lock);
}

uint64_t segment_spares_bytes(struct segment_spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    size_t files = spares->used_count + (spares->ready > 0 || spares->is_preparing ? 1 : 0) +
                   (spares->named > 0 ? 1 : 0);
    uint64_t bytes = (uint64_t)files * spares->segment_bytes;
    pthread_mutex_unlock(&spares->lock);
    return bytes;
}
