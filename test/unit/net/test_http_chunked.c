#include "net/http_chunked.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

enum { CEILING = 16 };

static enum http_progress feed_all(struct view v, size_t first, struct buf *body, size_t *used,
                                   unsigned *status)
{
    struct http_chunked chunked;
    struct http_refusal refusal = {0};
    http_chunked_init(&chunked, CEILING);
    buf_clear(body);
    enum http_progress progress =
        http_chunked_feed(&chunked, view_part(v, 0, first), used, body, &refusal);
    if (progress == HTTP_NEED_MORE) {
        assert_int_equal(*used, first < v.len ? first : v.len);
        size_t more = 0;
        progress = http_chunked_feed(&chunked, view_part(v, *used, v.len), &more, body, &refusal);
        *used += more;
    }
    *status = refusal.status;
    return progress;
}

static void decodes_at_every_split(void **state)
{
    (void)state;
    static const char text[] =
        "3;a=\"b\"\r\nabc\r\n00a\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\nGET";
    struct view v = view_make(text, sizeof(text) - 1);
    struct buf body;
    buf_init(&body, CEILING);
    for (size_t split = 0; split <= v.len; split++) {
        size_t used = 0;
        unsigned status = 0;
        assert_int_equal(feed_all(v, split, &body, &used, &status), HTTP_DONE);
        assert_int_equal(used, v.len - 3);
        assert_true(view_is(buf_view(&body), "abc0123456789"));
    }
    for (size_t len = 0; len < v.len - 3; len++) {
        size_t used = 0;
        unsigned status = 0;
        assert_int_equal(feed_all(view_part(v, 0, len), len, &body, &used, &status),
                         HTTP_NEED_MORE);
    }
    buf_free(&body);
}

#define CASE(name, text, status)               \
    {                                          \
        name, {text, sizeof(text) - 1}, status \
    }

static void refuses_bent_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct view bytes;
        unsigned status;
    } cases[] = {
        CASE("no size", "\r\n", 400),
        CASE("signed size", "+1\r\na\r\n", 400),
        CASE("prefix", "0x1\r\na\r\n", 400),
        CASE("blank before size", " 1\r\na\r\n", 400),
        CASE("blank behind size", "1 \r\na\r\n", 400),
        CASE("bare LF behind size", "1\na\r\n", 400),
        CASE("bare CR behind size", "1\ra\r\n", 400),
        CASE("bare LF behind data", "1\r\na\n", 400),
        CASE("data too long", "1\r\nab\r\n", 400),
        CASE("nine digits", "000000001\r\na\r\n", 400),
        CASE("LF in extension", "1;a\n\r\n", 400),
        CASE("no extension behind the semicolon", "1;\r\na\r\n", 400),
        CASE("no extension value", "1;a=\r\na\r\n", 400),
        CASE("open quote", "1;a=\"b\r\na\r\n", 400),
        CASE("text behind the quote", "1;a=\"b\"c\r\na\r\n", 400),
        CASE("trailer without colon", "0\r\nX\r\n\r\n", 400),
        CASE("trailer without name", "0\r\n: y\r\n\r\n", 400),
        CASE("folded trailer", "0\r\nX: y\r\n z\r\n\r\n", 400),
        CASE("space before the colon of a trailer", "0\r\nX : y\r\n\r\n", 400),
        CASE("zero byte in extension", "1;\0\r\n", 400),
        CASE("bare LF in trailer", "0\r\nX: y\n\r\n", 400),
        CASE("bare CR in trailer", "0\r\nX: y\rz\r\n\r\n", 400),
        CASE("bare LF at the end", "0\r\n\n", 400),
        CASE("over the ceiling", "11\r\n", 413),
        CASE("over the ceiling together", "f\r\n0123456789abcde\r\n2\r\n", 413),
        CASE("huge", "ffffffff\r\n", 413),
    };
    struct buf body;
    buf_init(&body, CEILING);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t split = 0; split <= cases[i].bytes.len; split++) {
            size_t used = 0;
            unsigned status = 0;
            enum http_progress progress = feed_all(cases[i].bytes, split, &body, &used, &status);
            if (progress != HTTP_REFUSED || status != cases[i].status) {
                fail_msg("%s: progress %d, status %u", cases[i].name, (int)progress, status);
            }
        }
    }
    buf_free(&body);
}

static void bounds_extensions_and_trailers(void **state)
{
    (void)state;
    static const struct {
        const char *start;
        size_t count;
        const char *end;
        enum http_progress progress;
    } cases[] = {
        {"0;", HTTP_CHUNK_EXTENSION_BYTES_MAX, "\r\n\r\n", HTTP_DONE},
        {"0;", HTTP_CHUNK_EXTENSION_BYTES_MAX + 1, "\r\n\r\n", HTTP_REFUSED},
        {"0\r\nX:", HTTP_TRAILER_BYTES_MAX - 2, "\r\n\r\n", HTTP_DONE},
        {"0\r\nX:", HTTP_TRAILER_BYTES_MAX - 1, "\r\n\r\n", HTTP_REFUSED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf text;
        struct buf body;
        buf_init(&text, 8192);
        buf_init(&body, CEILING);
        buf_append_text(&text, cases[i].start);
        for (size_t n = 0; n < cases[i].count; n++) {
            buf_append_byte(&text, 'x');
        }
        buf_append_text(&text, cases[i].end);
        size_t used = 0;
        unsigned status = 0;
        assert_int_equal(feed_all(buf_view(&text), 1, &body, &used, &status), cases[i].progress);
        buf_free(&text);
        buf_free(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_at_every_split),
        cmocka_unit_test(refuses_bent_chunks),
        cmocka_unit_test(bounds_extensions_and_trailers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
