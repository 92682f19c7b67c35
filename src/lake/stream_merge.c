#include "lake/stream_merge.h"

#include <stdlib.h>
#include <unistd.h>

struct merged_stream {
    uint64_t id;
    bool is_live;
    bool is_ended;    /* an old stream that has nothing more */
    bool is_released; /* and whose folder is gone */
    int folder_fd;
    struct stream_reader *reader;
    bool has_frame;  /* the next frame was looked at, not yet handed out */
    bool has_behind; /* more may be durable than the reader was told */
    struct frame frame;
    uint64_t first_seq; /* of that frame */
};

struct stream_merge {
    struct journal *journal;
    unsigned workers;
    stream_damage_fn *on_damage;
    void *self;
    struct merged_stream *streams; /* old ones first, then one per worker */
    size_t count;
};

static enum status list_streams(struct stream_merge *merge, struct fault *fault)
{
    uint64_t *old = calloc(STREAM_MERGE_MAX, sizeof(*old));
    merge->streams = calloc(STREAM_MERGE_MAX, sizeof(*merge->streams));
    if (!old || !merge->streams) {
        free(old);
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for streams");
    }
    size_t count =
        journal_old_streams(merge->journal, old, STREAM_MERGE_MAX - STREAM_MERGE_WORKERS_MAX);
    for (size_t i = 0; i < count; i++) {
        merge->streams[merge->count++] = (struct merged_stream){.id = old[i], .folder_fd = -1};
    }
    for (unsigned i = 0; i < merge->workers; i++) {
        struct merged_stream live = {.is_live = true, .folder_fd = -1};
        uint32_t number;
        uint64_t offset;
        journal_durable(merge->journal, i, &live.id, &number, &offset);
        merge->streams[merge->count++] = live;
    }
    free(old);
    return STATUS_OK;
}

enum status stream_merge_open(struct stream_merge **merge, struct journal *journal,
                              unsigned workers, stream_damage_fn *on_damage, void *self,
                              struct fault *fault)
{
    struct stream_merge *made = calloc(1, sizeof(*made));
    *merge = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to merge streams");
    }
    *made = (struct stream_merge){
        .journal = journal, .workers = workers, .on_damage = on_damage, .self = self};
    enum status status = list_streams(made, fault);
    if (status != STATUS_OK) {
        stream_merge_close(made);
        return status;
    }
    *merge = made;
    return STATUS_OK;
}

static void close_stream(struct merged_stream *stream)
{
    stream_reader_close(stream->reader);
    stream->reader = NULL;
    if (stream->folder_fd >= 0) {
        close(stream->folder_fd);
        stream->folder_fd = -1;
    }
}

void stream_merge_close(struct stream_merge *merge)
{
    if (!merge) {
        return;
    }
    for (size_t i = 0; i < merge->count; i++) {
        close_stream(&merge->streams[i]);
    }
    free(merge->streams);
    free(merge);
}

size_t stream_merge_count(const struct stream_merge *merge)
{
    return merge->count;
}

uint64_t stream_merge_id(const struct stream_merge *merge, size_t stream)
{
    return merge->streams[stream].id;
}

/* A live stream gets its folder with its first event. */
static enum status open_reader(struct stream_merge *merge, struct merged_stream *stream,
                               struct fault *fault)
{
    if (stream->reader) {
        return STATUS_OK;
    }
    enum status status =
        journal_stream_folder(merge->journal, stream->id, &stream->folder_fd, fault);
    if (status == STATUS_NOT_FOUND) {
        stream->is_ended = !stream->is_live;
        return STATUS_END;
    }
    if (status == STATUS_OK) {
        status = stream_reader_open(&stream->reader, stream->folder_fd, merge->on_damage,
                                    merge->self, fault);
    }
    return status;
}

