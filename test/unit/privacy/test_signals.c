#include "privacy/signals.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void a_no_is_a_no_in_each_of_its_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *gpc;
        const char *dnt;
        const char *cookie;
        bool forbids;
    } cases[] = {
        {"", "", "", false},
        {"1", "", "", true},
        {"0", "", "", false},
        {"true", "", "", false},
        {"", "1", "", true},
        {"", "0", "", false},
        {"", "", "pipes_disabled=1", true},
        {"", "", "a=b; pipes_disabled=1; c=d", true},
        {"", "", "pipes_disabled=0", false},
        {"", "", "xpipes_disabled=1", false},
        {"", "", "a=pipes_disabled=1", false},
        {"", "", "pipes_disabled=11", false},
        {"", "", ";;=;pipes_disabled", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct signals signals =
            signals_read(view_from_text(cases[i].gpc), view_from_text(cases[i].dnt),
                         view_from_text(cases[i].cookie));
        assert_int_equal(signals.is_gpc || signals.is_dnt || signals.is_opted_out,
                         cases[i].forbids);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_no_is_a_no_in_each_of_its_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
