#include "base/view.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void compares_bytes_and_lengths(void **state)
{
    (void)state;
    assert_true(view_is(VIEW_LITERAL("abc"), "abc"));
    assert_false(view_is(VIEW_LITERAL("abc"), "ab"));
    assert_false(view_is(VIEW_LITERAL("ab\0c"), "ab"));
    assert_true(view_is(view_make(NULL, 0), ""));
    assert_true(view_is_ignoring_case(VIEW_LITERAL("Content-Type"), "content-type"));
    assert_false(view_is_ignoring_case(VIEW_LITERAL("content_type"), "content-type"));
    assert_false(view_is_ignoring_case(VIEW_LITERAL("[ab"), "{ab"));
    assert_true(view_starts_with(VIEW_LITERAL("/v1/batch"), "/v1/"));
    assert_false(view_starts_with(VIEW_LITERAL("/v"), "/v1/"));
    assert_true(view_ends_with(VIEW_LITERAL("a.zst"), ".zst"));
    assert_false(view_ends_with(VIEW_LITERAL("zst"), ".zst"));
}

static bool is_alike(int a, int b)
{
    int small_a = a >= 'A' && a <= 'Z' ? a + 'a' - 'A' : a;
    int small_b = b >= 'A' && b <= 'Z' ? b + 'a' - 'A' : b;
    return small_a == small_b;
}

static void only_letters_are_alike_at_every_place_of_every_length(void **state)
{
    (void)state;
    enum { LONGEST = 17 };
    char text[LONGEST + 1] = "Quick-brown-fox-7";
    char bytes[LONGEST];
    for (size_t len = 1; len <= LONGEST; len++) {
        for (size_t pair = 0; pair < 256 * 255; pair++) {
            size_t place = pair % len;
            int a = (int)(pair / 255);
            int b = 1 + (int)(pair % 255); /* no zero byte: it ends the text */
            char whole[LONGEST + 1] = {0};
            memcpy(bytes, text, LONGEST);
            memcpy(whole, text, len);
            bytes[place] = (char)a;
            whole[place] = (char)b;
            if (view_is_ignoring_case(view_make(bytes, len), whole) != is_alike(a, b)) {
                fail_msg("%d and %d at %zu of %zu", a, b, place, len);
            }
        }
    }
}

static void a_part_never_reaches_beyond_the_view(void **state)
{
    (void)state;
    struct view v = VIEW_LITERAL("0123456789");
    assert_true(view_is(view_part(v, 8, 100), "89"));
    assert_int_equal(view_part(v, 10, 1).len, 0);
    assert_int_equal(view_part(v, SIZE_MAX, SIZE_MAX).len, 0);
}

static void cuts_at_the_separator_until_nothing_is_left(void **state)
{
    (void)state;
    struct view rest = VIEW_LITERAL("a,,b");
    assert_true(view_is(view_cut(&rest, ','), "a"));
    assert_true(view_is(view_cut(&rest, ','), ""));
    assert_true(view_is(view_cut(&rest, ','), "b"));
    assert_int_equal(rest.len, 0);
    assert_true(view_is(view_trim(VIEW_LITERAL(" \t x y\t ")), "x y"));
    assert_int_equal(view_trim(VIEW_LITERAL(" \t ")).len, 0);
}

static void reads_whole_numbers_that_fit_and_no_others(void **state)
{
    (void)state;
    uint64_t u;
    int64_t i;
    assert_true(view_to_uint64(VIEW_LITERAL("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_false(view_to_uint64(VIEW_LITERAL("18446744073709551616"), &u));
    assert_false(view_to_uint64(VIEW_LITERAL("99999999999999999999"), &u));
    assert_false(view_to_uint64(VIEW_LITERAL(""), &u));
    assert_false(view_to_uint64(VIEW_LITERAL("+1"), &u));
    assert_false(view_to_uint64(VIEW_LITERAL("1 "), &u));
    assert_true(view_to_int64(VIEW_LITERAL("-9223372036854775807"), &i));
    assert_true(i == -INT64_MAX);
    assert_false(view_to_int64(VIEW_LITERAL("9223372036854775808"), &i));
    assert_false(view_to_int64(VIEW_LITERAL("-"), &i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes_and_lengths),
        cmocka_unit_test(only_letters_are_alike_at_every_place_of_every_length),
        cmocka_unit_test(a_part_never_reaches_beyond_the_view),
        cmocka_unit_test(cuts_at_the_separator_until_nothing_is_left),
        cmocka_unit_test(reads_whole_numbers_that_fit_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
