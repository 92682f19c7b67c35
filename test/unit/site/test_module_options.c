#include "site/module_options.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char LIST[] = "{\"modules\":[{\"name\":\"media\",\"needs\":[]},{\"name\":\"links\","
                           "\"needs\":[]},{\"name\":\"forms\",\"needs\":[]}]}";
static const struct embedded TRACKER[] = {
    {"media.min.js", {"1;", 2}},
    {"links.min.js", {"2;", 2}},
    {"forms.min.js", {"3;", 2}},
    {"modules.json", {LIST, sizeof(LIST) - 1}},
    {0},
};

/* What becomes of a text for a tracker with media and links; the fault's sentence on failure. */
static enum status appended(struct buf *out, const char *text, bool has_own, struct fault *fault)
{
    struct module_list list;
    module_set chosen;
    assert_int_equal(module_list_read(&list, TRACKER, fault), STATUS_OK);
    assert_int_equal(module_list_choose(&list, "media,links", &chosen, fault), STATUS_OK);
    struct module_options_for modules = {&list, chosen, has_own};
    buf_init(out, 4096);
    enum status status = module_options_append(out, view_from_text(text), &modules, fault);
    buf_append_byte(out, 0);
    return status;
}

static void options_stand_in_the_script_without_their_spaces(void **state)
{
    (void)state;
    static const struct {
        const char *text, *script;
    } cases[] = {
        {"", ""},
        {"{}", ""},
        {"{\"media\": {}}", ",\"media\":{}"},
        {"{\n \"media\": {\"at\": [25, 50 ]},\n \"links\": {\"a b\": \"c d\"}\n}\n",
         ",\"media\":{\"at\":[25,50]},\"links\":{\"a b\":\"c d\"}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        struct fault fault = {0};
        assert_int_equal(appended(&out, cases[i].text, false, &fault), STATUS_OK);
        assert_string_equal(out.at, cases[i].script);
        buf_free(&out);
    }
}

static void no_option_can_end_the_script(void **state)
{
    (void)state;
    struct buf out;
    struct fault fault = {0};
    assert_int_equal(appended(&out, "{\"media\":{\"</script>\":\"<!--\xe2\x80\xa8\xe2\x80\xa9\"}}",
                              false, &fault),
                     STATUS_OK);
    assert_string_equal(out.at, ",\"media\":{\"\\u003c/script>\":\"\\u003c!--\\u2028\\u2029\"}");
    buf_free(&out);
}

static void what_is_no_option_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
        bool has_own;
    } cases[] = {
        {"{\"media\":{}", "module-options: not JSON", false},
        {"[]", "one object", false},
        {"{\"media\":true}", "must be an object", false},
        {"{\"lynx\":{}}", "it has media,links", false},
        {"{\"forms\":{}}", "'forms' is no module", false}, /* not chosen */
        {"{\"media\":{},\"lynx\":{}}", "'lynx'", false},
        {"{\"forms\":{}}", "'forms'", true},
        {"{\"site\":{}}", "'site'", true}, /* would replace a setting */
        {"{\"bundle\":{}}", "'bundle'", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        struct fault fault = {0};
        assert_int_equal(appended(&out, cases[i].text, cases[i].has_own, &fault), STATUS_BAD_INPUT);
        assert_non_null(strstr(fault.text, cases[i].said));
        assert_string_equal(out.at, "");
        buf_free(&out);
    }
}

static void a_module_of_the_sites_own_may_have_options(void **state)
{
    (void)state;
    struct buf out;
    struct fault fault = {0};
    assert_int_equal(appended(&out, "{\"lynx\":{\"n\":1}}", true, &fault), STATUS_OK);
    assert_string_equal(out.at, ",\"lynx\":{\"n\":1}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_in_the_script_without_their_spaces),
        cmocka_unit_test(no_option_can_end_the_script),
        cmocka_unit_test(what_is_no_option_is_refused_with_what_is_allowed),
        cmocka_unit_test(a_module_of_the_sites_own_may_have_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
