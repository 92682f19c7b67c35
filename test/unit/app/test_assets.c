#include "app/assets.h"

#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct assets assets;
static struct http_reply reply;

static struct asset_variants variants;

static int set_up(void **state)
{
    (void)state;
    struct asset asset = {.path = "/a.js",
                          .type = "text/javascript",
                          .cache = "no-cache",
                          .hash = "h1",
                          .bytes = VIEW_LITERAL("plain"),
                          .variants = &variants};
    variants = (struct asset_variants){true, VIEW_LITERAL("gz"), VIEW_LITERAL("br")};
    assets = (struct assets){0};
    http_reply_init(&reply, 1 << 16);
    return assets_add(&assets, &asset) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    http_reply_free(&reply);
    return 0;
}

static bool ask(const char *path, const char *accept, const char *none_match)
{
    struct http_head head = {.path = view_from_text(path)};
    assert_true(http_head_add(&head, VIEW_LITERAL("Accept-Encoding"), view_from_text(accept)));
    assert_true(http_head_add(&head, VIEW_LITERAL("If-None-Match"), view_from_text(none_match)));
    http_reply_clear(&reply);
    return assets_answer(&assets, &head, &reply);
}

static void the_best_variant_that_the_client_takes_is_sent(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "plain"},          {"gzip", "gz"},        {"gzip, br", "br"}, {"BR", "br"},
        {"br;q=0, gzip", "gz"}, {"br;q=0.0", "plain"}, {"br;q=0.5", "br"}, {"identity", "plain"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(ask("/a.js", cases[i][0], ""));
        assert_true(view_is(buf_view(&reply.body), cases[i][1]));
    }
    assert_false(ask("/b.js", "", ""));
}

static void each_variant_has_its_own_tag(void **state)
{
    (void)state;
    static const struct {
        const char *accept, *tag;
        unsigned status;
    } cases[] = {
        {"", "\"h1\"", 304},   {"br", "\"h1\"", 200},          {"br", "\"h1-br\"", 304},
        {"", "W/\"h1\"", 304}, {"", "\"other\", \"h1\"", 304}, {"", "*", 304},
        {"", "\"h2\"", 200},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(ask("/a.js", cases[i].accept, cases[i].tag));
        assert_int_equal(reply.status, cases[i].status);
    }
}

static void the_table_replaces_and_ends(void **state)
{
    (void)state;
    static char paths[ASSETS_MAX + 1][16];
    struct asset asset = {
        .path = "/a.js", .type = "t", .cache = "c", .hash = "h", .bytes = VIEW_LITERAL("newer")};
    assert_true(assets_add(&assets, &asset));
    assert_true(ask("/a.js", "br", ""));
    assert_true(view_is(buf_view(&reply.body), "newer"));
    for (int i = 0; i < ASSETS_MAX; i++) {
        snprintf(paths[i], sizeof(paths[i]), "/%d", i);
        asset.path = paths[i];
        assert_int_equal(assets_add(&assets, &asset), i < ASSETS_MAX - 1);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void variants_that_are_not_made_yet_are_not_sent(void **state)
{
    (void)state;
    variants.is_ready = false;
    assert_true(ask("/a.js", "br, gzip", ""));
    assert_true(view_is(buf_view(&reply.body), "plain"));
    variants.is_ready = true;
    assert_true(ask("/a.js", "br, gzip", ""));
    assert_true(view_is(buf_view(&reply.body), "br"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_best_variant_that_the_client_takes_is_sent),
        CASE(each_variant_has_its_own_tag),
        CASE(variants_that_are_not_made_yet_are_not_sent),
        CASE(the_table_replaces_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
