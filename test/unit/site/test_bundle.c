#include "site/bundle.h"
#include "site/tracker_site.h"

#include "../temporary.h"
#include "base/file.h"

#include <brotli/decode.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* A tracker as small as can be. */
static const char LIST[] = "{\"modules\":["
                           "{\"name\":\"links\",\"needs\":[\"elements\"],\"default\":true},"
                           "{\"name\":\"forms\",\"needs\":[],\"default\":false},"
                           "{\"name\":\"elements\",\"needs\":[],\"default\":false}]}";
static const struct embedded TRACKER[] = {
    {"core.min.js", {"function core(c,m){}", 20}},
    {"links.min.js", {"pipesModules.push(1);", 21}},
    {"forms.min.js", {"pipesModules.push(2);", 21}},
    {"elements.min.js", {"pipesModules.push(3);", 21}},
    {"modules.json", {LIST, sizeof(LIST) - 1}},
    {"stub.min.js", {"!function(n,e){};", 17}},
    {0},
};

static struct bundle_settings settings(const char *modules)
{
    return (struct bundle_settings){
        .tracker = TRACKER, .modules = modules, .site = "shop", .endpoint = ""};
}

static struct bundle made(const struct bundle_settings *how)
{
    struct bundle bundle;
    struct fault fault = {0};
    assert_int_equal(bundle_make(&bundle, how, &fault), STATUS_OK);
    assert_int_equal(bundle_compress(&bundle, &fault), STATUS_OK);
    buf_append_byte(&bundle.text, 0); /* for strstr */
    bundle.text.len--;
    return bundle;
}

static void modules_are_those_that_were_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *modules;
        bool has_links, has_forms;
    } cases[] = {
        {"core", false, false},       {"all", true, true},      {"links", true, false},
        {"forms, links", true, true}, {"default", true, false}, {"", false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bundle_settings how = settings(cases[i].modules);
        struct bundle bundle = made(&how);
        assert_int_equal(strstr(bundle.text.at, "push(1)") != NULL, cases[i].has_links);
        assert_int_equal(strstr(bundle.text.at, "push(2)") != NULL, cases[i].has_forms);
        /* What links need comes along, and nobody else needs it. */
        assert_int_equal(strstr(bundle.text.at, "push(3)") != NULL,
                         cases[i].has_links || strcmp(cases[i].modules, "all") == 0);
        bundle_free(&bundle);
    }
}

static void modules_stand_in_the_order_of_the_list(void **state)
{
    (void)state;
    struct bundle_settings how = settings("elements,forms,links");
    struct bundle_settings all = settings("all");
    struct bundle a = made(&how);
    struct bundle b = made(&all);
    assert_non_null(strstr(a.text.at, "push(1);\npipesModules.push(2);\npipesModules.push(3);"));
    assert_string_equal(a.hash, b.hash);
    bundle_free(&a);
    bundle_free(&b);
}

static void own_modules_come_last_and_weights_tell_of_all_parts(void **state)
{
    (void)state;
    struct bundle_settings how = settings("links");
    how.own[how.own_count++] =
        (struct bundle_own){VIEW_LITERAL("own.js"), VIEW_LITERAL("pipesModules.push(9);")};
    struct bundle bundle = made(&how);
    struct buf text;
    buf_init(&text, 4096);
    assert_non_null(strstr(bundle.text.at, "push(3);\npipesModules.push(9);\ncore("));
    assert_int_equal(bundle_append_weights(&text, &bundle, &how), STATUS_OK);
    buf_append_byte(&text, 0);
    const char *add = strstr(text.at, "--modules would add");
    assert_non_null(strstr(text.at, "own.js"));
    assert_true(strstr(text.at, "elements") < add && strstr(text.at, "links") < add);
    assert_non_null(strstr(add, "forms"));
    buf_free(&text);
    bundle_free(&bundle);
}

static void an_unknown_module_is_refused_with_those_there_are(void **state)
{
    (void)state;
    struct bundle_settings how = settings("links,lynx");
    struct bundle bundle;
    struct fault fault = {0};
    assert_int_equal(bundle_make(&bundle, &how, &fault), STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "lynx"));
    assert_non_null(strstr(fault.text, "links,forms,elements"));
    bundle_free(&bundle);
}

