#include "lake/erasure_key.h"

#include "base/file.h"
#include "base/hex.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_BYTES = 32,
    KEY_TEXT_BYTES = 2 * KEY_BYTES + 1,
    KEY_MODE = 0600,
    DIGEST_BYTES = 32,
    BLOCK_BYTES = 64, /* of SHA-256 */
};
static const char KEY_FILE[] = "ERASURE_KEY";

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NO_MEMORY, "no memory for a key");
}

static bool open_contexts(struct erasure_key *key)
{
    *key = (struct erasure_key){EVP_MD_CTX_new(), EVP_MD_CTX_new(), EVP_MD_CTX_new()};
    return key->inner && key->outer && key->work;
}

static bool begin_digest(EVP_MD_CTX *context, const unsigned char bytes[KEY_BYTES],
                         unsigned char pad)
{
    unsigned char block[BLOCK_BYTES];
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        block[i] = (unsigned char)((i < KEY_BYTES ? bytes[i] : 0) ^ pad);
    }
    bool is_begun = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                    EVP_DigestUpdate(context, block, sizeof(block)) == 1;
    OPENSSL_cleanse(block, sizeof(block));
    return is_begun;
}

/* RFC 2104. The bytes are wiped: the contexts hold what is needed of them. */
static enum status take_bytes(struct erasure_key *key, unsigned char bytes[KEY_BYTES],
                              struct fault *fault)
{
    bool is_taken = open_contexts(key) && begin_digest(key->inner, bytes, 0x36) &&
                    begin_digest(key->outer, bytes, 0x5c);
    OPENSSL_cleanse(bytes, KEY_BYTES);
    if (!is_taken) {
        erasure_key_free(key);
    }
    return is_taken ? STATUS_OK : no_memory(fault);
}

enum status erasure_key_load(struct erasure_key *key, int data_fd, struct fault *fault)
{
    struct buf text;
    unsigned char bytes[KEY_BYTES];
    *key = (struct erasure_key){0};
    buf_init(&text, 2 * KEY_TEXT_BYTES);
    enum status status = file_read(data_fd, KEY_FILE, &text, fault);
    struct view rest = buf_view(&text);
    if (status == STATUS_OK && !hex_read(view_cut(&rest, '\n'), bytes, KEY_BYTES)) {
        status = fault_set(fault, STATUS_DAMAGED, "the file %s in the data folder holds no key",
                           KEY_FILE);
    }
    if (text.at) {
        OPENSSL_cleanse(text.at, text.len);
    }
    buf_free(&text);
    return status == STATUS_OK ? take_bytes(key, bytes, fault) : status;
}

/* Not by file_replace(): nobody else may read it, at no moment. */
static enum status write_key(int data_fd, struct view text, struct fault *fault)
{
    static const char BESIDE[] = "_ERASURE_KEY";
    int fd = openat(data_fd, BESIDE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, KEY_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot create %s", BESIDE);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    if (status == STATUS_OK && (fchmod(fd, KEY_MODE) != 0 || fsync(fd) != 0 ||
                                renameat(data_fd, BESIDE, data_fd, KEY_FILE) != 0)) {
        status = fault_errno(fault, errno, "cannot write %s", KEY_FILE);
    }
    close(fd);
    return status == STATUS_OK ? file_sync_folder(data_fd, fault) : status;
}

enum status erasure_key_make(struct erasure_key *key, int data_fd, struct fault *fault)
{
    char line[KEY_TEXT_BYTES];
    unsigned char bytes[KEY_BYTES];
    *key = (struct erasure_key){0};
    enum status status = uuid_random(bytes, KEY_BYTES, fault);
    hex_write(line, bytes, KEY_BYTES);
    line[KEY_TEXT_BYTES - 1] = '\n';
    if (status == STATUS_OK) {
        status = write_key(data_fd, view_make(line, sizeof(line)), fault);
    }
    OPENSSL_cleanse(line, sizeof(line));
    return status == STATUS_OK ? take_bytes(key, bytes, fault) : status;
}

void erasure_key_free(struct erasure_key *key)
{
    EVP_MD_CTX_free(key->inner);
    EVP_MD_CTX_free(key->outer);
    EVP_MD_CTX_free(key->work);
    *key = (struct erasure_key){0};
}

enum status erasure_key_copy(struct erasure_key *copy, const struct erasure_key *key,
                             struct fault *fault)
{
    erasure_key_free(copy);
    if (!erasure_key_is_there(key)) {
        return STATUS_OK;
    }
    bool is_copied = open_contexts(copy) && EVP_MD_CTX_copy_ex(copy->inner, key->inner) == 1 &&
                     EVP_MD_CTX_copy_ex(copy->outer, key->outer) == 1;
    if (!is_copied) {
        erasure_key_free(copy);
    }
    return is_copied ? STATUS_OK : no_memory(fault);
}

bool erasure_key_is_there(const struct erasure_key *key)
{
    return key->inner != NULL;
}

void erasure_key_hash(const struct erasure_key *key, struct view site, struct view id,
                      unsigned char bytes[ERASURE_HASH_BYTES])
{
    unsigned char digest[DIGEST_BYTES] = {0};
    /* Nothing of this allocates once the contexts are made; were it to fail all the same, the zeros
     * would be no one's. */
    bool is_done = key->inner && EVP_MD_CTX_copy_ex(key->work, key->inner) == 1 &&
                   EVP_DigestUpdate(key->work, site.at, site.len) == 1 &&
                   EVP_DigestUpdate(key->work, "", 1) == 1 &&
                   EVP_DigestUpdate(key->work, id.at, id.len) == 1 &&
                   EVP_DigestFinal_ex(key->work, digest, NULL) == 1 &&
                   EVP_MD_CTX_copy_ex(key->work, key->outer) == 1 &&
                   EVP_DigestUpdate(key->work, digest, sizeof(digest)) == 1 &&
                   EVP_DigestFinal_ex(key->work, digest, NULL) == 1;
    memset(bytes, 0, ERASURE_HASH_BYTES);
    if (is_done) {
        memcpy(bytes, digest, ERASURE_HASH_BYTES);
    }
}
