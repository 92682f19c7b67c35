/*
 * open_parts.h - inside of the lake: the parts of one stream that are being written, one a tree.
 *
 * A part holds one hour: an event of another hour closes it and begins the next.
 *
 *     open_parts_store(&parts, TREE_RAW, &event, &fault);
 *     open_parts_finish(&parts, last_seq, &fault);       or open_parts_abandon(&parts);
 */
#ifndef PIPES_LAKE_OPEN_PARTS_H
#define PIPES_LAKE_OPEN_PARTS_H

#include "lake/lake_account.h"
#include "lake/part_writer.h"

/* What the parts of all streams have in common; borrowed. */
struct open_parts_shared {
    const int *tree_fds;          /* of TREES trees */
    struct lake_account *account; /* is told of each closed part */
    _Atomic uint64_t *closed;     /* counted up */
};

struct open_parts {
    const struct open_parts_shared *shared;
    uint64_t stream;
    struct part_writer *parts[TREES];
};

enum status open_parts_store(struct open_parts *parts, enum tree tree,
                             const struct frame_event *event, struct fault *fault) MUST_CHECK;
/* Closes all; `last_seq`: the last number of the stream that was looked at. */
enum status open_parts_finish(struct open_parts *parts, uint64_t last_seq, struct fault *fault)
    MUST_CHECK;
void open_parts_abandon(struct open_parts *parts);

#endif
