#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void grows_to_its_ceiling_and_not_beyond(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(buf_append_byte(&buf, 'x'), STATUS_OK);
    }
    assert_int_equal(buf_append_byte(&buf, 'x'), STATUS_TOO_BIG);
    assert_int_equal(buf.len, 1000);
    buf_free(&buf);
    buf_free(&buf);
}

static void remembers_the_first_failure_until_cleared(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    buf_append_text(&buf, "12345");
    buf_append_text(&buf, "1");
    assert_int_equal(buf_status(&buf), STATUS_TOO_BIG);
    assert_int_equal(buf.len, 0);
    buf_clear(&buf);
    buf_append_text(&buf, "1234");
    assert_int_equal(buf_status(&buf), STATUS_OK);
    buf_free(&buf);
}

static void writes_numbers_and_formats(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_append_int64(&buf, INT64_MIN);
    buf_append_byte(&buf, ' ');
    buf_append_uint64(&buf, UINT64_MAX);
    buf_append_format(&buf, " %s-%d", "a", 5);
    assert_true(view_is(buf_view(&buf), "-9223372036854775808 18446744073709551615 a-5"));
    buf_consume(&buf, 42);
    assert_true(view_is(buf_view(&buf), "a-5"));
    buf_truncate(&buf, 1);
    assert_true(view_is(buf_view(&buf), "a"));
    buf_consume(&buf, 50);
    assert_int_equal(buf.len, 0);
    buf_free(&buf);
}

static void buffers_that_share_a_budget_stay_below_it_but_for_what_one_is_granted(void **state)
{
    (void)state;
    static const char bytes[4096];
    struct buf_budget budget = {.ceiling = 8192};
    struct buf first;
    struct buf second;
    buf_init_within(&first, 1 << 20, &budget);
    buf_init_within(&second, 1 << 20, &budget);
    assert_int_equal(buf_append(&first, bytes, 4096), STATUS_OK);
    assert_int_equal(buf_append(&first, bytes, 4096), STATUS_OK);
    assert_int_equal(buf_append(&second, bytes, 1), STATUS_NO_MEMORY);
    buf_clear(&second);
    second.granted = 1024;
    assert_int_equal(buf_append(&second, bytes, 1024), STATUS_OK);
    assert_int_equal(buf_append(&second, bytes, 1), STATUS_NO_MEMORY);
    assert_int_equal(budget.held, 8192 + 1024);
    buf_free(&first);
    buf_clear(&second);
    assert_int_equal(buf_append(&second, bytes, 4096), STATUS_OK);
    buf_free(&second);
    assert_int_equal(budget.held, 0);
}

static void what_was_in_it_is_overwritten_when_it_is_wiped(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_append_text(&buf, "abc");
    buf_consume(&buf, 3);
    assert_memory_equal(buf.at, "abc", 3);
    buf_wipe(&buf);
    assert_memory_equal(buf.at, "\0\0\0", 3);
    assert_int_equal(buf.len, 0);
    buf_free(&buf);
    buf_wipe(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_that_share_a_budget_stay_below_it_but_for_what_one_is_granted),
        cmocka_unit_test(grows_to_its_ceiling_and_not_beyond),
        cmocka_unit_test(remembers_the_first_failure_until_cleared),
        cmocka_unit_test(writes_numbers_and_formats),
        cmocka_unit_test(what_was_in_it_is_overwritten_when_it_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
