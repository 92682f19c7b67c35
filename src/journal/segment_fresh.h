/*
 * segment_fresh.h - inside of the segment writer: the file that is to be the next segment, prepared
 * ahead or made now.
 */
#ifndef PIPES_JOURNAL_SEGMENT_FRESH_H
#define PIPES_JOURNAL_SEGMENT_FRESH_H

#include "base/status.h"
#include "journal/segment_name.h"
#include "journal/segment_spares.h"

struct segment_fresh {
    char name[SEGMENT_NAME_BYTES];
    int fd; /* the caller's */
    bool is_spare;
    bool is_safe; /* its name is on disk */
};

struct segment_fresh_place {
    int folder_fd; /* of the stream */
    uint32_t number;
    struct segment_spares *spares; /* NULL: there are none */
};

/* On failure no file of that name stays: it would be in the way the next time. */
enum status segment_fresh_open(struct segment_fresh *fresh, const struct segment_fresh_place *place,
                               struct fault *fault) MUST_CHECK;

/* STATUS_IO when the file has no name any more: one that somebody removed takes what is written as
 * well as any other. */
enum status segment_fresh_is_there(int fd, uint32_t number, struct fault *fault) MUST_CHECK;

#endif
