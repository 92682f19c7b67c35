#include "load/pace.c"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void begins_when_it_was_due_and_not_when_it_is_sent(void **state)
{
    (void)state;
    struct pace pace;
    int64_t started_ns;
    pace_begin(&pace, 1000, 5000000);
    assert_true(pace_take(&pace, 5000000, &started_ns));
    assert_int_equal(started_ns, 5000000);
    assert_false(pace_take(&pace, 5999999, &started_ns));
    assert_int_equal(pace_wait_ns(&pace, 5999999), 1);
    /* The server stood still for 3 ms. */
    assert_true(pace_take(&pace, 8000000, &started_ns));
    assert_int_equal(started_ns, 6000000);
    assert_true(pace_take(&pace, 8000000, &started_ns));
    assert_int_equal(started_ns, 7000000);
    assert_int_equal(pace_wait_ns(&pace, 8000000), 0);
}

static void begins_at_once_in_the_closed_loop(void **state)
{
    (void)state;
    struct pace pace;
    int64_t started_ns;
    pace_begin(&pace, 0, 100);
    assert_true(pace_take(&pace, 170, &started_ns));
    assert_int_equal(started_ns, 170);
    assert_int_equal(pace_due(&pace, 200), 1);
}

static void knows_how_many_were_due_after_a_day(void **state)
{
    (void)state;
    struct pace pace;
    int64_t day_ns = 86400LL * SECOND_NS;
    pace_begin(&pace, 100000, 0);
    assert_int_equal(pace_due(&pace, day_ns), 8640000000ULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_when_it_was_due_and_not_when_it_is_sent),
        cmocka_unit_test(begins_at_once_in_the_closed_loop),
        cmocka_unit_test(knows_how_many_were_due_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
