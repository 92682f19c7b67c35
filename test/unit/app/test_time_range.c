#include "app/time_range.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t NOW_MS = 1763942400000; /* 2025-11-24T00:00:00Z */

static void read_as(const char *text, const char *expected)
{
    char at[CLOCK_TEXT_BYTES];
    int64_t ms = -1;
    struct fault fault = {0};
    if (time_range_read("from", text, NOW_MS, &ms, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    clock_format(ms, at);
    assert_string_equal(at, expected);
}

static void moments_are_dates_instants_and_how_long_ago(void **state)
{
    (void)state;
    read_as("2026-03-01", "2026-03-01T00:00:00.000Z");
    read_as("2026-03-01T07:30:00Z", "2026-03-01T07:30:00.000Z");
    read_as("2026-03-01T07:30:00.5+01:00", "2026-03-01T06:30:00.500Z");
    read_as("90m", "2025-11-23T22:30:00.000Z");
    read_as("36h", "2025-11-22T12:00:00.000Z");
    read_as("7d", "2025-11-17T00:00:00.000Z");
    read_as("0s", "2025-11-24T00:00:00.000Z");
    read_as("1000000d", "1970-01-01T00:00:00.000Z");
}

static void nothing_leaves_it_as_it_was(void **state)
{
    (void)state;
    int64_t ms = 42;
    struct fault fault = {0};
    assert_int_equal(time_range_read("to", "", NOW_MS, &ms, &fault), STATUS_OK);
    assert_int_equal(ms, 42);
}

static void anything_else_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"yesterday", "d",          "-1d",         "7w",
                                        "2026-3-1",  "2026-02-30", "2026-03-01 ", "99999999999d"};
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        int64_t ms = 42;
        struct fault fault = {0};
        assert_int_equal(time_range_read("from", WRONG[i], NOW_MS, &ms, &fault), STATUS_BAD_INPUT);
        assert_non_null(strstr(fault.text, "--from"));
        assert_int_equal(ms, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_dates_instants_and_how_long_ago),
        cmocka_unit_test(nothing_leaves_it_as_it_was),
        cmocka_unit_test(anything_else_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
