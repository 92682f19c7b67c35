#include "journal/sync_pace.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { MS = 1000 * 1000 };

static void note(struct sync_pace *pace, int64_t ns, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        sync_pace_note(pace, ns, 0);
    }
}

static void a_disk_is_slow_until_it_was_quick_often_enough(void **state)
{
    (void)state;
    struct sync_pace pace = {0};
    assert_false(sync_pace_is_quick(&pace));
    note(&pace, MS / 10, SYNC_PACE_PROOFS - 1);
    assert_false(sync_pace_is_quick(&pace));
    note(&pace, MS / 10, 1);
    assert_true(sync_pace_is_quick(&pace));
}

static void two_slow_syncs_in_a_row_make_it_slow_again_and_one_does_not(void **state)
{
    (void)state;
    struct sync_pace pace = {0};
    note(&pace, MS / 10, 100);
    note(&pace, 3 * MS / 2, 2);
    assert_true(sync_pace_is_quick(&pace)); /* neither quick nor slow: no proof of anything */
    note(&pace, SYNC_PACE_SLOW_NS, 1);
    assert_true(sync_pace_is_quick(&pace));
    note(&pace, MS / 10, 1);
    note(&pace, SYNC_PACE_SLOW_NS, 1);
    assert_true(sync_pace_is_quick(&pace));
    note(&pace, SYNC_PACE_SLOW_NS, 1);
    assert_false(sync_pace_is_quick(&pace));
    note(&pace, MS / 10, SYNC_PACE_PROOFS - 1);
    note(&pace, SYNC_PACE_SLOW_NS, 1); /* before it was proved: from the beginning */
    note(&pace, MS / 10, SYNC_PACE_PROOFS - 1);
    assert_false(sync_pace_is_quick(&pace));
    note(&pace, MS / 10, 1);
    assert_true(sync_pace_is_quick(&pace));
}

static void what_many_bytes_take_says_nothing_of_the_disk(void **state)
{
    (void)state;
    struct sync_pace pace = {0};
    for (int i = 0; i < 20; i++) {
        sync_pace_note(&pace, 5 * MS, 5000000 - 200000);
    }
    assert_true(sync_pace_is_quick(&pace));
    for (int i = 0; i < 20; i++) {
        sync_pace_note(&pace, 50 * MS, 5000000);
    }
    assert_false(sync_pace_is_quick(&pace));
}

static void gathering_pays_in_proportion_to_the_sync_and_never_on_a_quick_disk(void **state)
{
    (void)state;
    struct sync_pace pace = {0};
    assert_int_equal(sync_pace_window_ns(&pace), 0); /* nothing known, nothing put off */
    note(&pace, 50LL * MS, 100);
    assert_int_equal(pace.mean_ns, 50LL * MS);
    assert_true(sync_pace_window_ns(&pace) > 10LL * MS);
    assert_true(sync_pace_window_ns(&pace) <= 50LL * MS);
    assert_true(sync_pace_lull_ns(&pace) < sync_pace_window_ns(&pace));
    note(&pace, MS / 10, 100);
    assert_int_equal(sync_pace_window_ns(&pace), 0);
    assert_int_equal(sync_pace_lull_ns(&pace), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_is_slow_until_it_was_quick_often_enough),
        cmocka_unit_test(two_slow_syncs_in_a_row_make_it_slow_again_and_one_does_not),
        cmocka_unit_test(what_many_bytes_take_says_nothing_of_the_disk),
        cmocka_unit_test(gathering_pays_in_proportion_to_the_sync_and_never_on_a_quick_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
