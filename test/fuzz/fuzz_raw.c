/* What is kept of requests: frames that were not sealed by the key are refused, whatever they are;
 * what was sealed comes back, and not when a bit of it is another. */
#include "privacy/raw_frame.h"

#include <stdlib.h>

enum { BYTES_MAX = 64 << 20 };

static const struct raw_key KEY = {77, "0123456789abcdef0123456789abcde"};

static void check(bool holds)
{
    if (!holds) {
        __builtin_trap();
    }
}

static void check_plain(struct view bytes)
{
    struct raw_request request;
    struct buf again;
    if (!raw_request_read(bytes, &request)) {
        return;
    }
    buf_init(&again, BYTES_MAX);
    check(raw_request_append(&again, &request) == STATUS_OK);
    check(view_equal(buf_view(&again), bytes));
    buf_free(&again);
}

static void check_frame(struct view bytes)
{
    struct raw_request request;
    size_t len;
    if (bytes.len < RAW_FRAME_HEAD_BYTES || !raw_frame_len(bytes.at, &len) || len > bytes.len) {
        return;
    }
    char *plain = malloc(len);
    struct view frame = view_part(bytes, 0, RAW_FRAME_HEAD_BYTES + len);
    check(plain && !raw_frame_open(frame, &KEY, plain, &request));
    free(plain);
}

static void check_seal(struct view body, size_t flipped)
{
    const struct raw_request sent = {.received_ms = 5, .path = VIEW_LITERAL("/e"), .body = body};
    struct raw_request request;
    struct buf plain;
    struct buf frame;
    buf_init(&plain, BYTES_MAX);
    buf_init(&frame, BYTES_MAX);
    check(raw_request_append(&plain, &sent) == STATUS_OK);
    check(raw_frame_seal(&frame, &KEY, buf_view(&plain)) == STATUS_OK);
    char *opened = malloc(plain.len);
    check(opened && raw_frame_open(buf_view(&frame), &KEY, opened, &request));
    check(view_equal(request.body, body) && view_is(request.path, "/e"));
    frame.at[flipped % frame.len] ^= 1;
    check(!raw_frame_open(buf_view(&frame), &KEY, opened, &request));
    free(opened);
    buf_free(&plain);
    buf_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view bytes = view_make((const char *)data, size);
    check_plain(bytes);
    check_frame(bytes);
    check_seal(bytes, size > 1 ? (size_t)data[0] << 8 | data[1] : 0);
    return 0;
}
