/*
 * key_run.h - a sorted file of 128-bit keys, to ask whether an event was seen before.
 *
 * Mapped, never read whole: keys are hashes, evenly spread, so their place can be guessed and a
 * question touches a page or two. Drawn in docs/storage.md.
 *
 *     key_run_write(folder_fd, "0000000007.keys", keys, count, received_ms, &fault);
 *     key_run_open(&run, folder_fd, "0000000007.keys", &fault);
 *     if (key_run_has(&run, key)) { ... }
 */
#ifndef PIPES_LAKE_KEY_RUN_H
#define PIPES_LAKE_KEY_RUN_H

#include "base/status.h"
#include "base/view.h"

#include <stdbool.h>

struct key {
    uint64_t high;
    uint64_t low;
};

struct key_run {
    const struct key *keys; /* mapped, rising, in this machine's byte order */
    uint64_t count;
    int64_t received_ms; /* of the newest event in it, UTC */
    void *mapping;
    size_t mapped_bytes;
};

int key_compare(const void *a, const void *b);

/* keys must rise. The file appears whole or not at all, and is durable. */
enum status key_run_write(int folder_fd, const char *name, const struct key *keys, uint64_t count,
                          int64_t received_ms, struct fault *fault) MUST_CHECK;
/* Of two runs, in one pass; what both hold is kept once. */
enum status key_run_merge(int folder_fd, const char *name, const struct key_run *a,
                          const struct key_run *b, struct fault *fault) MUST_CHECK;
/* STATUS_DAMAGED when the file is not what its header says. */
enum status key_run_open(struct key_run *run, int folder_fd, const char *name, struct fault *fault)
    MUST_CHECK;
/* The same without a look at every key: for who asks for a few, of a file that its writer checks.
 */
enum status key_run_map(struct key_run *run, int folder_fd, const char *name, struct fault *fault)
    MUST_CHECK;
/* Accepts a zeroed one. */
void key_run_close(struct key_run *run);
/* Before key_run_has() of many runs: what that will look at first is on its way then. */
void key_run_expect(const struct key_run *run, struct key key);
bool key_run_has(const struct key_run *run, struct key key);

#endif
