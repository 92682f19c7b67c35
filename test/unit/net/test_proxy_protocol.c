#include "net/proxy_protocol.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#define TEXT(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4_PAYLOAD "\x01\x02\x03\x04\x0a\x00\x00\x01\x02\x37\x00\x50"
#define V6_REST "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\xff\xff\x00\x50"

/* From a place of just their size, so that ASan sees a read behind them. */
static enum http_progress parse(struct proxy_header *header, struct view bytes,
                                struct http_refusal *refusal)
{
    char *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    if (bytes.len > 0) {
        memcpy(copy, bytes.at, bytes.len);
    }
    *refusal = (struct http_refusal){0};
    enum http_progress progress = proxy_header_parse(header, view_make(copy, bytes.len), refusal);
    free(copy);
    return progress;
}

static void reads_headers_at_every_length(void **state)
{
    (void)state;
    static const struct {
        struct view header;
        const char *address;
        unsigned port;
        bool is_local;
    } cases[] = {
        {TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 80\r\n"), "1.2.3.4", 567, false},
        {TEXT("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255",
         65535, false},
        {TEXT("PROXY TCP6 2001:db8::1 ::1 0 80\r\n"), "2001:db8::1", 0, false},
        {TEXT("PROXY TCP6 ::ffff:1.2.3.4 ::1 1 80\r\n"), "1.2.3.4", 1, false},
        {TEXT("PROXY UNKNOWN\r\n"), "", 0, false},
        {TEXT("PROXY UNKNOWN any \x01 thing\r\n"), "", 0, false},
        {TEXT("PROXY UNKNOWN ffff:f...f:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
              "65535\r\n"),
         "", 0, false},
        {TEXT(SIGNATURE "\x21\x11\x00\x0c" V4_PAYLOAD), "1.2.3.4", 567, false},
        {TEXT(SIGNATURE "\x21\x12\x00\x0c" V4_PAYLOAD), "1.2.3.4", 567, false},
        {TEXT(SIGNATURE "\x21\x11\x00\x10" V4_PAYLOAD "\x04\x00\x01x"), "1.2.3.4", 567, false},
        {TEXT(SIGNATURE "\x21\x21\x00\x24"
                        "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" V6_REST),
         "2001:db8::1", 65535, false},
        {TEXT(SIGNATURE "\x21\x21\x00\x24"
                        "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04" V6_REST),
         "1.2.3.4", 65535, false},
        {TEXT(SIGNATURE "\x20\x00\x00\x00"), "", 0, true},
        {TEXT(SIGNATURE "\x20\x11\x00\x0c" V4_PAYLOAD), "", 0, true},
        {TEXT(SIGNATURE "\x20\x11\x00\x01x"), "", 0, true},
        {TEXT(SIGNATURE "\x21\x00\x00\x00"), "", 0, false},
        {TEXT(SIGNATURE "\x21\x31\x00\x03/a\0"), "", 0, false},
        {TEXT(SIGNATURE "\x21\x10\x00\x0c" V4_PAYLOAD), "", 0, false},
        {TEXT(SIGNATURE "\x21\x41\x00\x0c" V4_PAYLOAD), "", 0, false},
        {TEXT(SIGNATURE "\x21\x13\x00\x0c" V4_PAYLOAD), "", 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct proxy_header header;
        struct http_refusal refusal;
        size_t whole = cases[i].header.len;
        for (size_t len = 0; len < whole; len++) {
            struct view part = view_part(cases[i].header, 0, len);
            if (parse(&header, part, &refusal) != HTTP_NEED_MORE) {
                fail_msg("case %zu, %zu bytes", i, len);
            }
        }
        for (size_t extra = 0; extra < 2; extra++) {
            char room[256];
            memcpy(room, cases[i].header.at, whole);
            memcpy(room + whole, "GET", 3);
            assert_int_equal(parse(&header, view_make(room, whole + extra * 3), &refusal),
                             HTTP_DONE);
            assert_int_equal(header.len, whole);
            assert_string_equal(header.address, cases[i].address);
            assert_int_equal(header.has_address, cases[i].address[0] != '\0');
            assert_int_equal(header.port, cases[i].port);
            assert_int_equal(header.is_local, cases[i].is_local);
        }
    }
}

static void refuses_bent_headers(void **state)
{
    (void)state;
    static const struct view cases[] = {
        TEXT("GET / HTTP/1.1\r\n\r\n"),
        TEXT("\x16\x03\x01"),
        TEXT("\r\n\r\n\r\n"),
        TEXT("proxy TCP4 1.2.3.4 10.0.0.1 567 80\r\n"),
        TEXT("PROXY\tTCP4 1.2.3.4 10.0.0.1 567 80\r\n"),
        TEXT("PROXY  TCP4 1.2.3.4 10.0.0.1 567 80\r\n"),
        TEXT("PROXY TCP5 1.2.3.4 10.0.0.1 567 80\r\n"),
        TEXT("PROXY tcp4 1.2.3.4 10.0.0.1 567 80\r\n"),
        TEXT("PROXY UNKNOWNS\r\n"),
        TEXT("PROXY \r\n"),
        TEXT("PROXY TCP4\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 80 \r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 80 9\r\n"),
        TEXT("PROXY TCP4 1.2.3.4  10.0.0.1 567 80\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 0567 80\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 65536 80\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 -1\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0 567 80\r\n"),
        TEXT("PROXY TCP4 1.2.3.4\0 10.0.0.1 567 80\r\n"),
        TEXT("PROXY TCP4 ::1 ::1 567 80\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 ::1 567 80\r\n"),
        TEXT("PROXY TCP6 1.2.3.4 10.0.0.1 567 80\r\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 80\n"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 80\rx"),
        TEXT("PROXY TCP4 1.2.3.4 10.0.0.1 567 80\r\r\n"),
        TEXT("PROXY UNKNOWN \n\r"),
        TEXT(SIGNATURE "\x11"),
        TEXT(SIGNATURE "\x31"),
        TEXT(SIGNATURE "\x22"),
        TEXT(SIGNATURE "\x2f\x11\x00\x0c" V4_PAYLOAD),
        TEXT(SIGNATURE "\x21\x11\x02\x01"),
        TEXT(SIGNATURE "\x20\x00\xff\xff"),
        TEXT(SIGNATURE "\x21\x11\x00\x00"),
        TEXT(SIGNATURE "\x21\x11\x00\x0b" V4_PAYLOAD),
        TEXT(SIGNATURE "\x21\x21\x00\x0c" V4_PAYLOAD),
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct proxy_header header;
        struct http_refusal refusal;
        enum http_progress progress = parse(&header, cases[i], &refusal);
        if (progress != HTTP_REFUSED || refusal.status != 400 || !refusal.sentence) {
            fail_msg("case %zu (%.*s): %d", i, VIEW_ARG(cases[i]), (int)progress);
        }
    }
}

static void bounds_both_versions(void **state)
{
    (void)state;
    static const struct {
        struct view start;
        size_t padding;
        struct view end;
        enum http_progress progress;
    } cases[] = {
        {TEXT("PROXY UNKNOWN "), 107 - 14 - 2, TEXT("\r\n"), HTTP_DONE},
        {TEXT("PROXY UNKNOWN "), 107 - 14 - 1, TEXT("\r\n"), HTTP_REFUSED},
        {TEXT("PROXY UNKNOWN "), 106 - 14, TEXT(""), HTTP_NEED_MORE},
        {TEXT("PROXY UNKNOWN "), 107 - 14, TEXT(""), HTTP_REFUSED},
        {TEXT(SIGNATURE "\x20\x00\x02\x00"), 512, TEXT(""), HTTP_DONE},
        {TEXT(SIGNATURE "\x20\x00\x02\x00"), 511, TEXT(""), HTTP_NEED_MORE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char room[1024];
        size_t len = cases[i].start.len;
        memcpy(room, cases[i].start.at, len);
        memset(room + len, 'x', cases[i].padding);
        len += cases[i].padding;
        memcpy(room + len, cases[i].end.at, cases[i].end.len);
        struct proxy_header header;
        struct http_refusal refusal;
        struct view bytes = view_make(room, len + cases[i].end.len);
        assert_int_equal(parse(&header, bytes, &refusal), cases[i].progress);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_headers_at_every_length),
        cmocka_unit_test(refuses_bent_headers),
        cmocka_unit_test(bounds_both_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
