#include "net/cors.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct view listed[] = {{"https://shop.example", 20}, {"https://b.example:8443", 22}};

static void names_only_allowed_origins(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t listed_count;
        const char *origin;
        bool is_allowed;
        bool is_echoed;
    } cases[] = {
        {"any origin", 0, "https://x.example", true, true},
        {"null origin, any allowed", 0, "null", true, true},
        {"no origin", 2, "", true, false},
        {"listed", 2, "https://shop.example", true, true},
        {"listed, other case", 2, "https://Shop.example", true, true},
        {"listed with port", 2, "https://b.example:8443", true, true},
        {"other port", 2, "https://b.example", false, false},
        {"other scheme", 2, "http://shop.example", false, false},
        {"longer", 2, "https://shop.example.evil", false, false},
        {"null origin, list", 2, "null", false, false},
        {"asterisk", 0, "*", false, false},
        {"two origins", 0, "https://a, https://b", false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cors cors = {.origins = listed, .origin_count = cases[i].listed_count};
        struct http_reply reply;
        http_reply_init(&reply, 64);
        bool is_allowed = cors_apply(&cors, view_from_text(cases[i].origin), false, &reply);
        buf_append_byte(&reply.headers, '\0');
        bool is_echoed = strstr(reply.headers.at, "Allow-Origin: ") != NULL;
        if (is_allowed != cases[i].is_allowed || is_echoed != cases[i].is_echoed) {
            fail_msg("%s: allowed %d, echoed %d", cases[i].name, is_allowed, is_echoed);
        }
        assert_non_null(strstr(reply.headers.at, "Vary: Origin\r\n"));
        assert_null(strstr(reply.headers.at, "*"));
        http_reply_free(&reply);
    }
}

static void an_origin_is_visible_ascii_without_comma_and_asterisk(void **state)
{
    (void)state;
    struct cors any = {0};
    for (int byte = 0; byte < 256; byte++) {
        char origin[] = "https://a.example";
        origin[9] = (char)byte;
        bool is_proper = byte > 0x20 && byte < 0x7f && byte != ',' && byte != '*';
        struct http_reply reply;
        http_reply_init(&reply, 64);
        assert_int_equal(cors_apply(&any, view_make(origin, 17), false, &reply), is_proper);
        http_reply_free(&reply);
    }
    static char longest[513];
    memset(longest, 'a', sizeof(longest));
    for (size_t over = 0; over < 2; over++) {
        struct http_reply reply;
        http_reply_init(&reply, 64);
        assert_int_equal(cors_apply(&any, view_make(longest, 512 + over), false, &reply), !over);
        http_reply_free(&reply);
    }
}

static void answers_a_preflight(void **state)
{
    (void)state;
    struct cors cors = {.origins = listed, .origin_count = 2};
    struct http_reply reply;
    http_reply_init(&reply, 64);
    reply.status = 204;
    assert_true(cors_apply(&cors, VIEW_LITERAL("https://shop.example"), true, &reply));
    struct buf out;
    buf_init(&out, 4096);
    struct http_reply_frame frame = {.date = VIEW_LITERAL("D"), .keep_alive = true};
    assert_int_equal(http_reply_write(&reply, &frame, &out), STATUS_OK);
    assert_true(
        view_is(buf_view(&out),
                "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: keep-alive\r\n"
                "Vary: Origin\r\nAccess-Control-Allow-Origin: https://shop.example\r\n"
                "Access-Control-Allow-Credentials: true\r\n"
                "Access-Control-Expose-Headers: Retry-After\r\n"
                "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n"
                "Access-Control-Allow-Headers: Content-Type, Content-Encoding, Authorization\r\n"
                "Access-Control-Max-Age: 86400\r\n\r\n"));
    buf_free(&out);
    http_reply_free(&reply);
}

static void a_header_cannot_smuggle_a_line(void **state)
{
    (void)state;
    struct http_reply reply;
    http_reply_init(&reply, 64);
    http_reply_header(&reply, "X", VIEW_LITERAL("a\r\nSet-Cookie: b"));
    struct buf out;
    buf_init(&out, 4096);
    struct http_reply_frame frame = {0};
    assert_int_equal(http_reply_write(&reply, &frame, &out), STATUS_BAD_INPUT);
    assert_int_equal(out.len, 0);
    buf_free(&out);
    http_reply_free(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_only_allowed_origins),
        cmocka_unit_test(an_origin_is_visible_ascii_without_comma_and_asterisk),
        cmocka_unit_test(answers_a_preflight),
        cmocka_unit_test(a_header_cannot_smuggle_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
