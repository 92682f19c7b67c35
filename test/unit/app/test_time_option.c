#include "app/time_option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */

static void times_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t utc_ms; /* 0: refused */
    } CASES[] = {
        {"2025-11-24", 1763942400000},
        {"2025-11-24T12:00:00Z", 1763985600000},
        {"90m", 1763980200000},
        {"36h", 1763856000000},
        {"7d", 1763380800000},
        {"2w", 1762776000000},
        {"0h", 1763985600000},
        {"", 0},
        {"d", 0},
        {"7", 0},
        {"7y", 0},
        {"-7d", 0},
        {"99999999999999999999d", 0},
        {"999999999d", 0},
        {"2025-13-24", 0},
        {"yesterday", 0},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        int64_t utc_ms = 0;
        struct fault fault = {0};
        enum status status = time_option_read("since", CASES[i].text, NOON_MS, &utc_ms, &fault);
        assert_int_equal(status, CASES[i].utc_ms ? STATUS_OK : STATUS_BAD_INPUT);
        if (status == STATUS_OK) {
            assert_int_equal(utc_ms, CASES[i].utc_ms);
        } else {
            assert_non_null(strstr(fault.text, "since must be a day like"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times_are_read_as_people_write_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
