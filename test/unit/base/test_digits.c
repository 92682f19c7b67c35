#include "base/digits.h"

#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_digits(int64_t value)
{
    char text[DIGITS_BYTES_MAX + 1];
    char wanted[DIGITS_BYTES_MAX + 1];
    *digits_put_signed(text, value) = 0;
    snprintf(wanted, sizeof(wanted), "%lld", (long long)value);
    assert_string_equal(text, wanted);
}

static void are_the_same_as_printed(void **state)
{
    (void)state;
    for (int64_t value = -20000; value <= 20000; value++) {
        assert_digits(value);
    }
    for (uint64_t power = 1; power <= UINT64_C(1000000000000000000); power *= 10) {
        assert_digits((int64_t)power - 1);
        assert_digits((int64_t)power);
        assert_digits(-(int64_t)power);
        assert_digits((int64_t)power + 7);
    }
    assert_digits(INT64_MAX);
    assert_digits(INT64_MIN);
}

static void go_up_to_the_largest_of_all(void **state)
{
    (void)state;
    char text[DIGITS_BYTES_MAX + 1];
    *digits_put(text, UINT64_MAX) = 0;
    assert_string_equal(text, "18446744073709551615");
    *digits_put(text, UINT64_C(10000000000000000000)) = 0;
    assert_string_equal(text, "10000000000000000000");
}

static void two_are_always_two(void **state)
{
    (void)state;
    for (uint32_t value = 0; value < 100; value++) {
        char text[3] = {0};
        char wanted[3];
        digits_put_two(text, value);
        snprintf(wanted, sizeof(wanted), "%02u", value);
        assert_string_equal(text, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_the_same_as_printed),
        cmocka_unit_test(go_up_to_the_largest_of_all),
        cmocka_unit_test(two_are_always_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
