/*
 * journal_keeper.h - inside of the journal: the thread that does ahead of time what would make a
 * worker wait for the disk.
 *
 * It prepares the next segment of each stream, reserves numbers, and looks at the file system's
 * free space. What it cannot do now it tries again half a second later; a worker that comes first
 * does it itself.
 */
#ifndef PIPES_JOURNAL_JOURNAL_KEEPER_H
#define PIPES_JOURNAL_JOURNAL_KEEPER_H

#include "journal/journal_stream.h"

struct journal_keeper;

/* All borrowed; streams are `count`. *has_room is kept up to date. */
enum status journal_keeper_start(struct journal_keeper **keeper, struct journal_stream *streams,
                                 unsigned count, _Atomic bool *has_room, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void journal_keeper_stop(struct journal_keeper *keeper);

/* Whether the file system has `free_bytes` left for us; true when that cannot be told. */
bool journal_keeper_has_room(int folder_fd, uint64_t free_bytes);

#endif
