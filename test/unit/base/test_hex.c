/* Every byte becomes two digits and is the same again; nothing else passes for a digit. */
#include "base/hex.h"

#include <stdio.h>
#include <stdlib.h>

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void digits_have_their_values_and_nothing_else_has_one(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[] = {(char)byte, 0};
        bool is_digit = byte != 0 && strchr("0123456789abcdefABCDEF", byte);
        assert_int_equal(hex_digit((char)byte), is_digit ? strtol(text, NULL, 16) : -1);
    }
}

static void every_byte_is_read_as_it_was_written(void **state)
{
    unsigned char bytes[256];
    unsigned char again[256] = {0};
    char text[2 * sizeof(bytes)];
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)i;
    }
    hex_write(text, bytes, sizeof(bytes));
    assert_memory_equal(text, "000102", 6);
    assert_memory_equal(text + 2 * 253, "fdfeff", 6);
    assert_true(hex_read(view_make(text, sizeof(text)), again, sizeof(again)));
    assert_memory_equal(bytes, again, sizeof(bytes));
}

static void a_pair_is_two_digits_in_either_case(void **state)
{
    (void)state;
    assert_int_equal(hex_pair("00"), 0);
    assert_int_equal(hex_pair("fF"), 255);
    assert_int_equal(hex_pair("4g"), -1);
    assert_int_equal(hex_pair("g4"), -1);
    assert_int_equal(hex_pair("-1"), -1);
}

static void a_text_of_another_length_or_with_other_bytes_is_not_read(void **state)
{
    static const char *const BAD[] = {"",       "0",    "000",  "0000 ", "00000",
                                      "000000", "00 0", "0x00", "000g",  "+0+0"};
    unsigned char bytes[2];
    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        assert_false(hex_read(view_from_text(BAD[i]), bytes, sizeof(bytes)));
    }
    assert_true(hex_read(VIEW_LITERAL("00aF"), bytes, sizeof(bytes)));
    assert_int_equal(bytes[1], 0xaf);
    assert_true(hex_read(view_make(NULL, 0), bytes, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_have_their_values_and_nothing_else_has_one),
        cmocka_unit_test(every_byte_is_read_as_it_was_written),
        cmocka_unit_test(a_pair_is_two_digits_in_either_case),
        cmocka_unit_test(a_text_of_another_length_or_with_other_bytes_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
