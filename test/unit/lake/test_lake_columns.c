/* What is kept of which hours have which columns. */
#include "lake/lake_columns.h"

#include "../temporary.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct temporary temporary;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&temporary);
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&temporary);
}

static void nothing_is_known_without_the_file(void **state)
{
    (void)state;
    struct lake_columns made;
    assert_int_equal(lake_columns_load(&made, temporary.fd, NULL), STATUS_OK);
    assert_false(lake_columns_has_all(&made));
    assert_true(lake_columns_complete_since(&made) == LAKE_COLUMNS_UNKNOWN);
}

static void what_was_kept_comes_back(void **state)
{
    (void)state;
    struct lake_columns made = {0};
    struct lake_columns again;
    made.since[COLUMN_DROPPED] = 490000;
    made.since[COLUMN_SITE] = 480000;
    assert_int_equal(lake_columns_save(&made, temporary.fd, NULL), STATUS_OK);
    assert_int_equal(lake_columns_load(&again, temporary.fd, NULL), STATUS_OK);
    assert_memory_equal(&made, &again, sizeof(made));
    assert_true(lake_columns_has_all(&again));
    assert_int_equal(lake_columns_complete_since(&again), 490000);
}

static void a_column_that_is_not_named_is_not_known(void **state)
{
    (void)state;
    struct lake_columns made = {0};
    made.since[COLUMN_DROPPED] = LAKE_COLUMNS_UNKNOWN;
    assert_int_equal(lake_columns_save(&made, temporary.fd, NULL), STATUS_OK);
    assert_int_equal(lake_columns_load(&made, temporary.fd, NULL), STATUS_OK);
    assert_false(lake_columns_has_all(&made));
    assert_int_equal(made.since[COLUMN_SITE], 0);
}

static void names_of_a_newer_version_are_passed_over_and_nonsense_is_not(void **state)
{
    (void)state;
    struct lake_columns made;
    struct fault fault = {0};
    assert_int_equal(
        file_replace(temporary.fd, "COLUMNS", VIEW_LITERAL("7 of_tomorrow\n3 site\n"), NULL),
        STATUS_OK);
    assert_int_equal(lake_columns_load(&made, temporary.fd, NULL), STATUS_OK);
    assert_int_equal(made.since[COLUMN_SITE], 3);
    static const char *const NONSENSE[] = {"site 3\n", "3\n", "-4 site\n", "3 \n", "\n"};
    for (size_t i = 0; i < sizeof(NONSENSE) / sizeof(NONSENSE[0]); i++) {
        assert_int_equal(file_replace(temporary.fd, "COLUMNS", view_from_text(NONSENSE[i]), NULL),
                         STATUS_OK);
        assert_int_equal(lake_columns_load(&made, temporary.fd, &fault), STATUS_DAMAGED);
        assert_non_null(strstr(fault.text, "lake/COLUMNS"));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_is_known_without_the_file),
        CASE(what_was_kept_comes_back),
        CASE(a_column_that_is_not_named_is_not_known),
        CASE(names_of_a_newer_version_are_passed_over_and_nonsense_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
