#include "base/hash.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void a_pair_is_told_apart_by_its_cut_and_its_seed(void **state)
{
    (void)state;
    uint64_t a[2];
    uint64_t b[2];
    hash_pair_128(1, VIEW_LITERAL("ab"), VIEW_LITERAL("c"), a);
    hash_pair_128(1, VIEW_LITERAL("ab"), VIEW_LITERAL("c"), b);
    assert_memory_equal(a, b, sizeof(a));
    hash_pair_128(1, VIEW_LITERAL("a"), VIEW_LITERAL("bc"), b);
    assert_memory_not_equal(a, b, sizeof(a));
    hash_pair_128(2, VIEW_LITERAL("ab"), VIEW_LITERAL("c"), b);
    assert_memory_not_equal(a, b, sizeof(a));
    hash_pair_128(1, view_make(NULL, 0), VIEW_LITERAL("abc"), b);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void one_view_depends_on_its_seed(void **state)
{
    (void)state;
    assert_true(hash_64(1, VIEW_LITERAL("shop")) == hash_64(1, VIEW_LITERAL("shop")));
    assert_true(hash_64(1, VIEW_LITERAL("shop")) != hash_64(2, VIEW_LITERAL("shop")));
    assert_true(hash_64(1, view_make(NULL, 0)) == hash_64(1, VIEW_LITERAL("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_told_apart_by_its_cut_and_its_seed),
        cmocka_unit_test(one_view_depends_on_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
