/*
 * segment_spares.h - files that are ready to become segments of one stream.
 *
 * A commit into a file whose blocks are allocated and written needs no work of the file system's
 * own journal: measured, 0.18 ms instead of 0.24 for 64 kB; and only such a file can be written
 * past the page cache by a ring (disk_ring.h). So files are prepared ahead, in another thread:
 * written full of zeros, or taken over from segments that nobody needs any more (only the header
 * is zeroed then: frames are sealed for their place, old ones cannot look alive).
 *
 * The next one has its segment's name already, and the folder is synced: to go over to it costs no
 * wait. Readers know a last segment without a header as one that holds nothing.
 *
 *     segment_spares_give(spares, "0000000007.seg", bytes)   the lake has it: recycle
 *     segment_spares_prepare(spares, &fault)    keeper's thread: one more step, if need be
 *     segment_spares_take(spares, 9, &is_safe)  writer: segment 9 stands there, or it does not
 *
 * Others are named "_spare-N": no reader looks at them, and they go with the stream's folder.
 */
#ifndef PIPES_JOURNAL_SEGMENT_SPARES_H
#define PIPES_JOURNAL_SEGMENT_SPARES_H

#include "base/clock.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment_spares;

enum { SEGMENT_SPARES_KEPT_MAX = 16 };

enum status segment_spares_create(struct segment_spares **spares, size_t segment_bytes,
                                  const struct clock *clock, struct fault *fault) MUST_CHECK;
/* Removes the files. Accepts NULL. */
void segment_spares_destroy(struct segment_spares *spares);
/* The stream's folder, borrowed. Nothing is prepared before. */
void segment_spares_set_folder(struct segment_spares *spares, int folder_fd);

/* True when there is something to prepare now: one file with the next name and one more. A disk
 * that takes long to write one gets no second one of zeros for a while: writing everything twice
 * would only slow it further. */
bool segment_spares_wants(struct segment_spares *spares);
/* Makes one file, or gives one its name. Waits for the disk. Nothing is left behind on failure. */
enum status segment_spares_prepare(struct segment_spares *spares, struct fault *fault) MUST_CHECK;
/* Takes over a segment's file instead of removing it; false when it must be removed. */
bool segment_spares_give(struct segment_spares *spares, const char *name, size_t bytes);
/* Whether the segment of that number stands there, to be written from its header on; it is the
 * caller's then. With *is_safe false the folder has to be synced first. From here on the next
 * number counts. */
bool segment_spares_take(struct segment_spares *spares, uint32_t number, bool *is_safe);
/* Whether the segment of that number could be taken and is safe. */
bool segment_spares_has(struct segment_spares *spares, uint32_t number);
/* Removes all files that were segments before, and the one that has its name already: what is made
 * from now on never held anything. */
void segment_spares_purge(struct segment_spares *spares);
/* Bytes of the files it holds. */
uint64_t segment_spares_bytes(struct segment_spares *spares);

#endif
