#include "net/http_head.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "Host: a.example\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST

/* A copy of exactly that size, so that reading beyond it is seen. */
static enum http_progress parse(struct http_head *head, struct view v, unsigned *status)
{
    char *copy = malloc(v.len + 1);
    char *end = copy + 1;
    memcpy(end, v.at, v.len);
    struct http_refusal refusal = {0};
    enum http_progress progress = http_head_parse(head, view_make(end, v.len), &refusal);
    *status = refusal.status;
    free(copy);
    return progress;
}

struct refused_case {
    const char *name;
    struct view bytes;
    unsigned status;
};

#define CASE(name, text, status)               \
    {                                          \
        name, {text, sizeof(text) - 1}, status \
    }

static void refuses_what_others_might_read_differently(void **state)
{
    (void)state;
    static const struct refused_case cases[] = {
        CASE("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400),
        CASE("bare LF in headers", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
        CASE("bare CR", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400),
        CASE("CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400),
        CASE("folded line", GET "X: y\r\n z\r\n\r\n", 400),
        CASE("folded by tab", GET "X: y\r\n\tz\r\n\r\n", 400),
        CASE("space before colon", GET "X : y\r\n\r\n", 400),
        CASE("no colon", GET "X\r\n\r\n", 400),
        CASE("empty name", GET ": y\r\n\r\n", 400),
        CASE("zero byte in name", GET "X\0: y\r\n\r\n", 400),
        CASE("zero byte in value", GET "X: \0\r\n\r\n", 400),
        CASE("zero byte in target", "GET /\0 HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("zero byte in an unfinished line", "GE\0", 400),
        CASE("control character in value", GET "X: a\x01\r\n\r\n", 400),
        CASE("two empty lines first", "\r\n\r\n" GET "\r\n", 400),
        CASE("method is no token", "G(T / HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("no method", " / HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("space in target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("raw non-ASCII in target", "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("fragment", "GET /#a HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("authority form", "GET a:443 HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("authority form of CONNECT", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 501),
        CASE("CONNECT without a port", "CONNECT a1 HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("CONNECT without a host", "CONNECT :443 HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("path for CONNECT", "CONNECT / HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("asterisk for GET", "GET * HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("other scheme", "GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("no authority", "GET http:///x HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("no version", "GET /\r\n" HOST "\r\n", 400),
        CASE("small letters", "GET / http/1.1\r\n" HOST "\r\n", 400),
        CASE("space behind version", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400),
        CASE("HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 505),
        CASE("HTTP/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505),
        CASE("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
        CASE("two Hosts", GET HOST "\r\n", 400),
        CASE("Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        CASE("Host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        CASE("port is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        CASE("user in an absolute target", "GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n", 400),
        CASE("differing lengths", GET "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        CASE("differing lengths in a list", GET "Content-Length: 1, 2\r\n\r\n", 400),
        CASE("signed length", GET "Content-Length: +1\r\n\r\n", 400),
        CASE("negative length", GET "Content-Length: -1\r\n\r\n", 400),
        CASE("hex length", GET "Content-Length: 0x1\r\n\r\n", 400),
        CASE("empty length", GET "Content-Length:\r\n\r\n", 400),
        CASE("open list of lengths", GET "Content-Length: 1,\r\n\r\n", 400),
        CASE("huge length", GET "Content-Length: 18446744073709551616\r\n\r\n", 413),
        CASE("length and coding", GET "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
             400),
        CASE("other coding", GET "Transfer-Encoding: gzip\r\n\r\n", 400),
        CASE("coding list", GET "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        CASE("chunked twice",
             GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        CASE("chunked with a tail", GET "Transfer-Encoding: chunked;a\r\n\r\n", 400),
        CASE("empty coding in a list", GET "Transfer-Encoding: , chunked\r\n\r\n", 400),
        CASE("empty coding", GET "Transfer-Encoding:\r\n\r\n", 400),
        CASE("coding on 1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        CASE("unknown expectation", GET "Expect: coffee\r\n\r\n", 417),
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_head head;
        unsigned status = 0;
        enum http_progress progress = parse(&head, cases[i].bytes, &status);
        if (progress != HTTP_REFUSED || status != cases[i].status) {
            fail_msg("%s: progress %d, status %u", cases[i].name, (int)progress, status);
        }
    }
}

static void every_split_needs_more_until_complete(void **state)
{
    (void)state;
    static const char text[] = "POST /v1/batch?a=b?c HTTP/1.1\r\nHost: [::1]:80\r\nX-Empty:\r\n"
                               "Content-Length: 5, 5\r\nOrigin:  https://a.example \r\n"
                               "Expect: 100-continue\r\nX-Old: caf\xe9\r\n\r\n";
    struct view all = view_make(text, sizeof(text) - 1);
    struct http_head head;
    struct http_refusal refusal;
    for (size_t len = 0; len < all.len; len++) {
        unsigned status = 0;
        assert_int_equal(parse(&head, view_part(all, 0, len), &status), HTTP_NEED_MORE);
    }
    assert_int_equal(http_head_parse(&head, all, &refusal), HTTP_DONE);
    assert_int_equal(head.len, all.len);
    assert_int_equal(head.method, HTTP_POST);
    assert_true(view_is(head.path, "/v1/batch"));
    assert_true(view_is(head.query, "a=b?c"));
    assert_int_equal(head.header_count, 6);
    assert_int_equal(head.content_length, 5);
    assert_true(head.expects_continue && head.keep_alive && !head.is_chunked);
    assert_true(view_is(http_header(&head, "ORIGIN"), "https://a.example"));
    assert_non_null(http_header(&head, "x-empty").at);
    assert_null(http_header(&head, "x-missing").at);
}

static void reads_targets_of_all_accepted_forms(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *path;
        const char *query;
    } cases[] = {
        {"GET / HTTP/1.1", "/", ""},         {"GET /? HTTP/1.1", "/", ""},
        {"OPTIONS * HTTP/1.1", "*", ""},     {"GET http://a.example:80/x?y HTTP/1.1", "/x", "y"},
        {"GET HTTPS://a HTTP/1.1", "/", ""}, {"GET http://a?q HTTP/1.1", "/", "q"},
        {"BREW /%20 HTTP/1.1", "/%20", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        int len = snprintf(text, sizeof(text), "\r\n%s\r\n" HOST "\r\n", cases[i].line);
        struct http_head head;
        struct http_refusal refusal;
        assert_int_equal(http_head_parse(&head, view_make(text, (size_t)len), &refusal), HTTP_DONE);
        assert_true(view_is(head.path, cases[i].path));
        assert_true(view_is(head.query, cases[i].query));
    }
}

static void an_absolute_target_overrules_the_host(void **state)
{
    (void)state;
    struct http_head head;
    struct http_refusal refusal;
    struct view bytes = VIEW_LITERAL("GET http://b.example:81/ HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(http_head_parse(&head, bytes, &refusal), HTTP_DONE);
    assert_true(view_is(http_header(&head, "host"), "b.example:81"));
}

static void several_lines_of_a_header_are_one_list(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        const char *list; /* NULL when there is no such line */
    } cases[] = {
        {"", NULL},
        {"A: x, y\r\n", "x, y"},
        {"A:\r\n", ""},
        {"A: x\r\nB: z\r\na: y\r\n", "x, y"},
        {"A:\r\nA: y\r\nA:\r\n", "y, "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        int len = snprintf(text, sizeof(text), GET "%s\r\n", cases[i].lines);
        struct http_head head;
        struct http_refusal refusal;
        struct buf joined;
        buf_init(&joined, 64);
        assert_int_equal(http_head_parse(&head, view_make(text, (size_t)len), &refusal), HTTP_DONE);
        struct view list = http_header_list(&head, "a", &joined);
        assert_int_equal(list.at != NULL, cases[i].list != NULL);
        assert_true(view_is(list, cases[i].list ? cases[i].list : ""));
        buf_free(&joined);
    }
}

/* What a head must know of its headers, told by looking at each of them. */
static const struct http_header *naive_find(const struct http_head *head, size_t from,
                                            const char *name)
{
    for (size_t i = from; i < head->header_count; i++) {
        if (view_is_ignoring_case(head->headers[i].name, name)) {
            return &head->headers[i];
        }
    }
    return NULL;
}

static void assert_found_as_by_looking(const struct http_head *head, const char *name)
{
    size_t from = 0;
    const struct http_header *found = http_header_first(head, name);
    while (found) {
        assert_ptr_equal(found, naive_find(head, from, name));
        from = (size_t)(found - head->headers) + 1;
        found = http_header_next(head, found, name);
    }
    assert_null(naive_find(head, from, name));
}

static void finds_every_header_of_a_name_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"host",
                                        "HOST",
                                        "Host",
                                        "hos",
                                        "hosts",
                                        "h",
                                        "dnt",
                                        "DnT",
                                        "Origin",
                                        "origim",
                                        "Content-Length",
                                        "cookie",
                                        "Cookie",
                                        "Te",
                                        "eT",
                                        "expect",
                                        "accept",
                                        "sec-gpc",
                                        "content-length",
                                        "x-forward",
                                        "^",
                                        "~",
                                        "sec_",
                                        "a1b",
                                        "ab1",
                                        "1ab",
                                        "transfer-encoding",
                                        "transfer-encodinG",
                                        "connection",
                                        "via"};
    enum { COUNT = sizeof(names) / sizeof(names[0]) };
    struct http_head head;
    srand(7);
    for (int round = 0; round < 2000; round++) {
        http_head_clear(&head);
        int headers = rand() % (HTTP_HEADERS_MAX + 1);
        for (int i = 0; i < headers; i++) {
            struct view name = view_from_text(names[rand() % COUNT]);
            assert_true(http_head_add(&head, name, VIEW_LITERAL("v")));
        }
        for (int i = 0; i < COUNT; i++) {
            assert_found_as_by_looking(&head, names[i]);
        }
    }
    while (head.header_count < HTTP_HEADERS_MAX) {
        assert_true(http_head_add(&head, VIEW_LITERAL("x"), VIEW_LITERAL("v")));
    }
    assert_false(http_head_add(&head, VIEW_LITERAL("x"), VIEW_LITERAL("v")));
    assert_int_equal(head.header_count, HTTP_HEADERS_MAX);
}

static void finds_what_it_acts_on_in_small_and_capital_letters(void **state)
{
    (void)state;
    static const char *const names[] = {"host",
                                        "connection",
                                        "content-length",
                                        "transfer-encoding",
                                        "content-encoding",
                                        "expect",
                                        "origin",
                                        "cookie",
                                        "sec-gpc",
                                        "dnt",
                                        "accept-encoding",
                                        "if-none-match",
                                        "x-forwarded-for",
                                        "x-forwarded-proto",
                                        "last-event-id"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char capital[32] = {0};
        for (size_t at = 0; names[i][at]; at++) {
            char byte = names[i][at];
            capital[at] = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
        }
        struct http_head head;
        http_head_clear(&head);
        assert_true(http_head_add(&head, view_from_text(capital), VIEW_LITERAL("v")));
        assert_true(view_is(http_header(&head, names[i]), "v"));
        assert_true(view_is(http_header(&head, capital), "v"));
        capital[0] ^= 1; /* a near miss: of the same length, all but the first letter alike */
        assert_null(http_header(&head, names[i]).at);
    }
}

static void knows_when_the_connection_stays(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool keep_alive;
    } cases[] = {
        {GET "\r\n", true},
        {GET "Connection: Close\r\n\r\n", false},
        {GET "Connection: x, close\r\n\r\n", false},
        {GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_head head;
        struct http_refusal refusal;
        assert_int_equal(http_head_parse(&head, view_from_text(cases[i].text), &refusal),
                         HTTP_DONE);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
    }
}

static size_t headers_text(char *text, size_t room, int count, int value_len)
{
    size_t len = (size_t)snprintf(text, room, GET);
    for (int i = 1; i < count; i++) {
        len += (size_t)snprintf(text + len, room - len, "X%d: %0*d\r\n", i, value_len, 0);
    }
    return len + (size_t)snprintf(text + len, room - len, "\r\n");
}

static void holds_its_limits(void **state)
{
    (void)state;
    enum { ROOM = 64 * 1024 };
    char *text = malloc(ROOM);
    struct http_head head;
    struct http_refusal refusal = {0};
    size_t len = headers_text(text, ROOM, HTTP_HEADERS_MAX, 1);
    assert_int_equal(http_head_parse(&head, view_make(text, len), &refusal), HTTP_DONE);
    assert_int_equal(head.header_count, HTTP_HEADERS_MAX);
    len = headers_text(text, ROOM, HTTP_HEADERS_MAX + 1, 1);
    assert_int_equal(http_head_parse(&head, view_make(text, len), &refusal), HTTP_REFUSED);
    assert_int_equal(refusal.status, 431);
    len = headers_text(text, ROOM, 60, 400);
    assert_int_equal(http_head_parse(&head, view_make(text, len), &refusal), HTTP_REFUSED);
    assert_int_equal(refusal.status, 431);
    memset(text, 'a', ROOM);
    memcpy(text, "GET /", 5);
    assert_int_equal(http_head_parse(&head, view_make(text, 9000), &refusal), HTTP_REFUSED);
    assert_int_equal(refusal.status, 414);
    static const char end[] = " HTTP/1.1\r\n" HOST "\r\n";
    for (size_t over = 0; over < 2; over++) {
        memset(text, 'a', ROOM);
        memcpy(text, "GET /", 5);
        memcpy(text + 4 + HTTP_TARGET_BYTES_MAX + over, end, sizeof(end));
        len = 4 + HTTP_TARGET_BYTES_MAX + over + sizeof(end) - 1;
        refusal.status = 0;
        (void)http_head_parse(&head, view_make(text, len), &refusal);
        assert_int_equal(refusal.status, over ? 414 : 0);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_others_might_read_differently),
        cmocka_unit_test(every_split_needs_more_until_complete),
        cmocka_unit_test(reads_targets_of_all_accepted_forms),
        cmocka_unit_test(an_absolute_target_overrules_the_host),
        cmocka_unit_test(several_lines_of_a_header_are_one_list),
        cmocka_unit_test(finds_every_header_of_a_name_in_order),
        cmocka_unit_test(finds_what_it_acts_on_in_small_and_capital_letters),
        cmocka_unit_test(knows_when_the_connection_stays),
        cmocka_unit_test(holds_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
