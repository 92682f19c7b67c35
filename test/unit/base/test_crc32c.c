#include "base/crc32c.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { LONGEST = 10000 };

static void gives_the_sums_of_rfc_3720(void **state)
{
    (void)state;
    static const unsigned char zeros[32];
    unsigned char up[32];
    for (unsigned i = 0; i < 32; i++) {
        up[i] = (unsigned char)i;
    }
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);
    assert_int_equal(crc32c(0, up, 32), 0x46dd794e);
    assert_int_equal(crc32c_portable(0, up, 32), 0x46dd794e);
}

static void is_the_same_in_pieces_and_without_hardware(void **state)
{
    (void)state;
    unsigned char bytes[257];
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    uint32_t whole = crc32c(0, bytes, sizeof(bytes));
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint32_t head = crc32c(0, bytes, cut);
        assert_int_equal(crc32c(head, bytes + cut, sizeof(bytes) - cut), whole);
        assert_int_equal(crc32c_portable(head, bytes + cut, sizeof(bytes) - cut), whole);
    }
}

/* Every number of steps that three streams can have, and every rest. */
static void every_length_is_the_same_without_hardware(void **state)
{
    (void)state;
    static unsigned char bytes[LONGEST + 1];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(random >> 24);
    }
    uint32_t portable = 0;
    for (size_t len = 0; len <= LONGEST; len++) {
        assert_int_equal(crc32c(0, bytes, len), portable);
        portable = crc32c_portable(portable, bytes + len, 1);
    }
}

static void goes_on_from_any_cut_of_what_is_long(void **state)
{
    (void)state;
    static unsigned char bytes[LONGEST];
    uint32_t random = 7;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(random >> 24);
    }
    uint32_t whole = crc32c_portable(0, bytes, sizeof(bytes));
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        size_t first = (random >> 8) % LONGEST;
        random = random * 1664525 + 1013904223;
        size_t second = first + (random >> 8) % (LONGEST - first);
        uint32_t sum = crc32c(0, bytes, first);
        sum = crc32c(sum, bytes + first, second - first);
        assert_int_equal(crc32c(sum, bytes + second, sizeof(bytes) - second), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_sums_of_rfc_3720),
        cmocka_unit_test(is_the_same_in_pieces_and_without_hardware),
        cmocka_unit_test(every_length_is_the_same_without_hardware),
        cmocka_unit_test(goes_on_from_any_cut_of_what_is_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
