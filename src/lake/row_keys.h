/*
 * row_keys.h - of many rows, which ones are there twice: by the hashes of (site, event_id), set
 * aside in a file, in bounded memory.
 *
 *     row_keys_create(&keys, folder_fd, "_keys", &fault);
 *     row_keys_add(keys, key, ingest_seq, &fault);       of each row, in any order
 *     row_keys_find(keys, &fault);
 *     if (row_keys_is_later(keys, ingest_seq)) { ... another row with that key has a lower number }
 *     row_keys_destroy(keys);                            the file is removed
 */
#ifndef PIPES_LAKE_ROW_KEYS_H
#define PIPES_LAKE_ROW_KEYS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct row_keys;

enum status row_keys_create(struct row_keys **keys, int folder_fd, const char *name,
                            struct fault *fault) MUST_CHECK;
enum status row_keys_add(struct row_keys *keys, const uint64_t key[2], uint64_t ingest_seq,
                         struct fault *fault) MUST_CHECK;
/* After the last one was added. */
enum status row_keys_find(struct row_keys *keys, struct fault *fault) MUST_CHECK;
bool row_keys_is_later(const struct row_keys *keys, uint64_t ingest_seq);
/* Accepts NULL. */
void row_keys_destroy(struct row_keys *keys);

#endif
