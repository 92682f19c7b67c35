#include "privacy/key_ring.h"

#include "base/file.h"
#include "base/hex.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 128, KEY_MODE = 0600 };
static const int64_t DAY_MS = 86400000;
static const char *const FILES[KEY_NAMES] = {"IDENTITY_KEY", "DAILY_SALT", "SCRUB_KEY"};

struct key {
    bool is_there;
    bool is_read; /* whether the file was looked for */
    int64_t made_ms;
    unsigned char bytes[KEY_RING_BYTES];
};

struct key_ring {
    int data_fd;
    struct key_periods periods;
    pthread_mutex_t lock;
    struct key keys[KEY_NAMES];
};

enum status key_ring_open(struct key_ring **ring, int data_fd, const struct key_periods *periods,
                          struct fault *fault)
{
    struct key_ring *made = calloc(1, sizeof(*made));
    *ring = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for keys");
    }
    made->data_fd = data_fd;
    made->periods = *periods;
    pthread_mutex_init(&made->lock, NULL);
    return STATUS_OK;
}

void key_ring_close(struct key_ring *ring)
{
    if (ring) {
        pthread_mutex_destroy(&ring->lock);
        OPENSSL_cleanse(ring, sizeof(*ring));
        free(ring);
    }
}

static int64_t period_of(const struct key_ring *ring, enum key_name name)
{
    return name == KEY_OF_IDS ? ring->periods.ids_ms : ring->periods.scrubbed_ms;
}

/* A clock that was set back makes no key last longer than it should. */
static bool is_over(const struct key_ring *ring, enum key_name name, int64_t now_ms)
{
    int64_t made_ms = ring->keys[name].made_ms;
    int64_t ahead_ms = period_of(ring, name) < DAY_MS ? period_of(ring, name) : DAY_MS;
    return name == KEY_OF_DAY
               ? made_ms / DAY_MS != now_ms / DAY_MS
               : now_ms - made_ms >= period_of(ring, name) || made_ms - now_ms > ahead_ms;
}

static bool read_key(struct key *key, struct view line)
{
    struct view made = view_cut(&line, ' ');
    return view_to_int64(made, &key->made_ms) &&
           hex_read(view_cut(&line, '\n'), key->bytes, KEY_RING_BYTES);
}

static enum status load(struct key_ring *ring, enum key_name name, struct fault *fault)
{
    struct key *key = &ring->keys[name];
    struct buf text;
    buf_init(&text, LINE_BYTES);
    enum status status = file_read(ring->data_fd, FILES[name], &text, fault);
    if (status == STATUS_OK && !read_key(key, buf_view(&text))) {
        /* One that nobody can read made hashes that nobody can make again: as after a rotation. */
        status = STATUS_NOT_FOUND;
    }
    key->is_there = status == STATUS_OK;
    key->is_read = status == STATUS_OK || status == STATUS_NOT_FOUND;
    if (text.at) {
        OPENSSL_cleanse(text.at, text.len);
    }
    buf_free(&text);
    return key->is_read ? STATUS_OK : status;
}

/* Overwritten and synced before its name goes: an old key is not to be found in a free block. What
 * a copying file system or the disk itself keeps is out of reach (docs/privacy.md). */
static enum status destroy(struct key_ring *ring, enum key_name name, struct fault *fault)
{
    static const char ZEROS[LINE_BYTES];
    int fd = openat(ring->data_fd, FILES[name], O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    enum status status = STATUS_OK;
    OPENSSL_cleanse(&ring->keys[name], sizeof(ring->keys[name]));
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK
                               : fault_errno(fault, errno, "cannot open %s", FILES[name]);
    }
    status = file_write_at(fd, view_make(ZEROS, sizeof(ZEROS)), 0, fault);
    if (status == STATUS_OK && fdatasync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", FILES[name]);
    }
    close(fd);
    if (status == STATUS_OK && unlinkat(ring->data_fd, FILES[name], 0) != 0) {
        status = fault_errno(fault, errno, "cannot remove %s", FILES[name]);
    }
    return status == STATUS_OK ? file_sync_folder(ring->data_fd, fault) : status;
}

