#include "site/page_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

/* What is found, a letter and the address (or text) each: "s:/a.js;t:x();m:policy;" */
static void scan_into(const char *page, char *found, size_t room)
{
    struct page_scan scan = page_scan_begin(view_from_text(page));
    struct page_element element;
    size_t len = 0;
    found[0] = 0;
    while (page_scan_next(&scan, &element) && len < room) {
        struct view what = element.kind == PAGE_META ? element.content
                           : element.has_src         ? element.src
                                                     : element.text;
        char kind = element.kind == PAGE_META ? 'm' : element.has_src ? 's' : 't';
        len += (size_t)snprintf(found + len, room - len, "%c:%.*s;", kind, VIEW_ARG(what));
    }
}

static void finds_scripts_as_a_browser_does(void **state)
{
    (void)state;
    static const struct {
        const char *page;
        const char *found;
    } CASES[] = {
        {"", ""},
        {"<", ""},
        {"no tags", ""},
        {"<script src=/a.js></script>", "s:/a.js;"},
        {"<SCRIPT SRC='/a.js'></SCRIPT>", "s:/a.js;"},
        {"<script\n async\tsrc = \"/a b.js\" ></script>", "s:/a b.js;"},
        {"<script/src=/a.js></script>", "s:/a.js;"},
        {"<script src=/a.js src=/b.js></script>", "s:/a.js;"},
        {"<script src></script>", "s:;"},
        {"<scripts src=/a.js></scripts>", ""},
        {"<script data-src=/a.js>x()</script>", "t:x();"},
        {"<script>if (a<b) '<script src=no.js>'</script ><script src=/a.js></script>",
         "t:if (a<b) '<script src=no.js>';s:/a.js;"},
        {"<script>'</scripty>'</script>", "t:'</scripty>';"},
        {"<script>never ended", "t:never ended;"},
        {"<!-- <script src=no.js></script> --><script src=/a.js></script>", "s:/a.js;"},
        {"<!--><script src=/a.js></script>", "s:/a.js;"},
        {"<!-- never ended <script src=no.js></script>", ""},
        {"<!doctype html><script src=/a.js></script>", "s:/a.js;"},
        {"<title><script src=no.js></script></title><script src=/a.js></script>", "s:/a.js;"},
        {"<noscript><script src=no.js></script></noscript>", ""},
        {"<textarea><script src=no.js></script></textarea>", ""},
        {"<style>a>b{}</style><meta content='x'>", "m:x;"},
        {"<p title='<script src=no.js>'><script src=/a.js></script>", "s:/a.js;"},
        {"<p title=\"a>b\" id=c><script src=/a.js></script>", "s:/a.js;"},
        {"</script src=no.js><script src=/a.js></script>", "s:/a.js;"},
        {"a < b <script src=/a.js></script>", "s:/a.js;"},
        {"<meta http-equiv=a content=\"b 'c'\"><script>d</script>", "m:b 'c';t:d;"},
        {"<script src=\"/never ended></script>", "s:/never ended></script>;"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char found[512];
        scan_into(CASES[i].page, found, sizeof(found));
        assert_string_equal(found, CASES[i].found);
    }
}

static void keeps_each_attribute(void **state)
{
    (void)state;
    struct page_element element;
    struct page_scan scan = page_scan_begin(view_from_text(
        "<script nonce=n integrity='sha384-x' type=module src=a crossorigin></script>"));
    assert_true(page_scan_next(&scan, &element));
    assert_true(view_is(element.nonce, "n"));
    assert_true(view_is(element.integrity, "sha384-x"));
    assert_true(view_is(element.type, "module"));
    assert_true(view_is(element.src, "a"));
    assert_false(page_scan_next(&scan, &element));
}

static void resolves_character_references(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *text;
    } CASES[] = {
        {"a&amp;b", "a&b"},
        {"&#39;self&#39;", "'self'"},
        {"&#x27;&#X27;", "''"},
        {"&quot;&lt;&gt;&apos;", "\"<>'"},
        {"&", "&"},
        {"&amp", "&amp"},
        {"&nbsp;", "&nbsp;"},
        {"&#0;", "&#0;"},
        {"&#200;", "&#200;"},
        {"&#;", "&#;"},
        {"&#x;", "&#x;"},
        {"&&amp;", "&&"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct buf text;
        buf_init(&text, 256);
        assert_int_equal(page_scan_decode(&text, view_from_text(CASES[i].value)), STATUS_OK);
        assert_true(view_is(buf_view(&text), CASES[i].text));
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_scripts_as_a_browser_does),
        cmocka_unit_test(keeps_each_attribute),
        cmocka_unit_test(resolves_character_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
