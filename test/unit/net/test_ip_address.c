#include "net/ip_address.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#define TEXT(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static void writes_one_text_for_all_ways_to_write_an_address(void **state)
{
    (void)state;
    static const struct {
        struct view text;
        const char *written;
        bool is_v4;
    } cases[] = {
        {TEXT("1.2.3.4"), "1.2.3.4", true},
        {TEXT("255.255.255.255"), "255.255.255.255", true},
        {TEXT("::ffff:1.2.3.4"), "1.2.3.4", true},
        {TEXT("::FFFF:102:304"), "1.2.3.4", true},
        {TEXT("0:0:0:0:0:ffff:1.2.3.4"), "1.2.3.4", true},
        {TEXT("::1"), "::1", false},
        {TEXT("::"), "::", false},
        {TEXT("2001:DB8:0:0::00a"), "2001:db8::a", false},
        {TEXT("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"),
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip_address address;
        char text[IP_ADDRESS_TEXT_BYTES];
        assert_true(ip_address_parse(&address, cases[i].text));
        ip_address_text(&address, text);
        assert_string_equal(text, cases[i].written);
        assert_int_equal(ip_address_is_v4(&address), cases[i].is_v4);
    }
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const struct view cases[] = {
        TEXT(""),
        TEXT("1.2.3"),
        TEXT("1.2.3.4.5"),
        TEXT("1.2.3.256"),
        TEXT("01.2.3.4"),
        TEXT("1.2.3.4 "),
        TEXT(" 1.2.3.4"),
        TEXT("1.2.3.4\0"),
        TEXT("::1\0::"),
        TEXT("fe80::1%eth0"),
        TEXT(":::"),
        TEXT("1::2::3"),
        TEXT("[::1]"),
        TEXT("1.2.3.4:5"),
        TEXT("12345::"),
        TEXT("localhost"),
        TEXT("0x1.2.3.4"),
        TEXT("1.2.3.-4"),
        TEXT("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"),
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip_address address;
        if (ip_address_parse(&address, cases[i])) {
            fail_msg("taken: %.*s", VIEW_ARG(cases[i]));
        }
    }
}

static void drops_a_port(void **state)
{
    (void)state;
    static const struct {
        struct view text;
        const char *written; /* NULL: refused */
    } cases[] = {
        {TEXT("1.2.3.4"), "1.2.3.4"},
        {TEXT("1.2.3.4:0"), "1.2.3.4"},
        {TEXT("1.2.3.4:65535"), "1.2.3.4"},
        {TEXT("::1"), "::1"},
        {TEXT("[::1]"), "::1"},
        {TEXT("[::1]:8"), "::1"},
        {TEXT("[::ffff:1.2.3.4]:8"), "1.2.3.4"},
        {TEXT("1.2.3.4:"), NULL},
        {TEXT("1.2.3.4:65536"), NULL},
        {TEXT("1.2.3.4:08"), NULL},
        {TEXT("1.2.3.4:+8"), NULL},
        {TEXT("1.2.3.4:5:6"), NULL},
        {TEXT("[1.2.3.4]"), NULL},
        {TEXT("[1.2.3.4]:5"), NULL},
        {TEXT("[::1"), NULL},
        {TEXT("[::1]8"), NULL},
        {TEXT("[::1]:"), NULL},
        {TEXT("[[::1]]"), NULL},
        {TEXT("[]"), NULL},
        {TEXT("["), NULL},
        {TEXT(":80"), NULL},
        {TEXT(""), NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip_address address;
        char text[IP_ADDRESS_TEXT_BYTES];
        bool is_taken = ip_address_parse_with_port(&address, cases[i].text);
        if (is_taken != (cases[i].written != NULL)) {
            fail_msg("%.*s: %d", VIEW_ARG(cases[i].text), is_taken);
        }
        if (is_taken) {
            ip_address_text(&address, text);
            assert_string_equal(text, cases[i].written);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_text_for_all_ways_to_write_an_address),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(drops_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
