#include "privacy/raw_frame.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

enum { LEN_BYTES = 4, NONCE_BYTES = 12, TAG_BYTES = 16, ID_BYTES = 8, PARTS = 4 };

static void put(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(value >> (8 * i));
    }
}

static uint64_t take(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return value;
}

enum status raw_request_append(struct buf *out, const struct raw_request *request)
{
    const struct view parts[PARTS] = {request->path, request->query, request->content_type,
                                      request->body};
    unsigned char head[RAW_REQUEST_HEAD_BYTES];
    put(head, (uint64_t)request->received_ms, 8);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].len > RAW_FRAME_BYTES_MAX) {
            return STATUS_TOO_BIG;
        }
        put(head + 8 + 4 * i, parts[i].len, 4);
    }
    buf_append(out, head, sizeof(head));
    for (size_t i = 0; i < PARTS; i++) {
        buf_append_view(out, parts[i]);
    }
    return buf_status(out);
}

bool raw_request_read(struct view plain, struct raw_request *request)
{
    struct view *const parts[PARTS] = {&request->path, &request->query, &request->content_type,
                                       &request->body};
    if (plain.len < RAW_REQUEST_HEAD_BYTES) {
        return false;
    }
    size_t at = RAW_REQUEST_HEAD_BYTES;
    request->received_ms = (int64_t)take(plain.at, 8);
    for (size_t i = 0; i < PARTS; i++) {
        size_t len = (size_t)take(plain.at + 8 + 4 * i, 4);
        if (len > plain.len - at) {
            return false;
        }
        *parts[i] = view_make(plain.at + at, len);
        at += len;
    }
    return at == plain.len;
}

/* The key's id is authenticated with it. */
static bool seal(EVP_CIPHER_CTX *context, const struct raw_key *key, unsigned char *frame,
                 struct view plain)
{
    unsigned char id[ID_BYTES];
    unsigned char *nonce = frame + LEN_BYTES;
    unsigned char *tag = nonce + NONCE_BYTES;
    unsigned char *to = frame + RAW_FRAME_HEAD_BYTES;
    int len;
    put(id, key->id, ID_BYTES);
    put(frame, plain.len, LEN_BYTES);
    return context && RAND_bytes(nonce, NONCE_BYTES) == 1 &&
           EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, nonce) == 1 &&
           EVP_EncryptUpdate(context, NULL, &len, id, ID_BYTES) == 1 &&
           EVP_EncryptUpdate(context, to, &len, (const unsigned char *)plain.at, (int)plain.len) ==
               1 &&
           EVP_EncryptFinal_ex(context, to + len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1;
}

enum status raw_frame_seal(struct buf *out, const struct raw_key *key, struct view plain)
{
    if (plain.len == 0 || plain.len > RAW_FRAME_BYTES_MAX) {
        return STATUS_TOO_BIG;
    }
    size_t len = RAW_FRAME_HEAD_BYTES + plain.len;
    char *place = buf_reserve(out, len);
    if (!place) {
        return buf_status(out);
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_sealed = seal(context, key, (unsigned char *)place, plain);
    EVP_CIPHER_CTX_free(context);
    buf_used(out, is_sealed ? len : 0);
    return is_sealed ? STATUS_OK : STATUS_IO;
}

bool raw_frame_len(const char head[RAW_FRAME_HEAD_BYTES], size_t *len)
{
    *len = (size_t)take(head, LEN_BYTES);
    return *len >= RAW_REQUEST_HEAD_BYTES && *len <= RAW_FRAME_BYTES_MAX;
}

static bool open(EVP_CIPHER_CTX *context, struct view frame, const struct raw_key *key, char *plain)
{
    const unsigned char *bytes = (const unsigned char *)frame.at;
    unsigned char id[ID_BYTES];
    unsigned char tag[TAG_BYTES];
    unsigned char *to = (unsigned char *)plain;
    int len;
    put(id, key->id, ID_BYTES);
    memcpy(tag, bytes + LEN_BYTES + NONCE_BYTES, TAG_BYTES);
    return context &&
           EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, bytes + LEN_BYTES) ==
               1 &&
           EVP_DecryptUpdate(context, NULL, &len, id, ID_BYTES) == 1 &&
           EVP_DecryptUpdate(context, to, &len, bytes + RAW_FRAME_HEAD_BYTES,
                             (int)(frame.len - RAW_FRAME_HEAD_BYTES)) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(context, to + len, &len) == 1;
}

bool raw_frame_open(struct view frame, const struct raw_key *key, char *plain,
                    struct raw_request *request)
{
    size_t len;
    if (frame.len < RAW_FRAME_HEAD_BYTES || !raw_frame_len(frame.at, &len) ||
        frame.len - RAW_FRAME_HEAD_BYTES != len) {
        return false;
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_ours = open(context, frame, key, plain);
    EVP_CIPHER_CTX_free(context);
    return is_ours && raw_request_read(view_make(plain, len), request);
}
