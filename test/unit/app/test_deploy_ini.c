#include "app/deploy_ini.h"
#include "app/deploy_text.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

static struct arena arena;
static struct deploy_ini ini;
static struct config config;
static struct option_set set;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void is_now(const char *expected)
{
    assert_false(ini.is_broken);
    assert_int_equal(ini.text.len, strlen(expected));
    assert_memory_equal(ini.text.at, expected, strlen(expected));
}

static void a_line_takes_the_place_of_the_one_of_its_name_and_all_else_stays(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"", "site = shop\n"},
        {"site = old\n", "site = shop\n"},
        {"site=old", "site = shop\n"},
        {"# site = mine\n\ndata = d\n", "# site = mine\n\ndata = d\nsite = shop\n"},
        {"site = a\ndata = d\n  site  = b\n", "site = shop\ndata = d\n"},
        {"site-requests-max = 5\n", "site-requests-max = 5\nsite = shop\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        deploy_ini_init(&ini, &arena, view_from_text(cases[i].before));
        deploy_ini_set(&ini, "site", "shop");
        is_now(cases[i].after);
        deploy_ini_set(&ini, "site", "shop");
        is_now(cases[i].after);
    }
}

static enum status take(int count, char *const *words, struct fault *fault)
{
    option_set_init(&set, config_rows, config_row_count(), &config, &arena);
    assert_int_equal(option_set_defaults(&set, NULL), STATUS_OK);
    assert_int_equal(option_read_flags(&set, CONFIG_SERVE | CONFIG_DEPLOY, count, words, NULL),
                     STATUS_OK);
    deploy_ini_init(&ini, &arena, view_make(NULL, 0));
    return deploy_ini_take_flags(&ini, &set, CONFIG_SERVE, fault);
}

static void flags_of_the_service_go_in_and_come_out_as_its_options(void **state)
{
    (void)state;
    char *words[] = {"--site", "shop", "--dry-run", "--domain=a.example", "--spool-max=2GiB"};
    assert_int_equal(take(5, words, NULL), STATUS_OK);
    is_now("site = shop\nspool-max = 2GiB\n");
    assert_int_equal(deploy_ini_load(&ini, &config, &set, NULL), STATUS_OK);
    assert_string_equal(config.site, "shop");
    assert_int_equal(config.spool_max, 2LL << 30);
    assert_false(config.dry_run);
}

static void a_value_that_a_file_would_give_back_otherwise_is_refused(void **state)
{
    (void)state;
    static char *const values[] = {"a\nlisten = *:1", "a\rb", "a ; b", " a", "a "};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char *words[] = {"--site", values[i]};
        struct fault fault = {0};
        assert_int_equal(take(2, words, &fault), STATUS_BAD_INPUT);
        assert_non_null(strstr(fault.text, "--site"));
    }
}

static void what_the_service_would_refuse_is_refused(void **state)
{
    (void)state;
    struct fault fault = {0};
    deploy_ini_init(&ini, &arena, VIEW_LITERAL("no-such = 1\n"));
    assert_int_equal(deploy_ini_load(&ini, &config, &set, &fault), STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "no-such"));
}

static void a_file_that_is_too_long_is_never_half_written(void **state)
{
    (void)state;
    char *text = calloc(1, DEPLOY_INI_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, '#', DEPLOY_INI_BYTES_MAX);
    deploy_ini_init(&ini, &arena, view_make(text, DEPLOY_INI_BYTES_MAX));
    deploy_ini_set(&ini, "site", "shop");
    assert_true(ini.is_broken);
    assert_int_equal(deploy_ini_load(&ini, &config, &set, NULL), STATUS_TOO_BIG);
    free(text);
}

static void names_between_marks_become_values_and_others_stay(void **state)
{
    (void)state;
    const struct deploy_value values[] = {{"BINARY", "/opt/pipes"}, {NULL, NULL}};
    struct view text = deploy_text(&arena, "pipes.service", values);
    static const char LINE[] = "\nExecStart=/opt/pipes serve --config /etc/pipes/pipes.ini\n";
    assert_non_null(memmem(text.at, text.len, LINE, sizeof(LINE) - 1));
    /* "@system-service" is no name of the table. */
    assert_non_null(memmem(text.at, text.len, "=@system-service\n", 17));
    assert_non_null(memmem(text.at, text.len, "=~@privileged @resources\n", 25));
    assert_null(deploy_text(&arena, "no_such_file", values).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_line_takes_the_place_of_the_one_of_its_name_and_all_else_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flags_of_the_service_go_in_and_come_out_as_its_options,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_that_a_file_would_give_back_otherwise_is_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_service_would_refuse_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_too_long_is_never_half_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_between_marks_become_values_and_others_stay, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
