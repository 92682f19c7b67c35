#include "base/uuid.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void makes_distinct_version_4_ids(void **state)
{
    (void)state;
    char a[UUID_TEXT_BYTES];
    char b[UUID_TEXT_BYTES];
    struct fault fault = {0};
    assert_int_equal(uuid_make(a, &fault), STATUS_OK);
    assert_int_equal(uuid_make(b, &fault), STATUS_OK);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_distinct_version_4_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
