#include "base/status.h"

#include <errno.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void keeps_one_sentence_cut_at_its_size(void **state)
{
    (void)state;
    struct fault fault = {0};
    char long_text[2 * sizeof(fault.text)];
    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = 0;
    assert_int_equal(fault_set(&fault, STATUS_BAD_INPUT, "%s", long_text), STATUS_BAD_INPUT);
    assert_int_equal(strlen(fault.text), sizeof(fault.text) - 1);
    assert_int_equal(fault_errno(&fault, EACCES, "%s", long_text), STATUS_IO);
    assert_int_equal(fault_set(NULL, STATUS_END, "nobody listens"), STATUS_END);
}

static void tells_a_full_disk_from_other_trouble(void **state)
{
    (void)state;
    struct fault fault = {0};
    assert_int_equal(fault_errno(&fault, ENOSPC, "cannot write %s", "a.seg"), STATUS_FULL);
    assert_string_equal(fault.text, "cannot write a.seg: No space left on device");
    assert_int_equal(fault_errno(&fault, EDQUOT, "x"), STATUS_FULL);
    assert_int_equal(fault_errno(&fault, EIO, "x"), STATUS_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_one_sentence_cut_at_its_size),
        cmocka_unit_test(tells_a_full_disk_from_other_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
