#include "privacy/identity.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { DIGEST_BYTES = 32 };

/* Site, a zero byte, id: through one context, whose cost is that of two blocks. */
static bool authenticate(const unsigned char key[KEY_RING_BYTES], struct view site, struct view id,
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
    bool is_made = HMAC(EVP_sha256(), key, KEY_RING_BYTES, whole, len, digest, &digest_len) != NULL;
    OPENSSL_cleanse(whole, len);
    if (whole != small) {
        free(whole);
    }
    return is_made && digest_len == DIGEST_BYTES;
}

/* The key is wiped afterwards. */
static enum status hash(unsigned char key[KEY_RING_BYTES], struct view site, struct view id,
                        char text[IDENTITY_TEXT_BYTES], struct fault *fault)
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char digest[DIGEST_BYTES];
    enum status status = authenticate(key, site, id, digest)
                             ? STATUS_OK
                             : fault_set(fault, STATUS_NO_MEMORY, "no memory for a hash");
    OPENSSL_cleanse(key, KEY_RING_BYTES);
    for (size_t i = 0; status == STATUS_OK && i < IDENTITY_TEXT_BYTES; i++) {
        text[i] = DIGITS[i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15];
    }
    return status;
}

enum status identity_hash(struct key_ring *ring, enum key_name name,
                          const struct key_moment *moment, const struct identity_of *of,
                          char text[IDENTITY_TEXT_BYTES], struct fault *fault)
{
    unsigned char key[KEY_RING_BYTES];
    enum status status = key_ring_give(ring, name, moment, key, fault);
    return status == STATUS_OK ? hash(key, of->site, of->id, text, fault) : status;
}

enum status identity_find(struct key_ring *ring, enum key_name name, const struct identity_of *of,
                          char text[IDENTITY_TEXT_BYTES], struct fault *fault)
{
    unsigned char key[KEY_RING_BYTES];
    enum status status = key_ring_find(ring, name, key, fault);
    return status == STATUS_OK ? hash(key, of->site, of->id, text, fault) : status;
}
