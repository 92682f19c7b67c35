#include "load/answer.h"

struct head {
    unsigned status;
    size_t len;
    uint64_t content_length;
    bool is_chunked;
    bool closes;
};

static bool read_status(struct view line, unsigned *status)
{
    uint64_t value;
    view_cut(&line, ' ');
    bool is_number = view_to_uint64(view_part(line, 0, 3), &value) && value < 1000;
    *status = is_number ? (unsigned)value : 0;
    return is_number;
}

static bool read_header(struct view line, struct head *head)
{
    struct view name = view_cut(&line, ':');
    struct view value = view_trim(line);
    if (name.len == 14 && view_is_ignoring_case(name, "content-length")) {
        return view_to_uint64(value, &head->content_length);
    }
    if (name.len == 17 && view_is_ignoring_case(name, "transfer-encoding")) {
        head->is_chunked = view_is_ignoring_case(value, "chunked");
        return head->is_chunked;
    }
    if (name.len == 10 && view_is_ignoring_case(name, "connection")) {
        head->closes = view_is_ignoring_case(value, "close");
    }
    return true;
}

static enum answer_progress read_head(struct view bytes, struct head *head)
{
    struct view rest = bytes;
    const char *end = bytes.len > 0 ? memmem(bytes.at, bytes.len, "\r\n\r\n", 4) : NULL;
    if (!end) {
        return ANSWER_NEED_MORE;
    }
    *head = (struct head){.len = (size_t)(end - bytes.at) + 4};
    rest.len = head->len - 2;
    bool is_good =
        view_starts_with(rest, "HTTP/1.1 ") && read_status(view_cut(&rest, '\n'), &head->status);
    while (is_good && rest.len > 0) {
        struct view line = view_cut(&rest, '\n');
        is_good = line.len > 0 && read_header(view_part(line, 0, line.len - 1), head);
    }
    return is_good ? ANSWER_DONE : ANSWER_UNREADABLE;
}

static bool read_chunk_size(struct view line, uint64_t *size)
{
    *size = 0;
    for (size_t i = 0; i + 1 < line.len; i++) {
        const char *digit = memchr("0123456789abcdef", line.at[i] | 32, 16);
        if (!digit || i > 7) {
            return false;
        }
        *size = *size * 16 + (uint64_t)(digit - "0123456789abcdef");
    }
    return line.len > 1;
}

/* The length of all chunks; trailers are not expected. */
static enum answer_progress read_chunks(struct view bytes, size_t *len)
{
    struct view rest = bytes;
    uint64_t size = 1;
    while (size > 0) {
        size_t line_bytes = view_find(rest, '\n');
        if (line_bytes == rest.len) {
            return ANSWER_NEED_MORE;
        }
        if (!read_chunk_size(view_part(rest, 0, line_bytes), &size)) {
            return ANSWER_UNREADABLE;
        }
        if (rest.len < line_bytes + 1 + size + 2) {
            return ANSWER_NEED_MORE;
        }
        rest = view_part(rest, line_bytes + 1 + size + 2, SIZE_MAX);
    }
    *len = bytes.len - rest.len;
    return ANSWER_DONE;
}

enum answer_progress answer_read(struct view bytes, struct answer *answer)
{
    struct head head;
    size_t body_bytes = 0;
    enum answer_progress progress = read_head(bytes, &head);
    if (progress != ANSWER_DONE) {
        return progress;
    }
    struct view body = view_part(bytes, head.len, SIZE_MAX);
    if (head.is_chunked) {
        progress = read_chunks(body, &body_bytes);
    } else if (head.status != 204 && head.status != 304) {
        body_bytes = head.content_length;
        progress = body.len >= body_bytes ? ANSWER_DONE : ANSWER_NEED_MORE;
    }
    *answer = (struct answer){head.status, head.len + body_bytes, view_part(body, 0, body_bytes),
                              head.closes};
    return progress;
}
