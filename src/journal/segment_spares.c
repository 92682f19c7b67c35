#include "journal/segment_spares.h"

#include "base/file.h"
#include "journal/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Larger writes into new pages cost more a byte here, not less (measured). */
enum { NAME_BYTES = 32, ZEROS_BYTES = 64 * 1024, OVERTAKEN_PAUSE_MS = 1000 };

struct segment_spares {
    size_t segment_bytes;
    const struct clock *clock;
    pthread_mutex_t lock;
    int folder_fd;
    uint64_t next_name;
    uint64_t used[SEGMENT_SPARES_KEPT_MAX]; /* names of recycled files, header not yet zeroed */
    size_t used_count;
    uint64_t ready; /* 0: none */
    bool is_preparing;
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

void segment_spares_destroy(struct segment_spares *spares)
{
    if (!spares) {
        return;
    }
    for (size_t i = 0; i < spares->used_count; i++) {
        remove_spare(spares, spares->used[i]);
    }
    if (spares->ready > 0) {
        remove_spare(spares, spares->ready);
    }
    pthread_mutex_destroy(&spares->lock);
    free(spares);
}

void segment_spares_set_folder(struct segment_spares *spares, int folder_fd)
{
    pthread_mutex_lock(&spares->lock);
    spares->folder_fd = folder_fd;
    pthread_mutex_unlock(&spares->lock);
}

static bool wants(const struct segment_spares *spares)
{
    return spares->folder_fd >= 0 && spares->ready == 0 && !spares->is_preparing &&
           (spares->used_count > 0 || clock_monotonic_ms(spares->clock) >= spares->paused_until_ms);
}

bool segment_spares_wants(struct segment_spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    bool answer = wants(spares);
    pthread_mutex_unlock(&spares->lock);
    return answer;
}

static enum status write_zeros(int fd, size_t from, size_t to, struct fault *fault)
{
    static const char zeros[ZEROS_BYTES];
    enum status status = STATUS_OK;
    for (size_t at = from; at < to && status == STATUS_OK; at += ZEROS_BYTES) {
        size_t len = to - at < ZEROS_BYTES ? to - at : ZEROS_BYTES;
        status = file_write_at(fd, view_make(zeros, len), at, fault);
    }
    return status;
}

/* A recycled file keeps its old frames; only its header must not be believed. */
static enum status zero_header_and_rest(int fd, size_t segment_bytes, struct fault *fault)
{
    struct stat facts;
    if (fchmod(fd, FILE_MODE) != 0 || fstat(fd, &facts) != 0) {
        return fault_errno(fault, errno, "cannot prepare a spare segment");
    }
    enum status status = write_zeros(fd, 0, FRAME_SEGMENT_HEADER_BYTES, fault);
    size_t rest = (size_t)facts.st_size;
    if (status == STATUS_OK) {
        rest = rest < FRAME_SEGMENT_HEADER_BYTES ? FRAME_SEGMENT_HEADER_BYTES : rest;
        status = write_zeros(fd, rest, segment_bytes, fault);
    }
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync a spare segment");
    }
    return status;
}

static enum status fill(const struct segment_spares *spares, const char *name, bool is_used,
                        struct fault *fault)
{
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (is_used ? 0 : O_CREAT | O_EXCL);
    int fd = openat(spares->folder_fd, name, flags, FILE_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot open spare segment %s", name);
    }
    enum status status = zero_header_and_rest(fd, spares->segment_bytes, fault);
    close(fd);
    return status;
}

enum status segment_spares_prepare(struct segment_spares *spares, struct fault *fault)
{
    pthread_mutex_lock(&spares->lock);
    if (!wants(spares)) {
        pthread_mutex_unlock(&spares->lock);
        return STATUS_OK;
    }
    bool is_used = spares->used_count > 0;
    uint64_t id = is_used ? spares->used[--spares->used_count] : spares->next_name++;
    spares->is_preparing = true;
    pthread_mutex_unlock(&spares->lock);

    char name[NAME_BYTES];
    spare_name(id, name);
    enum status status = fill(spares, name, is_used, fault);

    pthread_mutex_lock(&spares->lock);
    spares->is_preparing = false;
    if (status == STATUS_OK) {
        spares->ready = id;
    } else {
        remove_spare(spares, id);
        spares->paused_until_ms = clock_monotonic_ms(spares->clock) + OVERTAKEN_PAUSE_MS;
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

bool segment_spares_take(struct segment_spares *spares, const char *name)
{
    bool is_taken = false;
    pthread_mutex_lock(&spares->lock);
    if (spares->ready > 0) {
        char spare[NAME_BYTES];
        spare_name(spares->ready, spare);
        is_taken = renameat(spares->folder_fd, spare, spares->folder_fd, name) == 0;
        spares->ready = 0;
    }
    if (!is_taken) {
        spares->paused_until_ms = clock_monotonic_ms(spares->clock) + OVERTAKEN_PAUSE_MS;
    }
    pthread_mutex_unlock(&spares->lock);
    return is_taken;
}

uint64_t segment_spares_bytes(struct segment_spares *spares)
{
    pthread_mutex_lock(&spares->lock);
    size_t files = spares->used_count + (spares->ready > 0 || spares->is_preparing ? 1 : 0);
    uint64_t bytes = (uint64_t)files * spares->segment_bytes;
    pthread_mutex_unlock(&spares->lock);
    return bytes;
}
