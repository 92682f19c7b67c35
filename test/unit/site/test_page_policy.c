#include "site/page_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char PAGE[] = "https://shop.example/a/";

static void matches_addresses_as_the_standard_says(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        const char *url;
        bool is_match;
    } CASES[] = {
        {"'self'", "https://shop.example/pipes.js", true},
        {"'self'", "https://SHOP.example:443/pipes.js", true},
        {"'self'", "https://shop.example:8443/pipes.js", false},
        {"'self'", "http://shop.example/pipes.js", false},
        {"'none'", "https://shop.example/pipes.js", false},
        {"*", "http://any.example/", true},
        {"*", "data:text/plain,a", false},
        {"https:", "https://any.example/", true},
        {"https:", "http://any.example/", false},
        {"http:", "https://any.example/", true},
        {"c.example", "https://c.example/pipes.js", true},
        {"C.Example", "https://c.example/pipes.js", true},
        {"c.example", "http://c.example/pipes.js", false},
        {"c.example", "https://c.example:8443/pipes.js", false},
        {"c.example:*", "https://c.example:8443/pipes.js", true},
        {"c.example:8443", "https://c.example:8443/pipes.js", true},
        {"http://c.example:80", "https://c.example/pipes.js", true},
        {"https://c.example", "https://d.c.example/", false},
        {"*.c.example", "https://d.c.example/", true},
        {"*.c.example", "https://c.example/", false},
        {"*.c.example", "https://xc.example/", false},
        {"https://c.example/js/", "https://c.example/js/pipes.js", true},
        {"https://c.example/js/", "https://c.example/pipes.js", false},
        {"https://c.example/js", "https://c.example/js/pipes.js", false},
        {"https://c.example/e", "https://c.example/e?beacon=1", true},
        {"https://c.example/", "https://c.example/pipes.js", true},
        {"https://[::1]:8080", "https://[::1]:8080/e", true},
        {"", "https://c.example/", false},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        bool is_match = page_policy_matches(view_from_text(CASES[i].source),
                                            view_from_text(CASES[i].url), view_from_text(PAGE));
        if (is_match != CASES[i].is_match) {
            fail_msg("%s and %s", CASES[i].source, CASES[i].url);
        }
    }
}

static void a_page_without_tls_may_load_what_is_safer(void **state)
{
    (void)state;
    struct view page = VIEW_LITERAL("http://shop.example/");
    assert_true(
        page_policy_matches(VIEW_LITERAL("'self'"), VIEW_LITERAL("https://shop.example/"), page));
    assert_true(
        page_policy_matches(VIEW_LITERAL("c.example"), VIEW_LITERAL("https://c.example/"), page));
    assert_true(
        page_policy_matches(VIEW_LITERAL("c.example"), VIEW_LITERAL("http://c.example/"), page));
}

static void decides_by_the_nearest_directive(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        enum page_policy_kind kind;
        const char *directive;
        bool is_allowed;
    } CASES[] = {
        {"", PAGE_POLICY_SCRIPT, "", true},
        {"img-src 'none'", PAGE_POLICY_SCRIPT, "", true},
        {"default-src 'self'", PAGE_POLICY_SCRIPT, "default-src", false},
        {"default-src 'self'", PAGE_POLICY_CONNECT, "default-src", false},
        {"default-src 'none'; connect-src https://c.example", PAGE_POLICY_CONNECT, "connect-src",
         true},
        {"script-src c.example; script-src-elem 'self'", PAGE_POLICY_SCRIPT, "script-src-elem",
         false},
        {"Script-Src C.EXAMPLE", PAGE_POLICY_SCRIPT, "script-src", true},
        {"script-src 'none'; script-src c.example", PAGE_POLICY_SCRIPT, "script-src", false},
        {"img-src c.example", PAGE_POLICY_IMAGE, "img-src", true},
        {"script-src 'unsafe-inline'", PAGE_POLICY_INLINE, "script-src", true},
        {"script-src 'unsafe-inline' 'nonce-other'", PAGE_POLICY_INLINE, "script-src", false},
        {"script-src c.example", PAGE_POLICY_INLINE, "script-src", false},
        {"script-src 'nonce-abc'", PAGE_POLICY_INLINE, "script-src", true},
        {"script-src 'nonce-abc'", PAGE_POLICY_SCRIPT, "script-src", true},
        {"script-src 'nonce-'", PAGE_POLICY_SCRIPT, "script-src", false},
        {"script-src 'sha256-own='", PAGE_POLICY_INLINE, "script-src", true},
        {"script-src 'sha256-other='", PAGE_POLICY_INLINE, "script-src", false},
        {"script-src 'strict-dynamic' c.example", PAGE_POLICY_SCRIPT, "script-src", false},
        {"script-src 'strict-dynamic' 'nonce-abc'", PAGE_POLICY_SCRIPT, "script-src", true},
        {"connect-src 'nonce-abc'", PAGE_POLICY_CONNECT, "connect-src", false},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const struct page_policy_question question = {
            .kind = CASES[i].kind,
            .page = VIEW_LITERAL("https://shop.example/a/"),
            .url = VIEW_LITERAL("https://c.example/pipes.js"),
            .nonce = VIEW_LITERAL("abc"),
            .hashes = {VIEW_LITERAL("sha256-own=")},
        };
        struct page_policy_answer answer =
            page_policy_ask(view_from_text(CASES[i].policy), &question);
        if (answer.is_allowed != CASES[i].is_allowed ||
            !view_is(answer.directive, CASES[i].directive)) {
            fail_msg("%s", CASES[i].policy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_addresses_as_the_standard_says),
        cmocka_unit_test(a_page_without_tls_may_load_what_is_safer),
        cmocka_unit_test(decides_by_the_nearest_directive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
