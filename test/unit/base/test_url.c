#include "base/url.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void an_address_falls_into_its_parts(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *path, *query;
    } cases[] = {
        {"https://shop.example/a/b?x=1&y#z", "shop.example", "/a/b", "x=1&y"},
        {"http://shop.example", "shop.example", "/", ""},
        {"http://shop.example?x", "shop.example", "/", "x"},
        {"http://me:secret@shop.example:8080/p", "shop.example", "/p", ""},
        {"http://[::1]:80/p", "[::1]", "/p", ""},
        {"/relative?x=1", "", "", ""},
        {"", "", "", ""},
        {"://", "", "", ""},
        {"mailto:a@b.example", "", "", ""},
        {"https://", "", "", ""},
        {"https://a.example/p#?not=query", "a.example", "/p", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct url_parts parts = url_split(view_from_text(cases[i].url));
        assert_true(view_is(parts.host, cases[i].host));
        assert_true(view_is(parts.path, cases[i].path));
        assert_true(view_is(parts.query, cases[i].query));
    }
}

static void parameters_come_one_by_one(void **state)
{
    (void)state;
    struct view query = VIEW_LITERAL("a=1&&b&c==&=d&");
    struct view name;
    struct view value;
    static const char *const expected[][2] = {{"a", "1"}, {"b", ""}, {"c", "="}, {"", "d"}};
    for (size_t i = 0; i < 4; i++) {
        assert_true(url_next_parameter(&query, &name, &value));
        assert_true(view_is(name, expected[i][0]));
        assert_true(view_is(value, expected[i][1]));
    }
    assert_false(url_next_parameter(&query, &name, &value));
}

static void a_parameter_is_found_by_its_whole_name_the_first_of_two(void **state)
{
    (void)state;
    struct view value;
    struct view query = VIEW_LITERAL("askew=0&ask=1&ask=2&optout=");
    assert_true(url_find_parameter(query, "ask", &value));
    assert_true(view_is(value, "1"));
    assert_true(url_find_parameter(query, "optout", &value));
    assert_int_equal(value.len, 0);
    assert_false(url_find_parameter(query, "opt", &value));
    assert_false(url_find_parameter(view_make(NULL, 0), "ask", &value));
}

static void escapes_become_bytes_and_what_is_none_stays(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    static const char *const cases[][2] = {
        {"plain", "plain"}, {"a+b%20c", "a b c"}, {"%C3%A9", "\xc3\xa9"}, {"%zz%4", "%zz%4"},
        {"%", "%"},         {"%2", "%2"},         {"100%25", "100%"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(view_is(url_decode(view_from_text(cases[i][0]), &arena), cases[i][1]));
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_falls_into_its_parts),
        cmocka_unit_test(parameters_come_one_by_one),
        cmocka_unit_test(a_parameter_is_found_by_its_whole_name_the_first_of_two),
        cmocka_unit_test(escapes_become_bytes_and_what_is_none_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
