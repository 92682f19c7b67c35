#include "site/module_list.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* A program with the modules a to d, and the list that is given. */
struct program {
    struct embedded files[6];
};

static struct program program_with(const char *list)
{
    return (struct program){{
        {"a.min.js", {"1", 1}},
        {"b.min.js", {"2", 1}},
        {"c.min.js", {"3", 1}},
        {"d.min.js", {"4", 1}},
        {list ? "modules.json" : NULL, view_from_text(list)},
        {0},
    }};
}

static const char LIST[] = "{\"modules\":[{\"name\":\"d\",\"needs\":[\"b\"]},"
                           "{\"name\":\"c\",\"needs\":[\"d\",\"c\"],\"default\":false},"
                           "{\"name\":\"b\",\"needs\":[],\"default\":true},"
                           "{\"name\":\"a\",\"default\":true}]}";

static void a_choice_brings_what_it_needs_in_the_order_of_the_list(void **state)
{
    (void)state;
    static const struct {
        const char *words, *names;
    } cases[] = {
        {"", ""},       {"core", ""}, {"all", "d,c,b,a"},   {"default", "b,a"}, {"a, d", "d,b,a"},
        {"c", "d,c,b"}, {"b", "b"},   {"default,b", "b,a"}, {"core,a", "a"},
    };
    struct program program = program_with(LIST);
    struct module_list list;
    struct fault fault = {0};
    assert_int_equal(module_list_read(&list, program.files, &fault), STATUS_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        module_set set;
        struct buf names;
        buf_init(&names, 4096);
        assert_int_equal(module_list_choose(&list, cases[i].words, &set, &fault), STATUS_OK);
        module_list_append_names(&names, &list, set);
        assert_true(view_is(buf_view(&names), cases[i].names));
        buf_free(&names);
    }
}

static void an_unknown_word_is_refused_with_those_there_are(void **state)
{
    (void)state;
    struct program program = program_with(LIST);
    struct module_list list;
    struct fault fault = {0};
    module_set set;
    assert_int_equal(module_list_read(&list, program.files, &fault), STATUS_OK);
    assert_int_equal(module_list_choose(&list, "a,x", &set, &fault), STATUS_BAD_INPUT);
    assert_string_equal(fault.text,
                        "there is no module x; there are core, default, all, and d,c,b,a");
    assert_int_equal(module_list_choose(&list, "a,,b", &set, &fault), STATUS_BAD_INPUT);
}

static void a_list_that_is_not_whole_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *list, *says;
    } cases[] = {
        {"{\"modules\":[{\"name\":\"a\"},{\"name\":\"x\"}]}", "without module x"},
        {"{\"modules\":[{\"name\":\"a\",\"needs\":[\"x\"]}]}", "a needs"},
        {"{\"modules\":[{\"needs\":[]}]}", "without a name"},
        {"{\"modules\":[{\"name\":7}]}", "without a name"},
        {"{\"modules\":[", ""},
        {NULL, "without a tracker"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct program program = program_with(cases[i].list);
        struct module_list list;
        struct fault fault = {0};
        assert_int_not_equal(module_list_read(&list, program.files, &fault), STATUS_OK);
        assert_non_null(strstr(fault.text, cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_brings_what_it_needs_in_the_order_of_the_list),
        cmocka_unit_test(an_unknown_word_is_refused_with_those_there_are),
        cmocka_unit_test(a_list_that_is_not_whole_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
