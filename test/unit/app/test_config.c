#include "app/config.h"

#include "../temporary.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena arena;
static struct config config;
static struct option_set set;
static struct fault fault;

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

static enum status load(unsigned uses, int count, char *const *words, char *const *environment)
{
    struct config_source source = {
        .uses = uses, .count = count, .words = words, .environment = environment};
    return config_load(&config, &set, &source, &arena, &fault);
}

static void without_anything_it_is_complete(void **state)
{
    (void)state;
    assert_int_equal(load(CONFIG_SERVE, 0, NULL, NULL), STATUS_OK);
    assert_string_equal(config.listen, "*:8080");
    assert_string_equal(config.admin, "127.0.0.1:8081");
    assert_int_equal(config.body_max, 1 << 20);
    assert_int_equal(config.lake_roll_ms, 10000);
    assert_true(config.follow);
    for (size_t i = 0; i < config_row_count(); i++) {
        assert_string_equal(set.origins[i], "default");
        assert_true(config_rows[i].help[0] != 0 && config_rows[i].uses != 0);
    }
}

static void a_named_file_stands_below_environment_and_flags(void **state)
{
    (void)state;
    struct temporary folder;
    assert_int_equal(temporary_make(&folder), 0);
    assert_int_equal(file_replace(folder.fd, "my.ini",
                                  VIEW_LITERAL("site = a\ndata = b\nadmin = *:1\n"), &fault),
                     STATUS_OK);
    char flag[80];
    snprintf(flag, sizeof(flag), "--config=%s/my.ini", folder.path);
    char *words[] = {flag, "--site", "z"};
    char *environment[] = {"PIPES_DATA=y", NULL};
    assert_int_equal(load(CONFIG_SERVE, 3, words, environment), STATUS_OK);
    assert_string_equal(config.site, "z");
    assert_string_equal(config.data, "y");
    assert_string_equal(config.admin, "*:1");
    assert_int_equal(temporary_remove(&folder), 0);
}

static void a_named_file_must_be_there(void **state)
{
    (void)state;
    char *words[] = {"--config", "/no/such/file.ini"};
    assert_int_equal(load(CONFIG_SERVE, 2, words, NULL), STATUS_NOT_FOUND);
    assert_non_null(strstr(fault.text, "/no/such/file.ini"));
}

static void each_command_knows_its_own_flags(void **state)
{
    (void)state;
    char *words[] = {"--out", "x"};
    assert_int_equal(load(CONFIG_BUILD, 2, words, NULL), STATUS_OK);
    assert_int_equal(load(CONFIG_SERVE, 2, words, NULL), STATUS_BAD_INPUT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_anything_it_is_complete),
        CASE(a_named_file_stands_below_environment_and_flags),
        CASE(a_named_file_must_be_there),
        CASE(each_command_knows_its_own_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
