#include "net/http2_budget.h"

enum {
    SOLID_BYTES = 1024, /* DATA of this size costs nothing, wherever it goes */
};

void http2_budget_init(struct http2_budget *budget, int64_t now_ms)
{
    *budget = (struct http2_budget){
        .frames = HTTP2_FRAMES_BURST,
        .counted_ms = now_ms,
        .skipped = NGHTTP2_CLIENT_MAGIC_LEN,
    };
}

bool http2_budget_has_charged(const nghttp2_frame_hd *head)
{
    return head->type != NGHTTP2_DATA || head->length < SOLID_BYTES;
}

static void refill(struct http2_budget *budget, int64_t now_ms)
{
    int64_t more = (now_ms - budget->counted_ms) * HTTP2_FRAMES_A_SECOND / 1000;
    if (more > 0) {
        budget->counted_ms = now_ms;
        budget->frames += more;
        budget->frames = budget->frames > HTTP2_FRAMES_BURST ? HTTP2_FRAMES_BURST : budget->frames;
    }
}

static void charge(struct http2_budget *budget)
{
    const uint8_t *head = budget->head;
    nghttp2_frame_hd hd = {
        .length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2],
        .type = head[3],
    };
    bool goes_on = hd.type == NGHTTP2_CONTINUATION;
    size_t block_bytes = hd.type == NGHTTP2_HEADERS || goes_on ? hd.length : 0;
    budget->block_bytes = block_bytes + (goes_on ? budget->block_bytes : 0);
    budget->skipped = hd.length;
    budget->head_len = 0;
    if (http2_budget_has_charged(&hd)) {
        http2_budget_spend(budget);
    }
}

void http2_budget_take(struct http2_budget *budget, struct view bytes, int64_t now_ms)
{
    refill(budget, now_ms);
    while (bytes.len > 0 && budget->block_bytes <= HTTP2_BLOCK_BYTES_MAX) {
        size_t missing = HTTP2_FRAME_HEAD_BYTES - budget->head_len;
        struct view part = view_part(bytes, 0, budget->skipped > 0 ? budget->skipped : missing);
        bytes = view_part(bytes, part.len, bytes.len);
        if (budget->skipped > 0) {
            budget->skipped -= part.len;
            continue;
        }
        memcpy(budget->head + budget->head_len, part.at, part.len);
        budget->head_len += part.len;
        if (budget->head_len == HTTP2_FRAME_HEAD_BYTES) {
            charge(budget);
        }
    }
}

void http2_budget_spend(struct http2_budget *budget)
{
    budget->frames--;
}

void http2_budget_give_back(struct http2_budget *budget, int64_t frames)
{
    budget->frames += frames;
}

bool http2_budget_is_spent(const struct http2_budget *budget)
{
    return budget->frames < 0 || budget->block_bytes > HTTP2_BLOCK_BYTES_MAX;
}
