/*
 * reserve.h - room on the disk that the lake keeps for itself: a file that is given up when the
 * disk is full, so that parts can still be written, and with them the journal's segments released.
 *
 * Without it a disk that something else filled could only be recovered from by a person: releasing
 * a segment needs a part, a part needs room.
 *
 *     reserve_hold(folder_fd);           after a success; does nothing when it is held
 *     if (status == STATUS_FULL && reserve_give_up(folder_fd)) { ... try again, once }
 */
#ifndef PIPES_LAKE_RESERVE_H
#define PIPES_LAKE_RESERVE_H

#include <stdbool.h>

/* A part of the default size, its keys and the cursor, as compressed as events are. */
enum { RESERVE_BYTES = 32 * 1024 * 1024 };

/* False when there is no room for it now. */
bool reserve_hold(int folder_fd);
/* False when there was none to give up. */
bool reserve_give_up(int folder_fd);

#endif
