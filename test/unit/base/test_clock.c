#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void writes_and_reads_rfc_3339(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_BYTES];
    clock_format(1763942400123, text);
    assert_string_equal(text, "2025-11-24T00:00:00.123Z");
    clock_format(-5, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void every_day_is_the_calendars(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 2932896; day++) { /* to the end of 9999 */
        char text[CLOCK_TEXT_BYTES];
        char wanted[80];
        struct tm parts;
        int64_t sec = day * 86400 + day % 86400;
        time_t at = (time_t)sec;
        gmtime_r(&at, &parts);
        snprintf(wanted, sizeof(wanted), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                 parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec, (int)(day % 1000));
        clock_format(sec * 1000 + day % 1000, text);
        if (strcmp(text, wanted) != 0) {
            assert_string_equal(text, wanted);
        }
    }
}

static void understands_fractions_and_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"2025-11-24T00:00:00Z", 1763942400000},
        {"2025-11-24T00:00:00.1Z", 1763942400100},
        {"2025-11-24T00:00:00.123456789Z", 1763942400123},
        {"2025-11-24t01:30:00.000+01:30", 1763942400000},
        {"2025-11-23 19:00:00-05:00", 1763942400000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"1970-01-01T00:00:00Z", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = -1;
        assert_true(clock_parse(cases[i].text, strlen(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2025-11-24",
        "2025-11-24T00:00:00",
        "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-11-24T24:00:00Z",
        "2025-11-24T00:00:00.Z",
        "2025-11-24T00:00:00.1234567890Z",
        "2025-11-24T00:00:00Zx",
        "2025-11-24T00:00:00+1:00",
        "1969-11-24T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms;
        assert_false(clock_parse(cases[i], strlen(cases[i]), &ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_rfc_3339),
        cmocka_unit_test(every_day_is_the_calendars),
        cmocka_unit_test(understands_fractions_and_offsets),
        cmocka_unit_test(refuses_what_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
