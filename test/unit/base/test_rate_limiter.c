#include "base/rate_limiter.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t SECOND_NS = 1000000000;
static const int64_t MS_NS = 1000000;
static const int64_t BEGIN_NS = 5000000000;

static struct rate_limiter *limiter;
static int64_t wait_ms;

static int set_up(void **state)
{
    struct fault fault;
    (void)state;
    return rate_limiter_create(&limiter, 1024, &fault) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rate_limiter_destroy(limiter);
    return 0;
}

/* How many of `tries` at one time go through. */
static unsigned take(uint64_t key, uint32_t per_second, int64_t now_ns, unsigned tries)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < tries; i++) {
        taken += rate_limiter_take(limiter, key, per_second, now_ns, &wait_ms);
    }
    return taken;
}

static void who_was_quiet_may_come_in_a_burst_and_then_at_the_rate(void **state)
{
    (void)state;
    assert_int_equal(take(7, 100, BEGIN_NS, 1000), 200);
    assert_int_equal(wait_ms, 11); /* rounded up */
    assert_int_equal(take(7, 100, BEGIN_NS + 10 * MS_NS, 1000), 1);
    assert_int_equal(take(7, 100, BEGIN_NS + SECOND_NS, 1000), 99);
    assert_int_equal(take(7, 100, BEGIN_NS + 100 * SECOND_NS, 1000), 200);
}

static void over_a_long_time_the_rate_is_exact(void **state)
{
    (void)state;
    unsigned taken = 0;
    for (int64_t ms = 0; ms < 60000; ms++) {
        taken += take(1, 30, BEGIN_NS + ms * MS_NS, 1);
    }
    assert_in_range(taken, 30 * 60 + 58, 30 * 60 + 60);
}

static void who_is_told_to_wait_gets_through_after_that_wait(void **state)
{
    (void)state;
    assert_int_equal(take(9, 3, BEGIN_NS, 100), 6);
    int64_t asked_ms = wait_ms;
    assert_in_range(asked_ms, 330, 340);
    assert_int_equal(take(9, 3, BEGIN_NS + (asked_ms - 2) * MS_NS, 1), 0);
    assert_int_equal(take(9, 3, BEGIN_NS + asked_ms * MS_NS, 1), 1);
}

static void one_that_has_used_up_its_turns_takes_none_of_another(void **state)
{
    (void)state;
    assert_int_equal(take(1, 5, BEGIN_NS, 100), 10);
    assert_int_equal(take(2, 5, BEGIN_NS, 100), 10);
}

static void a_limit_can_be_changed_between_two_requests_and_be_none(void **state)
{
    (void)state;
    assert_int_equal(take(1, 5, BEGIN_NS, 100), 10);
    assert_int_equal(take(1, 0, BEGIN_NS, 100), 100);
    assert_true(take(1, 1000, BEGIN_NS, 100) > 0 || wait_ms > 0);
    assert_int_equal(take(1, 5, BEGIN_NS, 100), 0);
}

static void more_keys_than_places_never_refuse_one_that_is_new(void **state)
{
    (void)state;
    for (uint64_t key = 0; key < 100000; key++) {
        assert_int_equal(take(key * 0x9e3779b97f4a7c15ULL, 1, BEGIN_NS, 1), 1);
    }
}

static void the_busiest_is_remembered_while_quiet_ones_come_and_go(void **state)
{
    (void)state;
    assert_int_equal(take(0, 1000, BEGIN_NS, 100000), 2000);
    for (uint64_t key = 1; key < 5000; key++) {
        assert_int_equal(take(key << 10, 1000, BEGIN_NS, 1), 1); /* all of one set */
    }
    assert_int_equal(take(0, 1000, BEGIN_NS, 100), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_was_quiet_may_come_in_a_burst_and_then_at_the_rate,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(over_a_long_time_the_rate_is_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_told_to_wait_gets_through_after_that_wait, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_that_has_used_up_its_turns_takes_none_of_another,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_limit_can_be_changed_between_two_requests_and_be_none,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_keys_than_places_never_refuse_one_that_is_new, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_busiest_is_remembered_while_quiet_ones_come_and_go,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
