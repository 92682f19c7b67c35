#include "lake/key_run.h"

#include "base/crc32c.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 64, CHUNK_KEYS = 1024 };

/* 64 bytes in this machine's byte order: a run is a cache of what parts hold, and a machine of the
 * other order refuses it by its magic. */
struct header {
    uint64_t magic;
    uint64_t version;
    uint64_t count;
    int64_t received_ms;
    uint64_t keys_crc;
    uint64_t header_crc; /* of the fields above */
    uint64_t unused[2];
};

static const uint64_t MAGIC = 0x5359454b53504950; /* "PIPSKEYS" in little-endian */
enum { VERSION = 1 };

int key_compare(const void *a, const void *b)
{
    const struct key *left = a;
    const struct key *right = b;
    if (left->high != right->high) {
        return left->high < right->high ? -1 : 1;
    }
    return (left->low > right->low) - (left->low < right->low);
}

/* Writes keys in chunks and keeps their sum. */
struct output {
    int fd;
    uint64_t offset;
    struct file_pace pace;
    uint64_t count;
    uint32_t crc;
    size_t filled;
    struct key chunk[CHUNK_KEYS];
};

static enum status flush(struct output *output, struct fault *fault)
{
    struct view bytes = view_make((const char *)output->chunk, output->filled * sizeof(struct key));
    enum status status = file_write_at(output->fd, bytes, output->offset, fault);
    output->crc = crc32c(output->crc, bytes.at, bytes.len);
    output->offset += bytes.len;
    file_pace(&output->pace, output->fd, output->offset);
    output->count += output->filled;
    output->filled = 0;
    return status;
}

static enum status put(struct output *output, struct key key, struct fault *fault)
{
    output->chunk[output->filled++] = key;
    return output->filled == CHUNK_KEYS ? flush(output, fault) : STATUS_OK;
}

static enum status begin(struct output *output, int folder_fd, const char *beside,
                         struct fault *fault)
{
    output->fd = openat(folder_fd, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    output->offset = sizeof(struct header);
    output->count = 0;
    output->crc = 0;
    output->filled = 0;
    return output->fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot create %s", beside);
}

static enum status finish(struct output *output, int64_t received_ms, struct fault *fault)
{
    enum status status = flush(output, fault);
    struct header header = {.magic = MAGIC,
                            .version = VERSION,
                            .count = output->count,
                            .received_ms = received_ms,
                            .keys_crc = output->crc};
    header.header_crc = crc32c(0, &header, offsetof(struct header, header_crc));
    if (status == STATUS_OK) {
        status =
            file_write_at(output->fd, view_make((const char *)&header, sizeof(header)), 0, fault);
    }
    if (status == STATUS_OK && (fchmod(output->fd, FILE_MODE) != 0 || fsync(output->fd) != 0)) {
        status = fault_errno(fault, errno, "cannot sync a file of keys");
    }
    return status;
}

/* Closes, and puts the file in its place or removes it. */
static enum status settle(struct output *output, int folder_fd, const char *beside,
                          const char *name, enum status status, struct fault *fault)
{
    if (output->fd >= 0) {
        close(output->fd);
    }
    if (status == STATUS_OK && renameat(folder_fd, beside, folder_fd, name) != 0) {
        status = fault_errno(fault, errno, "cannot rename %s to %s", beside, name);
    }
    if (status != STATUS_OK) {
        unlinkat(folder_fd, beside, 0);
        return status;
    }
    return file_sync_folder(folder_fd, fault);
}

enum status key_run_write(int folder_fd, const char *name, const struct key *keys, uint64_t count,
                          int64_t received_ms, struct fault *fault)
{
    char beside[NAME_BYTES];
    snprintf(beside, sizeof(beside), "_%s", name);
    struct output output;
    enum status status = begin(&output, folder_fd, beside, fault);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        status = put(&output, keys[i], fault);
    }
    if (status == STATUS_OK) {
        status = finish(&output, received_ms, fault);
    }
    return settle(&output, folder_fd, beside, name, status, fault);
}

static enum status put_both(struct output *output, const struct key_run *a, const struct key_run *b,
                            struct fault *fault)
{
    enum status status = STATUS_OK;
    uint64_t i = 0;
    uint64_t k = 0;
    while (status == STATUS_OK && (i < a->count || k < b->count)) {
        int order = i == a->count ? 1 : k == b->count ? -1 : key_compare(&a->keys[i], &b->keys[k]);
        status = put(output, order <= 0 ? a->keys[i] : b->keys[k], fault);
        i += order <= 0;
        k += order >= 0;
    }
    return status;
}

