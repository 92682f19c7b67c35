#include "lake/open_parts.h"

#include <stdatomic.h>

static enum status finish(struct open_parts *parts, enum tree tree, uint64_t last_seq,
                          struct fault *fault)
{
    struct part_writer *part = parts->parts[tree];
    parts->parts[tree] = NULL;
    if (!part) {
        return STATUS_OK;
    }
    int64_t hour = part_writer_hour(part);
    struct ledger_part closed = {
        .tree = tree,
        .name = {parts->stream, part_writer_first(part), last_seq},
        .rows = part_writer_rows(part),
    };
    enum status status = part_writer_finish(part, last_seq, fault);
    if (status == STATUS_OK) {
        lake_account_part(parts->shared->account, hour, &closed);
        atomic_fetch_add(parts->shared->closed, 1);
    }
    return status;
}

static enum status open_part(struct open_parts *parts, enum tree tree,
                             const struct frame_event *event, struct fault *fault)
{
    struct part_writer *part = parts->parts[tree];
    if (part && part_writer_hour(part) == part_hour(event->received_ms)) {
        return STATUS_OK;
    }
    enum status status = finish(parts, tree, event->ingest_seq - 1, fault);
    return status == STATUS_OK
               ? part_writer_begin(&parts->parts[tree], parts->shared->tree_fds[tree],
                                   parts->stream, event->ingest_seq, event->received_ms, fault)
               : status;
}

enum status open_parts_store(struct open_parts *parts, enum tree tree,
                             const struct frame_event *event, struct fault *fault)
{
    enum status status = open_part(parts, tree, event, fault);
    return status == STATUS_OK ? part_writer_row(parts->parts[tree], event->row, fault) : status;
}

enum status open_parts_finish(struct open_parts *parts, uint64_t last_seq, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (int tree = 0; tree < TREES && status == STATUS_OK; tree++) {
        status = finish(parts, (enum tree)tree, last_seq, fault);
    }
    return status;
}

void open_parts_abandon(struct open_parts *parts)
{
    for (int tree = 0; tree < TREES; tree++) {
        part_writer_abandon(parts->parts[tree]);
        parts->parts[tree] = NULL;
    }
}