static enum status extend_limit(struct stream_merge *merge, struct merged_stream *stream,
                                struct fault *fault)
{
    size_t first_live = merge->count - merge->workers;
    uint64_t id;
    uint32_t number;
    uint64_t offset;
    stream->has_behind = false;
    journal_durable(merge->journal, (unsigned)((size_t)(stream - merge->streams) - first_live), &id,
                    &number, &offset);
    if (number == 0) {
        return STATUS_OK;
    }
    enum status status = open_reader(merge, stream, fault);
    return status == STATUS_OK ? stream_reader_limit(stream->reader, number, offset, fault)
                               : status;
}

enum status stream_merge_refresh(struct stream_merge *merge, struct fault *fault)
{
    for (size_t i = merge->count - merge->workers; i < merge->count; i++) {
        struct merged_stream *stream = &merge->streams[i];
        /* A frame that was looked at lies in memory that a new limit may move: told once it is
         * handed out, or the frames behind it would be passed by in this round. */
        stream->has_behind = true;
        enum status status = stream->has_frame ? STATUS_OK : extend_limit(merge, stream, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/* Looks at the stream's next frame. STATUS_END when there is none. */
static enum status look(struct stream_merge *merge, struct merged_stream *stream,
                        struct fault *fault)
{
    if (stream->has_frame) {
        return STATUS_OK;
    }
    if (stream->is_ended || (stream->is_live && !stream->reader)) {
        return STATUS_END;
    }
    struct stream_place place;
    enum status status =
        stream->has_behind ? extend_limit(merge, stream, fault) : open_reader(merge, stream, fault);
    if (status == STATUS_OK) {
        status = stream_reader_next(stream->reader, &place, &stream->frame, fault);
    }
    if (status == STATUS_END) {
        stream->is_ended = !stream->is_live;
        return STATUS_END;
    }
    struct view body = stream->frame.body;
    struct frame_event event;
    if (status == STATUS_OK && frame_next_event(&body, &event) == STATUS_OK) {
        stream->has_frame = true;
        stream->first_seq = event.ingest_seq;
    }
    return status;
}

enum status stream_merge_next(struct stream_merge *merge, uint64_t below, size_t *stream,
                              struct frame *frame, struct fault *fault)
{
    struct merged_stream *chosen = NULL;
    for (size_t i = 0; i < merge->count; i++) {
        struct merged_stream *candidate = &merge->streams[i];
        enum status status = look(merge, candidate, fault);
        if (status != STATUS_OK && status != STATUS_END) {
            return status;
        }
        if (candidate->has_frame && (!chosen || candidate->first_seq < chosen->first_seq)) {
            chosen = candidate;
        }
    }
    if (!chosen || chosen->first_seq >= below) {
        return STATUS_END;
    }
    chosen->has_frame = false;
    *stream = (size_t)(chosen - merge->streams);
    *frame = chosen->frame;
    return STATUS_OK;
}

enum status stream_merge_left(struct stream_merge *merge, bool *is_left, struct fault *fault)
{
    enum status status = stream_merge_refresh(merge, fault);
    *is_left = false;
    for (size_t i = 0; i < merge->count && status == STATUS_OK; i++) {
        enum status looked = look(merge, &merge->streams[i], fault);
        *is_left = *is_left || merge->streams[i].has_frame;
        status = looked == STATUS_END ? STATUS_OK : looked;
    }
    return status;
}

enum status stream_merge_release(struct stream_merge *merge, size_t stream, bool *is_done,
                                 struct fault *fault)
{
    struct merged_stream *released = &merge->streams[stream];
    enum status status = STATUS_OK;
    if (!released->is_released && (released->reader || released->is_ended)) {
        uint32_t needs = released->reader ? stream_reader_needs(released->reader) : 0;
        status = journal_release(merge->journal, released->id, needs, released->is_ended, fault);
    }
    if (status == STATUS_OK && released->is_ended) {
        close_stream(released);
        released->is_released = true;
    }
    *is_done = released->is_released;
    return status;
}
