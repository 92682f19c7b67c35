#include "net/http_chunked.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says where the chunked body is split: the result must not depend on it. */
static void feed(struct view bytes, size_t split)
{
    struct http_refusal refusal = {0};
    struct http_chunked whole;
    struct http_chunked parts;
    struct buf one;
    struct buf two;
    size_t used_one = 0;
    size_t used_two = 0;
    buf_init(&one, 4096);
    buf_init(&two, 4096);
    http_chunked_init(&whole, 4096);
    http_chunked_init(&parts, 4096);
    enum http_progress a = http_chunked_feed(&whole, bytes, &used_one, &one, &refusal);
    enum http_progress b =
        http_chunked_feed(&parts, view_part(bytes, 0, split), &used_two, &two, &refusal);
    if (b == HTTP_NEED_MORE) {
        size_t more = 0;
        struct view rest = view_part(bytes, used_two, bytes.len);
        b = http_chunked_feed(&parts, rest, &more, &two, &refusal);
        used_two += more;
    }
    if (a != b || used_one != used_two || !view_equal(buf_view(&one), buf_view(&two))) {
        abort();
    }
    buf_free(&one);
    buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct view bytes = view_make((const char *)data + 1, size - 1);
    struct http_head head;
    struct http_refusal refusal;
    if (http_head_parse(&head, bytes, &refusal) == HTTP_DONE) {
        if (head.len > bytes.len || head.path.len == 0 || head.header_count > HTTP_HEADERS_MAX) {
            abort();
        }
        (void)http_header(&head, "origin");
        bytes = view_part(bytes, head.len, bytes.len);
    }
    feed(bytes, data[0]);
    return 0;
}
