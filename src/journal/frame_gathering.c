#include "journal/frame_gathering.h"

#include <sys/mman.h>

enum { FRAMES_MAX = 8192 };

enum status frame_gathering_make(struct frame_gathering *gathering, size_t bytes,
                                 struct fault *fault)
{
    *gathering = (struct frame_gathering){0};
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a journal writer");
    }
    buf_init_over(&gathering->bytes, at, bytes);
    return STATUS_OK;
}

void frame_gathering_free(struct frame_gathering *gathering)
{
    if (gathering->bytes.at) {
        munmap(gathering->bytes.at, gathering->bytes.room);
    }
    *gathering = (struct frame_gathering){0};
}

enum status frame_gathering_close(struct frame_gathering *gathering, size_t at, uint32_t events,
                                  size_t spare)
{
    struct buf *bytes = &gathering->bytes;
    enum status status = frame_end(bytes, at, events);
    bool is_full = gathering->frames == FRAMES_MAX || bytes->room - bytes->len < spare;
    if (status == STATUS_OK && is_full) {
        buf_truncate(bytes, at);
        status = STATUS_TOO_BIG;
    }
    if (status == STATUS_OK) {
        gathering->frames++;
        gathering->last_at = at;
        gathering->closed = bytes->len;
    }
    return status;
}

static enum status pad(struct frame_gathering *gathering, size_t bytes)
{
    buf_truncate(&gathering->bytes, gathering->closed);
    size_t padding = bytes - gathering->closed;
    char *place = buf_reserve(&gathering->bytes, padding);
    if (!place) {
        return buf_status(&gathering->bytes);
    }
    memset(place, 0, padding);
    buf_used(&gathering->bytes, padding);
    frame_stretch(gathering->bytes.at + gathering->last_at, bytes - gathering->last_at);
    return STATUS_OK;
}

enum status frame_gathering_place(struct frame_gathering *gathering,
                                  const struct frame_segment *segment, uint64_t offset,
                                  size_t bytes)
{
    struct frame_place place = {.segment = segment};
    enum status status = pad(gathering, bytes);
    for (size_t at = 0; status == STATUS_OK && at < bytes; place.index++) {
        place.offset = offset + at;
        at += frame_seal(gathering->bytes.at + at, &place);
    }
    return status;
}

void frame_gathering_clear(struct frame_gathering *gathering)
{
    buf_clear(&gathering->bytes);
    gathering->frames = gathering->closed = 0;
}
