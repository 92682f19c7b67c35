#include "adapters/adapter_pixel.h"

#include "golden.h"

static void golden_cases_come_out_as_they_are_written(void **state)
{
    (void)state;
    assert_true(run_golden(&adapter_pixel, "test/golden/pixel") >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
