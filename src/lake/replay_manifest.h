/*
 * replay_manifest.h - how many rows left the quarantine because they were understood in the end: a
 * small file a day, replaced in the same commit as the parts that they left.
 *
 *     data/lake/manifest/replayed-2026-11-24      a line per hour: hour rows
 */
#ifndef PIPES_LAKE_REPLAY_MANIFEST_H
#define PIPES_LAKE_REPLAY_MANIFEST_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { REPLAY_MANIFEST_HOURS = 24, REPLAY_MANIFEST_NAME_BYTES = 48 };

/* Of one day. */
struct replay_manifest {
    int64_t day; /* days since 1970 */
    uint64_t rows[REPLAY_MANIFEST_HOURS];
};

/* Of the day that the hour belongs to; zeros when there is none. */
enum status replay_manifest_load(struct replay_manifest *manifest, int lake_fd, int64_t hour,
                                 struct fault *fault) MUST_CHECK;
/* "manifest/replayed-2026-11-24" or, unfinished, "manifest/_replayed-2026-11-24". */
void replay_manifest_name(int64_t day, bool is_unfinished, char name[REPLAY_MANIFEST_NAME_BYTES]);
/* Writes the unfinished one, durably; a commit is to put it in the place of the other. */
enum status replay_manifest_save(const struct replay_manifest *manifest, int lake_fd,
                                 struct fault *fault) MUST_CHECK;

#endif
