#include "base/crc32c.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_sums_of_rfc_3720),
        cmocka_unit_test(is_the_same_in_pieces_and_without_hardware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
