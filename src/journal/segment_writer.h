/*
 * segment_writer.h - appends frames to one stream of the journal and makes them durable.
 *
 * One writer per worker and boot. Frames gather in memory; a commit seals what was gathered,
 * writes it at once and syncs it once (group commit). Only after it returned STATUS_OK may anybody
 * be told that the events are kept.
 *
 *     out = segment_writer_begin(writer);        build a frame in out with frame_begin() ...
 *     segment_writer_end(writer, count, &fault);
 *     ... more of them ...
 *     if (segment_writer_commit(writer, &fault) == STATUS_OK) { ... answer 200 ... }
 *
 * A commit may be taken apart, so that the disk is waited for elsewhere: segment_writer_detach()
 * sets aside what was gathered (from now on more may gather), segment_writer_write() may then run
 * in another thread, and segment_writer_attach() ends it. One commit at a time.
 *
 * With a ring the kernel may write it while everybody goes on, straight from this memory to the
 * disk:
 *
 *     segment_writer_detach(writer);
 *     if (segment_writer_start(writer, ring)) { ... it ended: segment_writer_end_start() ... }
 *     else { segment_writer_write(), as above; after a failed end_start(), too }
 *
 * For that every commit ends where a block ends: its last frame is padded. So a block that was
 * promised is never written again.
 *
 * When a write or sync fails the segment is abandoned at its last synced byte and the frames are
 * written again into a new one: after a failed fsync nobody knows what the page cache still holds,
 * so it is never tried again on the same file. Every segment's header says where the one before it
 * ends, so what stands behind that end (an abandoned write, a recycled file's old frames) is
 * nothing. When the new segment fails too, the commit fails and the frames are given up: the next
 * commit starts from nothing in yet another segment.
 *
 * A commit that was refused may still be read after a crash that comes before the next segment is
 * begun: kept although not promised, which is allowed.
 */
#ifndef PIPES_JOURNAL_SEGMENT_WRITER_H
#define PIPES_JOURNAL_SEGMENT_WRITER_H

#include "base/clock.h"
#include "base/status.h"
#include "journal/disk_ring.h"
#include "journal/frame.h"
#include "journal/segment_disk.h"
#include "journal/segment_name.h"
#include "journal/segment_spares.h"

struct segment_writer;

struct segment_writer_options {
    uint64_t stream;
    size_t segment_bytes;          /* a new segment is begun when the next commit would pass this */
    size_t gather_bytes;           /* ceiling of frames between two commits */
    const struct clock *clock;     /* borrowed */
    struct segment_spares *spares; /* borrowed; NULL: every segment begins as an empty file */
    bool is_direct;                /* commits end with blocks, so that a ring can write them */
    struct segment_disk disk;
};

/* The first segment is made by the first commit: a stream that says nothing leaves no file. */
enum status segment_writer_open(struct segment_writer **writer,
                                const struct segment_writer_options *options, struct fault *fault)
    MUST_CHECK;
/* Gives up what was not committed, cuts the last segment behind its last frame. Accepts NULL. */
void segment_writer_close(struct segment_writer *writer);
/* The stream's folder, borrowed; before the first commit. */
void segment_writer_set_folder(struct segment_writer *writer, int folder_fd);

/* Lends the buffer that gathers, for one frame. */
struct buf *segment_writer_begin(struct segment_writer *writer, size_t *frame_at);
/* Takes the frame: its events were added, the frame not ended. STATUS_TOO_BIG when it does not
 * fit beside what is gathered (buf failed or too many frames): commit and build it again; if
 * nothing was gathered it never will. The frame is gone then. */
enum status segment_writer_end(struct segment_writer *writer, size_t frame_at, uint32_t events,
                               struct fault *fault) MUST_CHECK;
/* Both at once: the rows are copied. */
enum status segment_writer_append(struct segment_writer *writer, const struct frame_event *events,
                                  uint32_t count, struct fault *fault) MUST_CHECK;
/* Bytes that wait for a commit. */
size_t segment_writer_gathered(const struct segment_writer *writer);

/* Whether a commit waits for the disk or leaves that to the system. */
enum segment_sync { SEGMENT_SYNC_NOW, SEGMENT_SYNC_LATER };

void segment_writer_detach(struct segment_writer *writer);
/* Past the page cache, too, where that can be. On failure everything detached is given up.
 * STATUS_FULL or STATUS_IO. With nothing detached and SEGMENT_SYNC_NOW it syncs what was left to
 * the system before; when that fails those events may be lost, which is what SEGMENT_SYNC_LATER
 * means. */
enum status segment_writer_write(struct segment_writer *writer, enum segment_sync sync,
                                 struct fault *fault) MUST_CHECK;
void segment_writer_attach(struct segment_writer *writer);
/* The three, with SEGMENT_SYNC_NOW. */
enum status segment_writer_commit(struct segment_writer *writer, struct fault *fault) MUST_CHECK;

/* Begins to write what is detached through the ring, into this segment or the next prepared one.
 * False when that cannot be (none is prepared, or its file system has no direct writes): nothing
 * was written. */
bool segment_writer_start(struct segment_writer *writer, struct disk_ring *ring);
/* When the ring is done; `status` and `fault` are what it said. Anything but STATUS_OK: it is not
 * on disk, its segment is abandoned, and segment_writer_write() writes it into the next one. */
enum status segment_writer_end_start(struct segment_writer *writer, enum status status,
                                     struct fault *fault) MUST_CHECK;

/* Goes over to a segment that holds nothing, unless the open one does: its header is on disk, and
 * segment_writer_durable() speaks of it. Nothing happens before the first commit. Not while a
 * commit is under way. On failure the next commit begins one, as always. */
enum status segment_writer_renew(struct segment_writer *writer, struct fault *fault) MUST_CHECK;

/* Up to where readers may go: segment number (0: nothing yet) and offset in it. Not while a commit
 * is under way in another thread. */
void segment_writer_durable(const struct segment_writer *writer, uint32_t *number,
                            uint64_t *offset);
/* Bytes of all commits since it was opened. Not while one is under way. */
uint64_t segment_writer_written(const struct segment_writer *writer);

#endif
