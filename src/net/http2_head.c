/* From the headers of an HTTP/2 stream to the head of a request (RFC 9113, 8.3.1). */
#include "net/http2.h"

static void place_headers(struct exchange *x)
{
    const char *at = x->text.at;
    for (size_t i = 0; i < x->head.header_count; i++) {
        struct http_header *header = &x->head.headers[i];
        header->name.at = at;
        header->value.at = at + header->name.len;
        at = header->value.at + header->value.len;
    }
}

bool http2_finish_head(struct exchange *x, struct http_refusal *refusal)
{
    struct http_head *head = &x->head;
    struct view target = {0};
    place_headers(x);
    size_t count = head->header_count;
    bool has_room = true;
    head->header_count = 0;
    /* What is kept goes to its place again, or further ahead. */
    for (size_t i = 0; i < count && has_room; i++) {
        struct http_header header = head->headers[i];
        if (view_is(header.name, ":method")) {
            http_head_set_method(head, header.value);
        } else if (view_is(header.name, ":path")) {
            target = header.value;
        } else if (view_is(header.name, ":authority")) {
            has_room = http_head_add(head, VIEW_LITERAL("host"), header.value);
        } else if (!view_starts_with(header.name, ":")) {
            has_room = http_head_add(head, header.name, header.value);
        }
    }
    struct view length = http_header(head, "content-length");
    head->has_content_length = view_to_uint64(length, &head->content_length);
    head->expects_continue = view_is_ignoring_case(http_header(head, "expect"), "100-continue");
    return http_head_set_target(head, target, refusal) == HTTP_DONE;
}
