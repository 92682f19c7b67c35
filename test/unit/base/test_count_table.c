#include "base/count_table.h"

#include <pthread.h>
#include <stdlib.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { KEYS = 64, STEPS = 200000, ROUNDS = 20000 };

static struct count_table *make(size_t keys)
{
    struct count_table *table;
    struct fault fault;
    assert_int_equal(count_table_create(&table, keys, &fault), STATUS_OK);
    return table;
}

static void each_key_is_counted_up_and_down_by_itself(void **state)
{
    (void)state;
    struct count_table *table = make(100);
    assert_int_equal(count_table_add(table, 1), 1);
    assert_int_equal(count_table_add(table, 1), 2);
    assert_int_equal(count_table_add(table, 2), 1);
    count_table_remove(table, 1);
    assert_int_equal(count_table_add(table, 1), 2);
    count_table_remove(table, 3);
    count_table_destroy(table);
}

static void a_full_table_counts_those_it_has_and_takes_new_ones_when_one_left(void **state)
{
    (void)state;
    struct count_table *table = make(4);
    for (uint64_t key = 1; key <= 4; key++) {
        assert_int_equal(count_table_add(table, key * 4), 1);
    }
    assert_int_equal(count_table_add(table, 99), 0);
    count_table_remove(table, 99);
    assert_int_equal(count_table_add(table, 8), 2);
    count_table_remove(table, 4);
    assert_int_equal(count_table_add(table, 99), 1);
    count_table_destroy(table);
}

/* Keys that all want to stand near each other, the worst for a table that probes. */
static void after_any_history_it_agrees_with_plain_counters(void **state)
{
    (void)state;
    struct count_table *table = make(KEYS);
    uint32_t counts[KEYS] = {0};
    uint64_t random = 42;
    for (int i = 0; i < STEPS; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        uint64_t which = random >> 58;
        uint64_t key = which % 7 + (which << 32);
        if ((random >> 40 & 1) != 0) {
            assert_int_equal(count_table_add(table, key), ++counts[which]);
        } else if (counts[which] > 0) {
            count_table_remove(table, key);
            counts[which]--;
        }
    }
    count_table_destroy(table);
}

static void *add_and_remove(void *table)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        count_table_add(table, i % 5);
        count_table_remove(table, i % 5);
    }
    return NULL;
}

static void threads_do_not_lose_counts(void **state)
{
    (void)state;
    struct count_table *table = make(8);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_remove, table), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    for (uint64_t key = 0; key < 5; key++) {
        assert_int_equal(count_table_add(table, key), 1);
    }
    count_table_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_counted_up_and_down_by_itself),
        cmocka_unit_test(a_full_table_counts_those_it_has_and_takes_new_ones_when_one_left),
        cmocka_unit_test(after_any_history_it_agrees_with_plain_counters),
        cmocka_unit_test(threads_do_not_lose_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
