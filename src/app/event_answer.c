#include "app/event_answer.h"

static void append_receipts(struct buf *out, const struct event_receipts *asked)
{
    size_t before = out->len;
    buf_append_text(out, ",\"have\":[");
    if (receipts_answer(asked->receipts, asked->query, out)) {
        buf_append_byte(out, ']');
    } else {
        buf_truncate(out, before);
    }
}

void event_answer_json(struct http_reply *reply, const struct event_answer *answer,
                       const struct event_receipts *asked)
{
    http_reply_lines(reply, "Content-Type: application/json\r\n");
    buf_append_text(&reply->body, "{\"accepted\":");
    buf_append_uint64(&reply->body, answer->accepted);
    buf_append_text(&reply->body, ",\"rejected\":");
    buf_append_uint64(&reply->body, answer->rejected);
    if (answer->dropped > 0) {
        buf_append_format(&reply->body, ",\"dropped\":%llu", (unsigned long long)answer->dropped);
    }
    if (answer->tells_skew) {
        buf_append_format(&reply->body, ",\"skew\":%lld", (long long)answer->skew_ms);
    }
    if (asked->query.len > 0) {
        append_receipts(&reply->body, asked);
    }
    buf_append_byte(&reply->body, '}');
}

void event_answer_pixel(struct http_reply *reply)
{
    /* The smallest transparent GIF (GIF89a, 1 by 1). */
    static const unsigned char PIXEL[] = {
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00,
        0x00, 0xff, 0xff, 0xff, 0x21, 0xf9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00, 0x00,
        0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3b};
    http_reply_lines(reply, "Content-Type: image/gif\r\nCache-Control: no-store\r\n");
    buf_append(&reply->body, PIXEL, sizeof(PIXEL));
}
