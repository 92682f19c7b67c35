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

static void each_name_and_value_is_looked_at_to_its_end(void **state)
{
    (void)state;
    struct http_reply_frame frame = {0};
    for (size_t at = 0; at < 40; at++) {
        for (int byte = 1; byte < 256; byte++) {
            char text[] = "a-value-that-is-longer-than-two-times-16";
            text[at] = (char)byte;
            bool is_clean = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
            http_reply_clear(&reply);
            http_reply_header(&reply, "X-A", view_make(text, 40));
            buf_clear(&out);
            assert_int_equal(http_reply_write(&reply, &frame, &out) == STATUS_OK, is_clean);
            http_reply_clear(&reply);
            http_reply_header(&reply, text, VIEW_LITERAL("b"));
            bool is_token = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= '0' && byte <= '9') || strchr("!#$%&'*+-.^_`|~", byte);
            buf_clear(&out);
            assert_int_equal(http_reply_write(&reply, &frame, &out) == STATUS_OK, is_token);
        }
    }
    http_reply_clear(&reply);
    http_reply_header(&reply, "", VIEW_LITERAL("b"));
    assert_true(http_reply_write(&reply, &frame, &out) != STATUS_OK);
}

static void an_answer_is_put_together_in_order(void **state)
{
    (void)state;
    http_reply_lines(&reply, "X-A: b\r\nX-C: d\r\n");
    http_reply_header(&reply, "X-Empty", VIEW_LITERAL(""));
    buf_append_text(&reply.body, "hello");
    struct http_reply_frame frame = {.date = VIEW_LITERAL("D"), .keep_alive = true};
    assert_string_equal(written(frame), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n"
                                        "Connection: keep-alive\r\nX-A: b\r\nX-C: d\r\n"
                                        "X-Empty: \r\n\r\nhello");
    reply.status = 599;
    assert_non_null(strstr(written(frame), "HTTP/1.1 599 Unknown\r\n"));
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
        CASE(each_name_and_value_is_looked_at_to_its_end),
        CASE(an_answer_is_put_together_in_order),
        CASE(what_does_not_fit_is_not_half_written),
        CASE(an_error_is_one_sentence_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
