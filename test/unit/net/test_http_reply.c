#include "net/http_reply.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct http_reply reply;
static struct buf out;

static int set_up(void **state)
{
    (void)state;
    http_reply_init(&reply, 100);
    buf_init(&out, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_reply_free(&reply);
    buf_free(&out);
    return 0;
}

static const char *written(struct http_reply_frame frame)
{
    buf_clear(&out);
    assert_int_equal(http_reply_write(&reply, &frame, &out), STATUS_OK);
    buf_append_byte(&out, 0);
    return out.at;
}

static void a_reply_has_its_length_and_headers(void **state)
{
    (void)state;
    http_reply_header(&reply, "X-A", VIEW_LITERAL("b"));
    buf_append_text(&reply.body, "hello");
    const char *text = written((struct http_reply_frame){.keep_alive = true});
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "Content-Length: 5\r\n"));
    assert_non_null(strstr(text, "X-A: b\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nhello"));
    assert_null(strstr(text, "Date:"));
}

static void head_has_no_body_and_204_and_304_no_content(void **state)
{
    (void)state;
    buf_append_text(&reply.body, "hello");
    const char *text = written((struct http_reply_frame){.is_head = true});
    assert_non_null(strstr(text, "Content-Length: 5\r\n"));
    assert_null(strstr(text, "hello"));
    reply.status = 204;
    assert_null(strstr(written((struct http_reply_frame){0}), "hello"));
    reply.status = 304;
    assert_null(strstr(written((struct http_reply_frame){0}), "hello"));
}

static void a_stream_has_a_head_without_length(void **state)
{
    (void)state;
    const char *text = written((struct http_reply_frame){.is_stream = true});
    assert_null(strstr(text, "Content-Length"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
}

static void nobody_can_put_a_line_into_the_head(void **state)
{
    (void)state;
    struct http_reply_frame frame = {0};
    http_reply_header(&reply, "X-A", VIEW_LITERAL("b\r\nSet-Cookie: c"));
    assert_true(http_reply_write(&reply, &frame, &out) != STATUS_OK);
    assert_int_equal(out.len, 0);
    http_reply_clear(&reply);
    http_reply_header(&reply, "X A", VIEW_LITERAL("b"));
    assert_true(http_reply_write(&reply, &frame, &out) != STATUS_OK);
}

static void what_does_not_fit_is_not_half_written(void **state)
{
    (void)state;
    struct http_reply_frame frame = {0};
    struct buf small;
    buf_init(&small, 40);
    assert_true(http_reply_write(&reply, &frame, &small) != STATUS_OK);
    assert_int_equal(small.len, 0);
    buf_free(&small);
    char much[200] = {0};
    buf_append(&reply.body, much, sizeof(much));
    assert_true(http_reply_write(&reply, &frame, &out) != STATUS_OK);
}

static void an_error_is_one_sentence_of_json(void **state)
{
    (void)state;
    http_reply_header(&reply, "X-A", VIEW_LITERAL("b"));
    buf_append_text(&reply.body, "replaced");
    http_reply_error(&reply, 413, "a \"quoted\" sentence");
    const char *text = written((struct http_reply_frame){0});
    assert_non_null(strstr(text, "HTTP/1.1 413 "));
    assert_non_null(strstr(text, "X-A: b\r\n"));
    assert_non_null(strstr(text, "{\"error\":\"a \\\"quoted\\\" sentence\"}"));
    assert_null(strstr(text, "replaced"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_reply_has_its_length_and_headers),
        CASE(head_has_no_body_and_204_and_304_no_content),
        CASE(a_stream_has_a_head_without_length),
        CASE(nobody_can_put_a_line_into_the_head),
        CASE(what_does_not_fit_is_not_half_written),
        CASE(an_error_is_one_sentence_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
