#include "site/tag_page.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct embedded TRACKER[] = {
    {"stub.min.js", {"!function(){}();\n", 17}},
    {0},
};
static const struct bundle BUNDLE = {.hash = "0123456789abcdef", .integrity = "sha384-abc"};

typedef enum status tag_fn(struct buf *out, const struct tag_source *source);

static void each_tag_names_its_file(void **state)
{
    (void)state;
    static const struct {
        tag_fn *append;
        const char *base_url, *text;
    } cases[] = {
        {tag_append_default, "https://c.example",
         "<script>!function(){}();</script><script async "
         "src=\"https://c.example/pipes.js\"></script>\n"},
        {tag_append_pinned, "",
         "<script>!function(){}();</script><script async src=\"/pipes.0123456789abcdef.js\" "
         "integrity=\"sha384-abc\" crossorigin=\"anonymous\"></script>\n"},
        {tag_append_nonce, "",
         "<script nonce=\"NONCE\">!function(){}();</script><script nonce=\"NONCE\" async "
         "src=\"/pipes.js\"></script>\n"},
        {tag_append_external, "//c\"&",
         "<script async src=\"//c&quot;&amp;/pipes.js\"></script>\n"},
        {tag_append_external_pinned, "",
         "<script async src=\"/pipes.0123456789abcdef.js\" integrity=\"sha384-abc\" "
         "crossorigin=\"anonymous\"></script>\n"},
        {tag_append_external_stub, "https://c.example",
         "<script src=\"https://c.example/pipes-stub.js\"></script><script async "
         "src=\"https://c.example/pipes.js\"></script>\n"},
        {tag_append_inline_text, "", "!function(){}();"},
        {tag_append_stub_file, "", "!function(){}();\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tag_source source = {TRACKER, cases[i].base_url, &BUNDLE, NULL};
        struct buf tag;
        buf_init(&tag, 1 << 16);
        assert_int_equal(cases[i].append(&tag, &source), STATUS_OK);
        buf_append_byte(&tag, 0);
        assert_string_equal(tag.at, cases[i].text);
        buf_free(&tag);
    }
}

static void the_page_says_what_a_policy_must_allow(void **state)
{
    (void)state;
    static const struct {
        const char *base_url, *endpoint, *policy;
    } cases[] = {
        {"", "", "script-src 'self'; connect-src 'self'\n"},
        {"/a", "/e", "script-src 'self'; connect-src 'self'\n"},
        {"https://c.example", "", "script-src https://c.example; connect-src https://c.example\n"},
        {"https://c.example:8/a", "https://e.example/e?x",
         "script-src https://c.example:8; connect-src https://e.example\n"},
        {"//c.example/a", "", "script-src c.example; connect-src c.example\n"},
        {"https://c-->;", "", "script-src https://c--; connect-src https://c--\n"},
        /* printf '%s' '!function(){}();' | openssl dgst -sha256 -binary | base64 */
        {"", "",
         "script-src 'sha256-XjWVj1O8aEC/pB2Dik4+JSjH4NRENKU4SPCWuYcbtN8=' 'self'; connect-src "
         "'self'\n"},
        {"", "", "script-src 'nonce-NONCE' 'self'; connect-src 'self'\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tag_source source = {TRACKER, cases[i].base_url, &BUNDLE, NULL};
        struct fault fault = {0};
        struct buf page;
        buf_init(&page, 1 << 16);
        assert_int_equal(tag_page_append(&page, &source, cases[i].endpoint, &fault), STATUS_OK);
        buf_append_byte(&page, 0);
        assert_non_null(strstr(page.at, cases[i].policy));
        buf_free(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tag_names_its_file),
        cmocka_unit_test(the_page_says_what_a_policy_must_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
