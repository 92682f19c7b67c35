/*
 * raw_store.h - data/raw-requests: requests as they came, encrypted, for some hours.
 *
 *     raw_store_open(&store, data_fd, &fault);             what a crash left is tidied up
 *     raw_store_append(store, &request, &fault);
 *     raw_store_expire(store, now_ms, keep_ms, &fault);    keys of hours that are over are
 * destroyed raw_store_drop(store, is_to_go, self, &dropped, &fault); raw_store_close(store);
 *
 *     raw_store_read(data_fd, visit, self, &fault);        by anybody, beside it
 *
 * Not durable: what was appended last may be missing after a power cut. From one thread at a time.
 */
#ifndef PIPES_PRIVACY_RAW_STORE_H
#define PIPES_PRIVACY_RAW_STORE_H

#include "privacy/raw_frame.h"

struct raw_store;

/* Borrows data_fd. Makes nothing before something is appended. */
enum status raw_store_open(struct raw_store **store, int data_fd, struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void raw_store_close(struct raw_store *store);

/* Its plain form (raw_request_append()), and the hour that it belongs to. */
enum status raw_store_append(struct raw_store *store, struct view plain, int64_t received_ms,
                             struct fault *fault) MUST_CHECK;
/* Of all files. */
uint64_t raw_store_bytes(const struct raw_store *store);

/* Destroys each hour that ended keep_ms ago and more, and what is of tomorrow: a clock that was set
 * back makes nothing last longer. keep_ms 0: all. */
enum status raw_store_expire(struct raw_store *store, int64_t now_ms, int64_t keep_ms,
                             struct fault *fault) MUST_CHECK;

typedef bool raw_visit_fn(void *self, const struct raw_request *request);
/* Drops requests for which `is_to_go` says so. Files that hold one are written anew with another
 * key, and the old key is destroyed. Cut off, it may be done again. */
enum status raw_store_drop(struct raw_store *store, raw_visit_fn *is_to_go, void *self,
                           uint64_t *dropped, struct fault *fault) MUST_CHECK;

/* All of them, oldest hour first, until `visit` says false. STATUS_NOT_FOUND: nothing is kept. */
enum status raw_store_read(int data_fd, raw_visit_fn *visit, void *self, struct fault *fault)
    MUST_CHECK;

#endif
