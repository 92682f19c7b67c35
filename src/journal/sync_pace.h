/*
 * sync_pace.h - how quick a disk's syncs are, and what follows from it for a group commit.
 *
 * On a disk that syncs within a millisecond a worker does best to wait for it itself: handing the
 * sync to another thread costs more than it takes. On any other disk it must not wait, and it pays
 * to gather for a while before the next commit: while a sync is under way nothing else is written,
 * so what just misses it waits for two. Nothing is known at first: taken for slow.
 */
#ifndef PIPES_JOURNAL_SYNC_PACE_H
#define PIPES_JOURNAL_SYNC_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SYNC_PACE_QUICK_NS = 1000 * 1000,
    SYNC_PACE_SLOW_NS = 2000 * 1000, /* two of these in a row and it is slow */
    SYNC_PACE_PROOFS = 8,            /* quick ones in a row and it is quick */
};

struct sync_pace {
    int64_t mean_ns; /* moving; 0: none was seen */
    unsigned quick;  /* in a row */
    bool was_slow;   /* the last one */
};

/* bytes: what was written. A nanosecond each is not the disk's slowness. */
void sync_pace_note(struct sync_pace *pace, int64_t ns, size_t bytes);
bool sync_pace_is_quick(const struct sync_pace *pace);
/* How long a commit may be put off for more to come; 0 on a quick disk. */
int64_t sync_pace_window_ns(const struct sync_pace *pace);
/* When nothing came for so long, nothing more is expected. */
int64_t sync_pace_lull_ns(const struct sync_pace *pace);

#endif
