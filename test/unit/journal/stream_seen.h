/*
 * stream_seen.h - for tests: reads a stream's folder as recovery does, and notes which events are
 * there how often (their numbers are below STREAM_SEEN_MAX).
 */
#ifndef PIPES_TEST_STREAM_SEEN_H
#define PIPES_TEST_STREAM_SEEN_H

#include "journal/stream_reader.h"

#include <string.h>

enum { STREAM_SEEN_MAX = 4000 };

struct stream_seen {
    unsigned char times[STREAM_SEEN_MAX]; /* by ingest_seq */
    unsigned damage_calls;
    struct stream_report report;
};

static void stream_seen_damage(void *self, const char *file, uint64_t offset, uint64_t end,
                               const char *reason)
{
    (void)file;
    (void)offset;
    (void)end;
    (void)reason;
    ((struct stream_seen *)self)->damage_calls++;
}

static void stream_seen_read(struct stream_seen *seen, int folder_fd)
{
    struct stream_reader *reader;
    struct stream_place place;
    struct frame frame;
    memset(seen, 0, sizeof(*seen));
    assert_int_equal(stream_reader_open(&reader, folder_fd, stream_seen_damage, seen, NULL),
                     STATUS_OK);
    while (stream_reader_next(reader, &place, &frame, NULL) == STATUS_OK) {
        struct frame_event event;
        while (frame_next_event(&frame.body, &event) == STATUS_OK) {
            assert_true(event.ingest_seq < STREAM_SEEN_MAX);
            seen->times[event.ingest_seq]++;
        }
    }
    seen->report = *stream_reader_report(reader);
    stream_reader_close(reader);
}

#endif
