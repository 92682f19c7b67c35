/*
 * segment_writer.h - appends frames to one stream of the journal and makes them durable.
 *
 * One writer per worker and boot; used by one thread. Frames gather in memory until commit, which
 * is one write and one fdatasync for all of them (group commit). Only after commit returns
 * STATUS_OK may anybody be told that the events are kept.
 *
 *     segment_writer_append(writer, events, count, &fault);
 *     segment_writer_append(writer, more, count, &fault);
 *     if (segment_writer_commit(writer, &fault) == STATUS_OK) { ... answer 200 ... }
 *
 * When a write or sync fails the segment is abandoned at its last synced byte and the gathered
 * frames are written again into a new one, whose header says where the abandoned one ends: after
 * a failed fsync nobody knows what the page cache still holds, so it is never tried again on the
 * same file. When the new segment fails too, commit fails and the frames are given up: the next
 * segment's header keeps them from being read. (Should the process end before there is a next
 * segment, a reader may still find them: kept, though never promised.)
 */
#ifndef PIPES_JOURNAL_SEGMENT_WRITER_H
#define PIPES_JOURNAL_SEGMENT_WRITER_H

#include "base/clock.h"
#include "base/status.h"
#include "journal/frame.h"

struct segment_writer;

/* How to reach the disk; tests put faults here. */
struct segment_disk {
    enum status (*write_at)(void *self, int fd, struct view bytes, uint64_t offset,
                            struct fault *fault);
    enum status (*sync)(void *self, int fd, struct fault *fault);
    void *self;
};
struct segment_disk segment_disk_real(void);

struct segment_writer_options {
    int folder_fd; /* borrowed; of the stream's own folder */
    uint64_t stream;
    size_t segment_bytes;      /* a new segment is begun when the next commit would pass this */
    size_t gather_bytes;       /* ceiling of frames between two commits */
    const struct clock *clock; /* borrowed */
    struct segment_disk disk;
};

enum { SEGMENT_NAME_BYTES = 24 };
/* "0000000001.seg" */
void segment_name(uint32_t number, char name[SEGMENT_NAME_BYTES]);

/* The first segment is made by the first commit: a stream that says nothing leaves no file. */
enum status segment_writer_open(struct segment_writer **writer,
                                const struct segment_writer_options *options, struct fault *fault)
    MUST_CHECK;
/* Gives up what was not committed. Accepts NULL. */
void segment_writer_close(struct segment_writer *writer);

/* One frame, whole or absent; the rows are copied. STATUS_TOO_BIG when it does not fit beside
 * what is gathered: commit and try again; if nothing was gathered it never will. */
enum status segment_writer_append(struct segment_writer *writer, const struct frame_event *events,
                                  uint32_t count, struct fault *fault) MUST_CHECK;
/* On failure everything gathered since the last commit is given up. STATUS_FULL or STATUS_IO. */
enum status segment_writer_commit(struct segment_writer *writer, struct fault *fault) MUST_CHECK;

/* Up to where the stream is durable: segment number (0: nothing yet) and offset in it. */
void segment_writer_durable(const struct segment_writer *writer, uint32_t *number,
                            uint64_t *offset);

#endif