static enum status write_key(struct key_ring *ring, enum key_name name, struct fault *fault)
{
    const struct key *key = &ring->keys[name];
    char line[LINE_BYTES];
    int len = snprintf(line, sizeof(line), "%lld ", (long long)key->made_ms);
    hex_write(line + len, key->bytes, KEY_RING_BYTES);
    len += 2 * KEY_RING_BYTES;
    line[len++] = '\n';
    /* Not by file_replace(): nobody else may read it at any moment. */
    int fd = openat(ring->data_fd, FILES[name],
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, KEY_MODE);
    enum status status = fd < 0 || fchmod(fd, KEY_MODE) != 0
                             ? fault_errno(fault, errno, "cannot make %s", FILES[name])
                             : file_write_at(fd, view_make(line, (size_t)len), 0, fault);
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", FILES[name]);
    }
    if (fd >= 0) {
        close(fd);
    }
    OPENSSL_cleanse(line, sizeof(line));
    return status == STATUS_OK ? file_sync_folder(ring->data_fd, fault) : status;
}

static enum status make(struct key_ring *ring, enum key_name name, int64_t now_ms,
                        struct fault *fault)
{
    struct key *key = &ring->keys[name];
    enum status status = uuid_random(key->bytes, KEY_RING_BYTES, fault);
    key->made_ms = now_ms;
    status = status == STATUS_OK ? write_key(ring, name, fault) : status;
    key->is_there = status == STATUS_OK;
    key->is_read = true;
    return status;
}

/* Under the lock. */
static enum status end_what_is_over(struct key_ring *ring, enum key_name name, int64_t now_ms,
                                    struct fault *fault)
{
    struct key *key = &ring->keys[name];
    enum status status = key->is_read ? STATUS_OK : load(ring, name, fault);
    return status == STATUS_OK && key->is_there && is_over(ring, name, now_ms)
               ? destroy(ring, name, fault)
               : status;
}

static enum status none(enum key_name name, struct fault *fault)
{
    return fault_set(fault, STATUS_NOT_FOUND, "there is no %s of that time", FILES[name]);
}

/* Under the lock. What came before the key that serves now was made had another one. */
static enum status need(struct key_ring *ring, enum key_name name, const struct key_moment *moment,
                        struct fault *fault)
{
    const struct key *key = &ring->keys[name];
    bool is_past = moment->of_ms < moment->now_ms;
    enum status status = end_what_is_over(ring, name, moment->now_ms, fault);
    if (status == STATUS_OK && !key->is_there) {
        return is_past ? none(name, fault) : make(ring, name, moment->now_ms, fault);
    }
    return status == STATUS_OK && is_past && moment->of_ms < key->made_ms ? none(name, fault)
                                                                          : status;
}

enum status key_ring_give(struct key_ring *ring, enum key_name name,
                          const struct key_moment *moment, unsigned char bytes[KEY_RING_BYTES],
                          struct fault *fault)
{
    pthread_mutex_lock(&ring->lock);
    enum status status = need(ring, name, moment, fault);
    if (status == STATUS_OK) {
        memcpy(bytes, ring->keys[name].bytes, KEY_RING_BYTES);
    }
    pthread_mutex_unlock(&ring->lock);
    return status;
}

enum status key_ring_find(struct key_ring *ring, enum key_name name,
                          unsigned char bytes[KEY_RING_BYTES], struct fault *fault)
{
    const struct key *key = &ring->keys[name];
    pthread_mutex_lock(&ring->lock);
    enum status status = key->is_read ? STATUS_OK : load(ring, name, fault);
    if (status == STATUS_OK && !key->is_there) {
        status = fault_set(fault, STATUS_NOT_FOUND, "there is no %s", FILES[name]);
    }
    if (status == STATUS_OK) {
        memcpy(bytes, key->bytes, KEY_RING_BYTES);
    }
    pthread_mutex_unlock(&ring->lock);
    return status;
}

enum status key_ring_tick(struct key_ring *ring, int64_t now_ms, struct fault *fault)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&ring->lock);
    for (enum key_name name = 0; name < KEY_NAMES && status == STATUS_OK; name++) {
        status = end_what_is_over(ring, name, now_ms, fault);
    }
    pthread_mutex_unlock(&ring->lock);
    return status;
}
