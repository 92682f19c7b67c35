#include "app/batch_frames.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"

struct frame_event *batch_frames_make(const struct batch *batch, uint64_t seed, int64_t received_ms,
                                      struct arena *arena)
{
    size_t count = batch->event_count + batch->reject_count;
    struct frame_event *frame = arena_alloc_zeroed(arena, count, sizeof(*frame));
    struct view last = {0};
    uint64_t site_hash = hash_64(seed, last);
    for (size_t i = 0; frame && i < count; i++) {
        frame[i].received_ms = received_ms;
        frame[i].kind = i < batch->event_count ? FRAME_EVENT : FRAME_QUARANTINED;
        if (i >= batch->event_count) {
            continue;
        }
        /* As a rule all are of one site. */
        struct view site = event_text(&batch->events[i], COLUMN_SITE);
        site_hash = view_equal(site, last) ? site_hash : hash_64(seed, site);
        last = site;
        frame[i].site_hash = site_hash;
        hash_pair_128(seed, site, event_text(&batch->events[i], COLUMN_EVENT_ID),
                      frame[i].key_hash);
    }
    return frame;
}

void batch_frames_append_reject(struct buf *out, const struct batch_origin *origin,
                                const struct batch_reject *reject, uint64_t ingest_seq)
{
    char received[CLOCK_TEXT_BYTES];
    clock_format(origin->received_ms, received);
    buf_append_format(out, "{\"received_at\":\"%s\",\"adapter\":\"%s\",\"reason\":", received,
                      origin->adapter);
    json_append_string(out, view_from_text(reject->reason));
    if (origin->envelope.len > 0) {
        buf_append_text(out, ",\"envelope\":");
        buf_append_view(out, origin->envelope);
    }
    buf_append_text(out, ",\"raw\":");
    json_append_string(out, reject->raw);
    buf_append_format(out, ",\"ingest_seq\":%llu}", (unsigned long long)ingest_seq);
}