enum status key_run_merge(int folder_fd, const char *name, const struct key_run *a,
                          const struct key_run *b, struct fault *fault)
{
    char beside[NAME_BYTES];
    snprintf(beside, sizeof(beside), "_%s", name);
    int64_t received_ms = a->received_ms > b->received_ms ? a->received_ms : b->received_ms;
    struct output output;
    enum status status = begin(&output, folder_fd, beside, fault);
    if (status == STATUS_OK) {
        status = put_both(&output, a, b, fault);
    }
    if (status == STATUS_OK) {
        status = finish(&output, received_ms, fault);
    }
    return settle(&output, folder_fd, beside, name, status, fault);
}

static enum status check(struct key_run *run, const char *name, struct fault *fault)
{
    const struct header *header = run->mapping;
    uint64_t room = (run->mapped_bytes - sizeof(*header)) / sizeof(struct key);
    if (header->magic != MAGIC || header->version != VERSION ||
        header->header_crc != crc32c(0, header, offsetof(struct header, header_crc)) ||
        header->count != room || run->mapped_bytes % sizeof(struct key) != 0) {
        return fault_set(fault, STATUS_DAMAGED, "%s is not a whole file of keys", name);
    }
    run->keys = (const struct key *)(header + 1);
    run->count = header->count;
    run->received_ms = header->received_ms;
    return STATUS_OK;
}

static enum status check_keys(const struct key_run *run, const char *name, struct fault *fault)
{
    const struct header *header = run->mapping;
    if (crc32c(0, run->keys, run->count * sizeof(struct key)) != header->keys_crc) {
        return fault_set(fault, STATUS_DAMAGED, "the keys in %s do not match their checksum", name);
    }
    return STATUS_OK;
}

enum status key_run_open(struct key_run *run, int folder_fd, const char *name, struct fault *fault)
{
    enum status status = key_run_map(run, folder_fd, name, fault);
    if (status == STATUS_OK) {
        status = check_keys(run, name, fault);
    }
    if (status != STATUS_OK) {
        key_run_close(run);
    }
    return status;
}

enum status key_run_map(struct key_run *run, int folder_fd, const char *name, struct fault *fault)
{
    *run = (struct key_run){0};
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat facts = {0};
    if (fd < 0 || fstat(fd, &facts) != 0) {
        enum status status = fault_errno(fault, errno, "cannot open %s", name);
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    void *mapping = MAP_FAILED;
    if (facts.st_size >= (off_t)sizeof(struct header)) {
        mapping = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (mapping == MAP_FAILED) {
        return fault_set(fault, STATUS_DAMAGED, "%s cannot be mapped: it has %lld bytes", name,
                         (long long)facts.st_size);
    }
    run->mapping = mapping;
    run->mapped_bytes = (size_t)facts.st_size;
    enum status status = check(run, name, fault);
    if (status != STATUS_OK) {
        key_run_close(run);
    }
    return status;
}

void key_run_close(struct key_run *run)
{
    if (run->mapping) {
        munmap(run->mapping, run->mapped_bytes);
    }
    *run = (struct key_run){0};
}

/* Where the key would stand if all were evenly spread. */
static uint64_t guess(const struct key_run *run, struct key key)
{
    return (uint64_t)(((unsigned __int128)key.high * run->count) >> 64);
}

void key_run_expect(const struct key_run *run, struct key key)
{
    if (run->count > 0) {
        __builtin_prefetch(&run->keys[guess(run, key)]);
    }
}

bool key_run_has(const struct key_run *run, struct key key)
{
    if (run->count == 0) {
        return false;
    }
    /* Widen around the guess until the key lies within, then halve. */
    uint64_t low = guess(run, key);
    uint64_t high = low + 1;
    uint64_t step = 16;
    while (low > 0 && key_compare(&run->keys[low], &key) > 0) {
        low = low > step ? low - step : 0;
        step *= 2;
    }
    step = 16;
    while (high < run->count && key_compare(&run->keys[high], &key) <= 0) {
        high = run->count - high > step ? high + step : run->count;
        step *= 2;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (key_compare(&run->keys[middle], &key) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return key_compare(&run->keys[low], &key) == 0;
}
