/*
 * key_set.h - which events were seen within the window: the lake's memory of duplicates.
 *
 * New keys are in a table in memory until key_set_save() makes a run of them on disk; runs are
 * merged as they become many and removed when all in them is older than the window. Memory is
 * bounded by KEY_SET_FRESH_MAX keys; the rest is mapped from files.
 *
 *     key_set_open(&set, folder_fd, window_ms, &fault);
 *     if (key_set_add(set, key, received_ms, &is_new, &fault) ...
 *     key_set_save(set, now_ms, &fault);
 */
#ifndef PIPES_LAKE_KEY_SET_H
#define PIPES_LAKE_KEY_SET_H

#include "lake/key_run.h"

struct key_set;

enum {
    KEY_SET_FRESH_MAX = 1 << 20,
    KEY_SET_KEY_BYTES = 96, /* of memory for a fresh key, while the table grows */
};

/* folder_fd is borrowed. A damaged run is set aside under the name _damaged-NAME and *damaged is
 * counted up: duplicates of what it held may then be stored again, nothing is lost. */
enum status key_set_open(struct key_set **set, int folder_fd, int64_t window_ms, unsigned *damaged,
                         struct fault *fault) MUST_CHECK;
/* Forgets what was not saved. Accepts NULL. */
void key_set_close(struct key_set *set);

/* *is_new is false when the key was there. STATUS_TOO_BIG: save first. */
enum status key_set_add(struct key_set *set, struct key key, int64_t received_ms, bool *is_new,
                        struct fault *fault) MUST_CHECK;
/* How many keys wait to be saved. */
size_t key_set_fresh(const struct key_set *set);
/* Makes fresh keys durable, then tidies: merges and removes runs. After a failure the set must be
 * closed and opened again: fresh keys may be gone. */
enum status key_set_save(struct key_set *set, int64_t now_ms, struct fault *fault) MUST_CHECK;
size_t key_set_runs(const struct key_set *set);

#endif
