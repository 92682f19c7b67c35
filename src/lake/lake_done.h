/*
 * lake_done.h - which parts nobody needs the names of any more.
 *
 * A part's name says how far its stream is in the lake. Only when CURSOR says so, too, or the
 * journal has nothing of the stream any more, may the part go: otherwise the next start would take
 * its rows out of the journal once more.
 *
 *     lake_done_load(&done, data_fd, &fault);
 *     if (lake_done_covers(&done, TREE_RAW, &part)) { ... }
 *     lake_done_free(&done);
 */
#ifndef PIPES_LAKE_LAKE_DONE_H
#define PIPES_LAKE_LAKE_DONE_H

#include "lake/cursor.h"
#include "lake/part_writer.h"

struct lake_done {
    struct cursor cursor;
    uint64_t *streams; /* that the journal has */
    size_t stream_count;
};

enum status lake_done_load(struct lake_done *done, int data_fd, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void lake_done_free(struct lake_done *done);
bool lake_done_covers(const struct lake_done *done, enum tree tree, const struct part_name *part);

#endif
