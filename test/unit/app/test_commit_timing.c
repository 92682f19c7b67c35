#include "app/commit_timing.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t MS = 1000000;

static void ended(struct commit_timing *timing, size_t clients)
{
    const struct commit_crowd crowd = {.clients = clients};
    commit_timing_ended(timing, &crowd);
}

static void few_clients_are_never_put_off(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {.gathered = {.clients = 1}, .has_ring = true};
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
    ended(&timing, 127);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
    assert_false(commit_timing_is_half(&timing, &now));
}

static void many_clients_are_taken_in_halves(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {.gathered = {.clients = 63}, .has_ring = true};
    ended(&timing, 128);
    assert_false(commit_timing_is_half(&timing, &now));
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_WHEN_DRY);
    now.gathered = (struct commit_crowd){.clients = 64};
    assert_true(commit_timing_is_half(&timing, &now));
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
}

static void few_clients_who_bring_much_are_taken_in_halves_too(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {.gathered = {.clients = 2}, .has_ring = true};
    const struct commit_crowd crowd = {.clients = 8, .bytes = 4 << 20};
    commit_timing_ended(&timing, &crowd);
    assert_true(commit_timing_in_halves(&timing, &now));
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_WHEN_DRY);
    now.gathered.clients = 4;
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
    const struct commit_crowd one = {.clients = 1, .bytes = 4 << 20};
    commit_timing_ended(&timing, &one);
    assert_false(commit_timing_in_halves(&timing, &now));
}

static void a_worker_that_waits_for_the_disk_itself_takes_what_a_wake_up_brought(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {.gathered = {.clients = 140}};
    ended(&timing, 200);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
    assert_false(commit_timing_is_half(&timing, &now));
}

static void nothing_gathered_is_committed_at_once_for_what_is_still_owed(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {.has_ring = true, .window_ns = 5 * MS, .now_ns = 1};
    ended(&timing, 64);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
}

static void on_a_slow_disk_it_waits_until_all_came(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {
        .gathered = {.clients = 10}, .window_ns = 5 * MS, .now_ns = 100 * MS};
    ended(&timing, 64);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_LATER);
    now.gathered = (struct commit_crowd){.clients = 50};
    now.now_ns += MS;
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_LATER);
    now.gathered = (struct commit_crowd){.clients = 64};
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
}

static void on_a_slow_disk_a_lull_ends_the_wait(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {
        .gathered = {.clients = 10}, .window_ns = 5 * MS, .now_ns = 100 * MS};
    ended(&timing, 64);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_LATER);
    now.is_timed = true;
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_LATER);
    now.is_timed = false;
    now.now_ns += MS;
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
}

static void waiting_in_vain_is_not_tried_again_for_a_while(void **state)
{
    (void)state;
    struct commit_timing timing = {0};
    struct commit_situation now = {
        .gathered = {.clients = 10}, .window_ns = 5 * MS, .now_ns = 100 * MS};
    ended(&timing, 64);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_LATER);
    now.gathered = (struct commit_crowd){.clients = 20};
    now.now_ns += 6 * MS;
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
    for (int round = 0; round < 8; round++) {
        commit_timing_began(&timing);
        assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_NOW);
    }
    commit_timing_began(&timing);
    assert_int_equal(commit_timing_ask(&timing, &now), COMMIT_LATER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_clients_are_never_put_off),
        cmocka_unit_test(many_clients_are_taken_in_halves),
        cmocka_unit_test(few_clients_who_bring_much_are_taken_in_halves_too),
        cmocka_unit_test(a_worker_that_waits_for_the_disk_itself_takes_what_a_wake_up_brought),
        cmocka_unit_test(nothing_gathered_is_committed_at_once_for_what_is_still_owed),
        cmocka_unit_test(on_a_slow_disk_it_waits_until_all_came),
        cmocka_unit_test(on_a_slow_disk_a_lull_ends_the_wait),
        cmocka_unit_test(waiting_in_vain_is_not_tried_again_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
