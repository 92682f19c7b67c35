#include "privacy/identity.h"

#include "base/file.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_BYTES = 32, LINE_BYTES = 128, KEY_MODE = 0600, DIGEST_BYTES = 32 };
static const int64_t DAY_MS = 86400000;
static const char *const FILES[IDENTITY_KEYS] = {"IDENTITY_KEY", "DAILY_SALT"};

struct key {
    bool is_there;
    bool is_read; /* whether the file was looked for */
    int64_t made_ms;
    unsigned char bytes[KEY_BYTES];
};

struct identity {
    int data_fd;
    int64_t rotation_ms;
    pthread_mutex_t lock;
    struct key keys[IDENTITY_KEYS];
};

enum status identity_open(struct identity **identity, int data_fd, int64_t rotation_ms,
                          struct fault *fault)
{
    struct identity *made = calloc(1, sizeof(*made));
    *identity = made;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for keys");
    }
    made->data_fd = data_fd;
    made->rotation_ms = rotation_ms;
    pthread_mutex_init(&made->lock, NULL);
    return STATUS_OK;
}

void identity_close(struct identity *identity)
{
    if (identity) {
        pthread_mutex_destroy(&identity->lock);
        OPENSSL_cleanse(identity, sizeof(*identity));
        free(identity);
    }
}

