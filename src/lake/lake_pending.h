/*
 * lake_pending.h - for who reads the lake: what a commit that was cut off means for what is there.
 *
 * Between the first rename of a commit and its end a crash leaves files that are not to be read any
 * more, and files that are to be read by their unfinished names. The next holder of data/LOCK
 * completes it (lake_commit.h); until then readers look through this. Load it with lake/SNAPSHOT
 * locked. Usually there is nothing.
 *
 *     lake_pending_load(&pending, lake_fd, &fault);
 *     if (lake_pending_is_gone(&pending, "raw/date=.../part-7-1-9.ndjson.zst")) { continue; }
 *     name = lake_pending_name(&pending, "manifest/2026-11-24", place);
 *     lake_pending_free(&pending);
 */
#ifndef PIPES_LAKE_LAKE_PENDING_H
#define PIPES_LAKE_LAKE_PENDING_H

#include "base/buf.h"

#include <stdbool.h>

enum { LAKE_PENDING_NAME_BYTES = 256 };

struct lake_pending {
    int lake_fd;       /* borrowed */
    struct buf change; /* empty: nothing is pending */
};

enum status lake_pending_load(struct lake_pending *pending, int lake_fd, struct fault *fault)
    MUST_CHECK;
/* Accepts a zeroed one. */
void lake_pending_free(struct lake_pending *pending);

/* A name within the lake that another file has taken in already. */
bool lake_pending_is_gone(const struct lake_pending *pending, const char *name);
/* Under which name to read a file: its own, or the unfinished one, put into `place`. */
const char *lake_pending_name(const struct lake_pending *pending, const char *name,
                              char place[LAKE_PENDING_NAME_BYTES]);

#endif
