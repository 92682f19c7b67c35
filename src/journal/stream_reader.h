/*
 * stream_reader.h - reads all frames of one stream's folder, in order, and names what is damaged.
 *
 * Recovery, the lake's consumer and `pipes verify` use this one reader. It writes nothing.
 *
 *     struct stream_visitor visitor = {.on_frame = take, .on_damage = complain, .self = me};
 *     stream_read(folder_fd, &visitor, &report, &fault);
 */
#ifndef PIPES_JOURNAL_STREAM_READER_H
#define PIPES_JOURNAL_STREAM_READER_H

#include "base/status.h"
#include "journal/frame.h"

/* Where something was found. */
struct stream_place {
    const struct frame_segment *segment;
    const char *file; /* name in the stream's folder */
    uint64_t offset;
};

struct stream_visitor {
    /* The frame is borrowed until it returns; another status than STATUS_OK stops the reading and
     * becomes its result. */
    enum status (*on_frame)(void *self, const struct stream_place *place, const struct frame *frame,
                            struct fault *fault);
    /* Bytes [offset, end) of a file are not sound although sound frames follow, or a whole file is
     * not (offset 0). May be NULL. */
    void (*on_damage)(void *self, const char *file, uint64_t offset, uint64_t end,
                      const char *reason);
    void *self;
};

struct stream_report {
    uint64_t frames;
    uint64_t events;
    uint64_t damaged_places;
    uint64_t torn_bytes;  /* behind the last sound frame of the last segment: never promised */
    uint32_t last_number; /* of the last segment; 0 when the stream has none */
    uint64_t last_offset; /* where its sound part ends */
};

/* Damage is reported and passed over, never a failure; STATUS_IO when the folder or a file cannot
 * be read. */
enum status stream_read(int folder_fd, const struct stream_visitor *visitor,
                        struct stream_report *report, struct fault *fault) MUST_CHECK;

#endif