/* A clock that was set back makes no key last longer than it should. */
static bool is_over(const struct identity *identity, enum identity_key which, int64_t now_ms)
{
    int64_t made_ms = identity->keys[which].made_ms;
    return which == IDENTITY_OF_DAY
               ? made_ms / DAY_MS != now_ms / DAY_MS
               : now_ms - made_ms >= identity->rotation_ms || made_ms - now_ms > DAY_MS;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_key(struct key *key, struct view line)
{
    struct view made = view_cut(&line, ' ');
    struct view hex = view_cut(&line, '\n');
    if (!view_to_int64(made, &key->made_ms) || hex.len != 2 * (size_t)KEY_BYTES) {
        return false;
    }
    for (size_t i = 0; i < KEY_BYTES; i++) {
        int high = hex_digit(hex.at[2 * i]);
        int low = hex_digit(hex.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        key->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static enum status load(struct identity *identity, enum identity_key which, struct fault *fault)
{
    struct key *key = &identity->keys[which];
    struct buf text;
    buf_init(&text, LINE_BYTES);
    enum status status = file_read(identity->data_fd, FILES[which], &text, fault);
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
static enum status destroy(struct identity *identity, enum identity_key which, struct fault *fault)
{
    static const char ZEROS[LINE_BYTES];
    int fd = openat(identity->data_fd, FILES[which], O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    enum status status = STATUS_OK;
    OPENSSL_cleanse(&identity->keys[which], sizeof(identity->keys[which]));
    if (fd < 0) {
        return errno == ENOENT ? STATUS_OK
                               : fault_errno(fault, errno, "cannot open %s", FILES[which]);
    }
    status = file_write_at(fd, view_make(ZEROS, sizeof(ZEROS)), 0, fault);
    if (status == STATUS_OK && fdatasync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", FILES[which]);
    }
    close(fd);
    if (status == STATUS_OK && unlinkat(identity->data_fd, FILES[which], 0) != 0) {
        status = fault_errno(fault, errno, "cannot remove %s", FILES[which]);
    }
    return status == STATUS_OK ? file_sync_folder(identity->data_fd, fault) : status;
}

static enum status write_key(struct identity *identity, enum identity_key which,
                             struct fault *fault)
{
    const struct key *key = &identity->keys[which];
    char line[LINE_BYTES];
    int len = snprintf(line, sizeof(line), "%lld ", (long long)key->made_ms);
    for (size_t i = 0; i < KEY_BYTES; i++) {
        len += snprintf(line + len, sizeof(line) - (size_t)len, "%02x", key->bytes[i]);
    }
    line[len++] = '\n';
    /* Not by file_replace(): nobody else may read it at any moment. */
    int fd = openat(identity->data_fd, FILES[which],
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, KEY_MODE);
    enum status status = fd < 0 || fchmod(fd, KEY_MODE) != 0
                             ? fault_errno(fault, errno, "cannot make %s", FILES[which])
                             : file_write_at(fd, view_make(line, (size_t)len), 0, fault);
    if (status == STATUS_OK && fsync(fd) != 0) {
        status = fault_errno(fault, errno, "cannot sync %s", FILES[which]);
    }
    if (fd >= 0) {
        close(fd);
    }
    OPENSSL_cleanse(line, sizeof(line));
    return status == STATUS_OK ? file_sync_folder(identity->data_fd, fault) : status;
}

static enum status make(struct identity *identity, enum identity_key which, int64_t now_ms,
                        struct fault *fault)
{
    struct key *key = &identity->keys[which];
    enum status status = uuid_random(key->bytes, KEY_BYTES, fault);
    key->made_ms = now_ms;
    status = status == STATUS_OK ? write_key(identity, which, fault) : status;
    key->is_there = status == STATUS_OK;
    key->is_read = true;
    return status;
}

/* Under the lock. */
static enum status end_what_is_over(struct identity *identity, enum identity_key which,
                                    int64_t now_ms, struct fault *fault)
{
    struct key *key = &identity->keys[which];
    enum status status = key->is_read ? STATUS_OK : load(identity, which, fault);
    return status == STATUS_OK && key->is_there && is_over(identity, which, now_ms)
               ? destroy(identity, which, fault)
               : status;
}

static enum status copy_key(struct identity *identity, int64_t now_ms, enum identity_key which,
                            unsigned char bytes[KEY_BYTES], struct fault *fault)
{
    pthread_mutex_lock(&identity->lock);
    enum status status = end_what_is_over(identity, which, now_ms, fault);
    if (status == STATUS_OK && !identity->keys[which].is_there) {
        status = make(identity, which, now_ms, fault);
    }
    memcpy(bytes, identity->keys[which].bytes, KEY_BYTES);
    pthread_mutex_unlock(&identity->lock);
    return status;
}

/* Site, a zero byte, id: through one context, whose cost is that of two blocks. */
static bool authenticate(const unsigned char key[KEY_BYTES], struct view site, struct view id,
                         unsigned char digest[DIGEST_BYTES])
{
    unsigned char small[512];
    size_t len = site.len + 1 + id.len;
    unsigned char *whole = len <= sizeof(small) ? small : malloc(len); /* input decides: rare */
    unsigned digest_len = 0;
    if (!whole) {
        return false;
    }
    memcpy(whole, site.at ? site.at : "", site.len);
    whole[site.len] = 0;
    memcpy(whole + site.len + 1, id.at ? id.at : "", id.len);
    bool is_made = HMAC(EVP_sha256(), key, KEY_BYTES, whole, len, digest, &digest_len) != NULL;
    OPENSSL_cleanse(whole, len);
    if (whole != small) {
        free(whole);
    }
    return is_made && digest_len == DIGEST_BYTES;
}

/* The key is wiped afterwards. */
static enum status hash(unsigned char key[KEY_BYTES], struct view site, struct view id,
                        char text[IDENTITY_TEXT_BYTES], struct fault *fault)
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char digest[DIGEST_BYTES];
    enum status status = authenticate(key, site, id, digest)
                             ? STATUS_OK
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory for a hash");
    OPENSSL_cleanse(key, KEY_BYTES);
    for (size_t i = 0; status == STATUS_OK && i < IDENTITY_TEXT_BYTES; i++) {
        text[i] = DIGITS[i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15];
    }
    return status;
}

enum status identity_hash(struct identity *identity, int64_t now_ms, enum identity_key which,
                          struct view site, struct view id, char text[IDENTITY_TEXT_BYTES],
                          struct fault *fault)
{
    unsigned char key[KEY_BYTES];
    enum status status = copy_key(identity, now_ms, which, key, fault);
    return status == STATUS_OK ? hash(key, site, id, text, fault) : status;
}

enum status identity_find(struct identity *identity, enum identity_key which, struct view site,
                          struct view id, char text[IDENTITY_TEXT_BYTES], struct fault *fault)
{
    unsigned char bytes[KEY_BYTES];
    const struct key *key = &identity->keys[which];
    pthread_mutex_lock(&identity->lock);
    enum status status = key->is_read ? STATUS_OK : load(identity, which, fault);
    if (status == STATUS_OK && !key->is_there) {
        status = fault_set(fault, STATUS_NOT_FOUND, "there is no %s", FILES[which]);
    }
    memcpy(bytes, key->bytes, KEY_BYTES);
    pthread_mutex_unlock(&identity->lock);
    return status == STATUS_OK ? hash(bytes, site, id, text, fault) : status;
}

enum status identity_tick(struct identity *identity, int64_t now_ms, struct fault *fault)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&identity->lock);
    for (enum identity_key which = 0; which < IDENTITY_KEYS && status == STATUS_OK; which++) {
        status = end_what_is_over(identity, which, now_ms, fault);
    }
    pthread_mutex_unlock(&identity->lock);
    return status;
}
