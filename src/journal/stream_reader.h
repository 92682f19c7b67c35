/*
 * stream_reader.h - reads the frames of one stream's folder, in order, and names what is damaged.
 *
 * Recovery, the lake's consumer and `pipes verify` use this one reader. It changes nothing.
 *
 *     stream_reader_open(&reader, folder_fd, on_damage, me, &fault);
 *     while (stream_reader_next(reader, &place, &frame, &fault) == STATUS_OK) { ... }
 *     stream_reader_close(reader);
 *
 * A stream that is still written is read up to what is durable: say how far with
 * stream_reader_limit() before each round; a stream left by an earlier start is read to its end.
 */
#ifndef PIPES_JOURNAL_STREAM_READER_H
#define PIPES_JOURNAL_STREAM_READER_H

#include "base/status.h"
#include "journal/frame.h"

struct stream_reader;

/* Where something was found. Borrowed until the next call. */
struct stream_place {
    uint32_t number;  /* of the segment */
    const char *file; /* its name in the stream's folder */
    uint64_t offset;  /* of the frame */
};

/* Bytes [offset, end) of a file are not sound although sound frames follow, or a whole file is not
 * (offset 0). May be NULL. */
typedef void stream_damage_fn(void *self, const char *file, uint64_t offset, uint64_t end,
                              const char *reason);

struct stream_report {
    uint64_t frames;
    uint64_t events;
    uint64_t damaged_places;
    uint64_t torn_bytes;  /* behind the last sound frame of the last segment: never promised */
    uint32_t last_number; /* of the last segment; 0 when the stream has none */
    uint64_t last_offset; /* where its sound part ends */
};

/* folder_fd is borrowed. STATUS_IO when the folder or a segment cannot be read. */
enum status stream_reader_open(struct stream_reader **reader, int folder_fd,
                               stream_damage_fn *on_damage, void *self, struct fault *fault)
    MUST_CHECK;
/* Accepts NULL. */
void stream_reader_close(struct stream_reader *reader);

/* Nothing at or behind `offset` of segment `number` is read; looks for what came since. All below
 * was promised: what is not sound there is damage. */
enum status stream_reader_limit(struct stream_reader *reader, uint32_t number, uint64_t offset,
                                struct fault *fault) MUST_CHECK;

/* The next sound frame, borrowed until the next call of any function here. STATUS_END when there
 * is none (yet). Damage is reported and passed over, never a failure. */
enum status stream_reader_next(struct stream_reader *reader, struct stream_place *place,
                               struct frame *frame, struct fault *fault) MUST_CHECK;

/* What was found so far; complete after STATUS_END. */
const struct stream_report *stream_reader_report(const struct stream_reader *reader);

/* Number of the first segment that is not wholly read: all before it may be removed once what they
 * held is kept elsewhere. After STATUS_END of a stream without limit: one above the last. */
uint32_t stream_reader_needs(const struct stream_reader *reader);

#endif
