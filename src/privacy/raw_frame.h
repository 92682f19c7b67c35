/*
 * raw_frame.h - a request as it came, sealed with AES-256-GCM, as it stands in a file of
 * data/raw-requests.
 *
 *     bytes of the ciphertext   4, least first
 *     nonce                    12, random
 *     tag                      16
 *     ciphertext                   time 8, lengths 4 each of path, query, content type, body; these
 *
 * What is sealed cannot be moved to another file: the key's id is authenticated with it.
 *
 *     raw_frame_seal(&out, &key, &request);
 *     raw_frame_len(head, &len);                        of the next frame's first bytes
 *     raw_frame_open(frame, &key, plain, &request);     borrows from `plain`
 */
#ifndef PIPES_PRIVACY_RAW_FRAME_H
#define PIPES_PRIVACY_RAW_FRAME_H

#include "base/buf.h"

#include <stdbool.h>

enum {
    RAW_KEY_BYTES = 32,
    RAW_FRAME_HEAD_BYTES = 32,
    RAW_REQUEST_HEAD_BYTES = 24,
    RAW_FRAME_BYTES_MAX = 64 << 20 /* of the ciphertext */
};

struct raw_key {
    uint64_t id;
    unsigned char bytes[RAW_KEY_BYTES];
};

/* All that is kept of one; views are borrowed. */
struct raw_request {
    int64_t received_ms;
    struct view path;
    struct view query;
    struct view content_type;
    struct view body;
};

/* The plain form. STATUS_TOO_BIG, STATUS_NO_MEMORY. */
enum status raw_request_append(struct buf *out, const struct raw_request *request) MUST_CHECK;
/* False when the bytes are none, all of them. */
bool raw_request_read(struct view plain, struct raw_request *request);

/* Appends a frame of the plain form. STATUS_NO_MEMORY, STATUS_TOO_BIG, STATUS_IO without random
 * bytes. */
enum status raw_frame_seal(struct buf *out, const struct raw_key *key, struct view plain)
    MUST_CHECK;
/* How many bytes stand behind the first ones of a frame; false when it is none. */
bool raw_frame_len(const char head[RAW_FRAME_HEAD_BYTES], size_t *len);
/* A whole frame; `plain` has room for what stands behind its first bytes, and gets it. False when
 * it was not sealed with this key, or was changed. */
bool raw_frame_open(struct view frame, const struct raw_key *key, char *plain,
                    struct raw_request *request);

#endif
