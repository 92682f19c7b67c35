#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

static void a_time_counts_in_each_bucket_it_fits_into(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    histogram_add(&histogram, 50 * 1000);     /* at most the first bound */
    histogram_add(&histogram, 50 * 1000 + 1); /* no longer */
    histogram_add(&histogram, 3000 * 1000);   /* between 2.5 and 5 ms */
    assert_int_equal(histogram_at_most(&histogram, 0), 1);
    assert_int_equal(histogram_at_most(&histogram, 1), 2);
    assert_int_equal(histogram_at_most(&histogram, 5), 2);
    assert_int_equal(histogram_at_most(&histogram, 6), 3);
    assert_int_equal(histogram_at_most(&histogram, HISTOGRAM_BOUNDS), 3);
    assert_int_equal(atomic_load(&histogram.sum_ns), 3100001);
}

static void what_is_above_all_bounds_or_below_nothing_is_counted_too(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    histogram_add(&histogram, INT64_C(60) * 1000000000);
    histogram_add(&histogram, -5);
    assert_int_equal(histogram_at_most(&histogram, 0), 1);
    assert_int_equal(histogram_at_most(&histogram, HISTOGRAM_BOUNDS - 1), 1);
    assert_int_equal(histogram_at_most(&histogram, HISTOGRAM_BOUNDS), 2);
    assert_int_equal(atomic_load(&histogram.sum_ns), UINT64_C(60000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_counts_in_each_bucket_it_fits_into),
        cmocka_unit_test(what_is_above_all_bounds_or_below_nothing_is_counted_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
