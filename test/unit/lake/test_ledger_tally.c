#include "lake/ledger_tally.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static struct ledger_tally tally;

static int set_up(void **state)
{
    (void)state;
    ledger_tally_init(&tally, 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_tally_free(&tally);
    return 0;
}

static uint64_t stored(int64_t hour, const char *site)
{
    const struct ledger_row *row = ledger_tally_find(&tally, hour, view_from_text(site));
    return row ? row->counts[LEDGER_STORED] : 0;
}

static void add(int64_t hour, const char *site, uint64_t by)
{
    ledger_tally_add(&tally, hour, view_from_text(site), LEDGER_STORED, by);
}

static void hours_and_sites_are_counted_apart(void **state)
{
    (void)state;
    add(1, "shop", 2);
    add(1, "blog", 3);
    add(2, "shop", 4);
    add(1, "shop", 5);
    add(1, "", 6);
    assert_int_equal(stored(1, "shop"), 7);
    assert_int_equal(stored(1, "blog"), 3);
    assert_int_equal(stored(2, "shop"), 4);
    assert_int_equal(stored(1, ""), 6);
    assert_int_equal(stored(3, "shop"), 0);
    ledger_tally_clear(&tally);
    assert_int_equal(stored(1, "shop"), 0);
}

static void names_that_are_not_plain_are_one_site(void **state)
{
    (void)state;
    char longest[LEDGER_SITE_BYTES + 1];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[LEDGER_SITE_BYTES] = 0;
    add(1, "a b", 1);
    add(1, "somebody@shop.example", 1);
    add(1, "a\nb", 1);
    add(1, longest, 1);
    longest[LEDGER_SITE_BYTES - 1] = 0;
    add(1, longest, 1);
    assert_int_equal(stored(1, LEDGER_OTHER), 4);
    assert_int_equal(stored(1, longest), 1);
}

static void what_finds_it_full_counts_for_the_others_of_its_hour(void **state)
{
    (void)state;
    char name[32];
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "site%d", i);
        add(1, name, 1);
    }
    add(2, "late", 7);
    add(1, "site0", 1);
    uint64_t sum = 0;
    for (size_t i = 0; i < tally.count; i++) {
        sum += tally.rows[i].counts[LEDGER_STORED];
    }
    assert_int_equal(sum, 2008);
    assert_true(tally.is_full);
    assert_int_equal(tally.lost, 0);
    assert_int_equal(stored(1, "site0"), 2);
    assert_int_equal(stored(2, LEDGER_OTHER), 7);
    assert_true(tally.count <= 1024);
}

static void sums_and_order(void **state)
{
    (void)state;
    struct ledger_tally other;
    ledger_tally_init(&other, 1024);
    ledger_tally_add(&other, 2, VIEW_LITERAL("a"), LEDGER_STORED, 1);
    add(2, "b", 1);
    add(1, "c", 1);
    add(2, "a", 1);
    ledger_tally_sum(&tally, &other);
    ledger_tally_sort(&tally);
    assert_int_equal(tally.count, 3);
    assert_string_equal(tally.rows[0].site, "c");
    assert_string_equal(tally.rows[1].site, "a");
    assert_int_equal(stored(2, "a"), 2);
    add(2, "a", 1);
    assert_int_equal(stored(2, "a"), 3);
    ledger_tally_free(&other);
}

static void names_are_read_as_they_are_written(void **state)
{
    (void)state;
    for (enum ledger_count i = 0; i < LEDGER_COUNTS; i++) {
        assert_int_equal(ledger_count_find(view_from_text(ledger_count_name(i))), i);
    }
    assert_int_equal(ledger_count_find(VIEW_LITERAL("none")), LEDGER_COUNTS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(hours_and_sites_are_counted_apart),
        CASE(names_that_are_not_plain_are_one_site),
        CASE(what_finds_it_full_counts_for_the_others_of_its_hour),
        CASE(sums_and_order),
        CASE(names_are_read_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
