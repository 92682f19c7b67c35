#include "adapters/adapter_skeleton.h"

#include "golden.h"

static void golden_cases_come_out_as_they_are_written(void **state)
{
    (void)state;
    assert_true(run_golden(&adapter_skeleton, "test/golden/skeleton") >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