static void the_same_input_gives_the_same_bytes_and_any_other_another_hash(void **state)
{
    (void)state;
    struct bundle_settings how = settings("all");
    struct bundle a = made(&how);
    struct bundle b = made(&how);
    assert_true(view_equal(buf_view(&a.text), buf_view(&b.text)));
    assert_string_equal(a.integrity, b.integrity);
    how.site = "shop2";
    struct bundle c = made(&how);
    assert_string_not_equal(a.hash, c.hash);
    assert_non_null(strstr(a.text.at, a.hash));
    assert_true(strncmp(a.integrity, "sha384-", 7) == 0 && strlen(a.integrity) == 71);
    bundle_free(&a);
    bundle_free(&b);
    bundle_free(&c);
}

static void no_setting_can_end_the_script(void **state)
{
    (void)state;
    struct bundle_settings how = settings("core");
    how.site = "</script><script>alert(1)//\"\\\n\xe2\x80\xa8\xe2\x80\xa9";
    struct bundle bundle = made(&how);
    assert_null(strstr(bundle.text.at, "</script"));
    assert_null(strstr(bundle.text.at, "\xe2\x80\xa8"));
    assert_non_null(strstr(bundle.text.at, "\\u003c/script>"));
    assert_non_null(strstr(bundle.text.at, "\\u2028\\u2029"));
    bundle_free(&bundle);
}

static void compressed_variants_unpack_to_the_same_bytes(void **state)
{
    (void)state;
    struct bundle_settings how = settings("all");
    struct bundle bundle = made(&how);
    char text[4096];
    size_t len = 0;
    struct libdeflate_decompressor *gzip = libdeflate_alloc_decompressor();
    assert_int_equal(
        libdeflate_gzip_decompress(gzip, bundle.gzip.at, bundle.gzip.len, text, sizeof(text), &len),
        LIBDEFLATE_SUCCESS);
    assert_true(view_equal(view_make(text, len), buf_view(&bundle.text)));
    libdeflate_free_decompressor(gzip);
    len = sizeof(text);
    assert_int_equal(BrotliDecoderDecompress(bundle.brotli.len, (uint8_t *)bundle.brotli.at, &len,
                                             (uint8_t *)text),
                     BROTLI_DECODER_RESULT_SUCCESS);
    assert_true(view_equal(view_make(text, len), buf_view(&bundle.text)));
    bundle_free(&bundle);
}

static void files_are_written_and_older_hashed_ones_stay(void **state)
{
    (void)state;
    struct temporary folder;
    assert_int_equal(temporary_make(&folder), 0);
    int fd = folder.fd;
    char names[2][64];
    for (int i = 0; i < 2; i++) {
        struct tracker_site site;
        struct fault fault = {0};
        struct bundle_settings how = settings(i == 0 ? "core" : "all");
        assert_int_equal(tracker_site_make(&site, &how, "", &fault), STATUS_OK);
        assert_int_equal(tracker_site_compress(&site, &fault), STATUS_OK);
        assert_int_equal(tracker_site_write(&site, fd, &fault), STATUS_OK);
        snprintf(names[i], sizeof(names[i]), "%s", site.hashed_name);
        tracker_site_free(&site);
    }
    static const char *const others[] = {"pipes.js",      "pipes.js.gz", "pipes.js.br",
                                         "pipes-stub.js", "tag.html",    "manifest.json"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(unlinkat(fd, others[i], 0), 0);
    }
    for (int i = 0; i < 2; i++) {
        static const char *const endings[] = {"", ".gz", ".br"};
        for (int k = 0; k < 3; k++) {
            char name[160];
            snprintf(name, sizeof(name), "%s%s", names[i], endings[k]);
            assert_int_equal(unlinkat(fd, name, 0), 0);
        }
    }
    assert_int_equal(temporary_remove(&folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modules_are_those_that_were_chosen),
        cmocka_unit_test(modules_stand_in_the_order_of_the_list),
        cmocka_unit_test(own_modules_come_last_and_weights_tell_of_all_parts),
        cmocka_unit_test(an_unknown_module_is_refused_with_those_there_are),
        cmocka_unit_test(the_same_input_gives_the_same_bytes_and_any_other_another_hash),
        cmocka_unit_test(no_setting_can_end_the_script),
        cmocka_unit_test(compressed_variants_unpack_to_the_same_bytes),
        cmocka_unit_test(files_are_written_and_older_hashed_ones_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
