#include "load/histogram.c"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void is_wrong_by_less_than_one_percent(void **state)
{
    (void)state;
    for (uint64_t ns = 1; ns < 1ULL << HISTOGRAM_TOP_BITS; ns += 1 + ns / 1000) {
        double error = ((double)value_of(bucket_of(ns)) - (double)ns) / (double)ns;
        assert_true(error < 0.01 && error > -0.01);
    }
}

static void gives_the_quantiles_of_what_was_added(void **state)
{
    (void)state;
    static struct histogram histogram;
    histogram_clear(&histogram);
    for (int64_t i = 1; i <= 1000; i++) {
        histogram_add(&histogram, i * 1000);
    }
    assert_in_range(histogram_quantile_ns(&histogram, 0.5), 495000, 505000);
    assert_in_range(histogram_quantile_ns(&histogram, 0.99), 980000, 1000000);
    assert_int_equal(histogram_quantile_ns(&histogram, 1), 1000000);
    assert_int_equal(histogram.max_ns, 1000000);
}

static void merges_two(void **state)
{
    (void)state;
    static struct histogram a;
    static struct histogram b;
    histogram_clear(&a);
    histogram_clear(&b);
    histogram_add(&a, 10);
    histogram_add(&b, 1LL << 50);
    histogram_merge(&a, &b);
    assert_int_equal(a.count, 2);
    assert_int_equal(a.max_ns, 1LL << 50);
    assert_int_equal(histogram_quantile_ns(&a, 0.5), 10);
}

static void gives_zero_when_nothing_was_added(void **state)
{
    (void)state;
    static struct histogram histogram;
    histogram_clear(&histogram);
    assert_int_equal(histogram_quantile_ns(&histogram, 0.99), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_wrong_by_less_than_one_percent),
        cmocka_unit_test(gives_the_quantiles_of_what_was_added),
        cmocka_unit_test(merges_two),
        cmocka_unit_test(gives_zero_when_nothing_was_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
