/*
 * quarantine_room.h - how much more the quarantine takes.
 *
 * Files count as they are, rows that are in no closed part yet with all their bytes: what zstd
 * makes of them is known only later, and is less. Once it is full the files are looked at again now
 * and then: replay, erasure, retention and people take some away.
 *
 *     quarantine_room_init(&room, tree_fd, clock, log);
 *     quarantine_room_set(&room, bytes);                       of the files, when they were counted
 *     if (quarantine_room_take(&room, limit, row_bytes)) { ... }
 *     quarantine_room_closed(&room);                           all rows taken are in closed parts
 */
#ifndef PIPES_LAKE_QUARANTINE_ROOM_H
#define PIPES_LAKE_QUARANTINE_ROOM_H

#include "base/clock.h"
#include "base/logger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUARANTINE_ROOM_LOOK_MS = 2000 };

struct quarantine_room {
    int tree_fd; /* borrowed, as the next two */
    const struct clock *clock;
    const struct logger *log;
    uint64_t closed_bytes;
    uint64_t open_bytes;
    int64_t looked_ms;
    bool is_full; /* and it was said */
};

void quarantine_room_init(struct quarantine_room *room, int tree_fd, const struct clock *clock,
                          const struct logger *log);
void quarantine_room_set(struct quarantine_room *room, uint64_t file_bytes);
/* False when the row finds no place; that is said once, and once when there is room again. */
bool quarantine_room_take(struct quarantine_room *room, uint64_t limit, size_t row_bytes);
void quarantine_room_closed(struct quarantine_room *room);

#endif
