#include "lake/key_set.h"

#include "../temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t DAY_MS = 86400000;
static const int64_t WINDOW_MS = 8 * 86400000LL;
static const int64_t NOW_MS = 1763942400000;

static struct temporary folder;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&folder);
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&folder);
}

static struct key_set *open_set(unsigned expected_damage)
{
    struct key_set *set;
    unsigned damaged;
    struct fault fault = {0};
    assert_int_equal(key_set_open(&set, folder.fd, WINDOW_MS, &damaged, &fault), STATUS_OK);
    assert_int_equal(damaged, expected_damage);
    return set;
}

/* A number spread over 128 bits as a hash would be. */
static struct key key_of(uint64_t number)
{
    struct key key = {number * 0x9e3779b97f4a7c15, (number ^ 0x5555) * 0xc2b2ae3d27d4eb4f};
    return key;
}

static bool add(struct key_set *set, uint64_t number, int64_t received_ms)
{
    bool is_new = false;
    struct fault fault = {0};
    assert_int_equal(key_set_add(set, key_of(number), received_ms, &is_new, &fault), STATUS_OK);
    return is_new;
}

static void save(struct key_set *set, int64_t now_ms)
{
    struct fault fault = {0};
    assert_int_equal(key_set_save(set, now_ms, &fault), STATUS_OK);
}

static void knows_again_what_it_saw_in_memory_on_disk_and_after_a_restart(void **state)
{
    (void)state;
    struct key_set *set = open_set(0);
    for (uint64_t round = 0; round < 50; round++) {
        for (uint64_t i = 0; i < 100; i++) {
            assert_true(add(set, round * 100 + i, NOW_MS));
            assert_false(add(set, round * 100 + i, NOW_MS));
        }
        save(set, NOW_MS);
    }
    assert_true(key_set_runs(set) <= 24);
    key_set_close(set);
    set = open_set(0);
    for (uint64_t number = 0; number < 5000; number++) {
        assert_false(add(set, number, NOW_MS));
    }
    assert_true(add(set, 5000, NOW_MS));
    assert_int_equal(key_set_fresh(set), 1);
    key_set_close(set);
}

static void forgets_what_was_not_saved(void **state)
{
    (void)state;
    struct key_set *set = open_set(0);
    assert_true(add(set, 1, NOW_MS));
    key_set_close(set);
    set = open_set(0);
    assert_true(add(set, 1, NOW_MS));
    key_set_close(set);
}

static void forgets_what_is_older_than_the_window_and_not_before(void **state)
{
    (void)state;
    struct key_set *set = open_set(0);
    for (int64_t day = 0; day < 30; day++) {
        int64_t now_ms = NOW_MS + day * DAY_MS;
        assert_true(add(set, (uint64_t)day, now_ms));
        save(set, now_ms);
        for (int64_t age = 0; age <= 8 && age <= day; age++) {
            assert_false(add(set, (uint64_t)(day - age), now_ms));
        }
    }
    assert_true(key_set_runs(set) <= 10);
    assert_true(add(set, 0, NOW_MS + 29 * DAY_MS));
    key_set_close(set);
}

static void zeros_and_extremes_are_keys_like_any_other(void **state)
{
    (void)state;
    struct key_set *set = open_set(0);
    static const struct key keys[] = {
        {0, 0}, {0, 7}, {UINT64_MAX, UINT64_MAX}, {UINT64_MAX, 0}, {1, 0}};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            bool is_new;
            assert_int_equal(key_set_add(set, keys[i], NOW_MS, &is_new, NULL), STATUS_OK);
            assert_int_equal(is_new, round == 0);
        }
        save(set, NOW_MS);
    }
    key_set_close(set);
}

static void a_damaged_file_is_set_aside_and_counted(void **state)
{
    (void)state;
    struct key_set *set = open_set(0);
    for (uint64_t i = 0; i < 1000; i++) {
        add(set, i, NOW_MS);
    }
    save(set, NOW_MS);
    key_set_close(set);
    int fd = openat(folder.fd, "0000000001.keys", O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, 5000), 1);
    close(fd);
    set = open_set(1);
    assert_int_equal(key_set_runs(set), 0);
    assert_int_equal(faccessat(folder.fd, "_damaged-0000000001.keys", F_OK, 0), 0);
    assert_true(add(set, 1, NOW_MS));
    save(set, NOW_MS);
    key_set_close(set);
    set = open_set(0);
    key_set_close(set);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(knows_again_what_it_saw_in_memory_on_disk_and_after_a_restart),
        CASE(forgets_what_was_not_saved),
        CASE(forgets_what_is_older_than_the_window_and_not_before),
        CASE(zeros_and_extremes_are_keys_like_any_other),
        CASE(a_damaged_file_is_set_aside_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
