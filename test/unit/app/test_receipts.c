#include "app/receipts.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static struct receipts *receipts;

static int set_up(void **state)
{
    struct fault fault;
    (void)state;
    return receipts_create(&receipts, &fault) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    receipts_destroy(receipts);
    return 0;
}

static void keep(const char *id)
{
    receipts_keep(receipts, receipts_key(receipts, view_from_text(id)));
}

/* What a query is answered; "(nothing)" when it does not ask. */
static const char *answer(const char *query)
{
    static char text[4096];
    struct buf out;
    buf_init(&out, sizeof(text));
    bool asks = receipts_answer(receipts, view_from_text(query), &out);
    snprintf(text, sizeof(text), "%.*s", (int)out.len, out.len > 0 ? out.at : "");
    buf_free(&out);
    return asks ? text : "(nothing)";
}

static void who_asks_is_told_what_is_kept_and_nothing_else(void **state)
{
    (void)state;
    keep("9c1a-_Z");
    keep("35fe");
    static const struct {
        const char *query, *answer;
    } cases[] = {
        {"ask=9c1a-_Z", "\"9c1a-_Z\""},
        {"ask=nobody,35fe,9c1a-_Z", "\"35fe\",\"9c1a-_Z\""},
        {"a=b&ask=35fe&c=d", "\"35fe\""},
        {"ask=,,35fe,", "\"35fe\""},
        {"ask=nobody", ""},
        {"ask=35f", ""},
        {"ask=35fe\"", ""},
        {"ask=%33%35fe", ""},
        {"ask=x", ""},
        {"", "(nothing)"},
        {"ask=", ""},
        {"asks=35fe", "(nothing)"},
        {"beacon=35fe", "(nothing)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(answer(cases[i].query), cases[i].answer);
    }
}

static void a_beacon_is_named_by_its_parameter(void **state)
{
    (void)state;
    uint64_t key = receipts_key(receipts, VIEW_LITERAL("35fe"));
    assert_true(key != 0);
    assert_int_equal(receipts_beacon(receipts, VIEW_LITERAL("beacon=35fe")), key);
    assert_int_equal(receipts_beacon(receipts, VIEW_LITERAL("a=1&beacon=35fe&b=2")), key);
    assert_int_equal(receipts_beacon(receipts, VIEW_LITERAL("ask=35fe")), 0);
    assert_int_equal(receipts_beacon(receipts, VIEW_LITERAL("")), 0);
    assert_false(receipts_has(receipts, key));
}

static void what_is_no_id_has_no_key_and_is_never_kept(void **state)
{
    (void)state;
    char text[RECEIPTS_ID_BYTES_MAX + 1];
    memset(text, 'a', sizeof(text));
    assert_true(receipts_key(receipts, view_make(text, RECEIPTS_ID_BYTES_MAX)) != 0);
    assert_int_equal(receipts_key(receipts, view_make(text, RECEIPTS_ID_BYTES_MAX + 1)), 0);
    static const char *const OTHERS[] = {"",    "a b",  "a\"", "a\n", "\xc3\xa4", "a.b",
                                         "a/b", "a%41", "a@",  "a[",  "a`",       "a{"};
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        assert_int_equal(receipts_key(receipts, view_from_text(OTHERS[i])), 0);
        keep(OTHERS[i]);
    }
    assert_false(receipts_has(receipts, 0));
}

static void only_so_many_are_answered_at_a_time(void **state)
{
    (void)state;
    char query[4 + (RECEIPTS_ASKED_MAX + 1) * 2] = "ask=";
    for (size_t i = 4; i + 2 < sizeof(query); i += 2) {
        memcpy(query + i, "b,", 2);
    }
    keep("c");
    keep("b");
    query[sizeof(query) - 2] = 'c';
    assert_null(strchr(answer(query), 'c'));
}

static void of_more_than_there_is_room_for_the_latest_are_known(void **state)
{
    (void)state;
    char id[16];
    for (int i = 0; i < 4 * RECEIPTS_SLOTS; i++) {
        snprintf(id, sizeof(id), "%d", i);
        keep(id);
        assert_true(receipts_has(receipts, receipts_key(receipts, view_from_text(id))));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_asks_is_told_what_is_kept_and_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_beacon_is_named_by_its_parameter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_id_has_no_key_and_is_never_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_so_many_are_answered_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_more_than_there_is_room_for_the_latest_are_known, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
