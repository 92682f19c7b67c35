#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

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

/* Keys on disk are such hashes: the length of the first as eight bytes, the first, the second. */
static void a_pair_has_the_same_hash_at_any_length(void **state)
{
    (void)state;
    char bytes[sizeof(uint64_t) + 400];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 31 + 7);
    }
    for (size_t len = 0; len <= 400; len++) {
        for (uint64_t first = 0; first <= len; first += 1 + len / 7) {
            struct view all = view_make(bytes + sizeof(first), len);
            uint64_t hash[2];
            memcpy(bytes, &first, sizeof(first));
            hash_pair_128(len, view_part(all, 0, first), view_part(all, first, len), hash);
            XXH128_hash_t wanted = XXH3_128bits_withSeed(bytes, sizeof(first) + len, len);
            assert_true(hash[0] == wanted.low64 && hash[1] == wanted.high64);
        }
    }
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
        cmocka_unit_test(a_pair_has_the_same_hash_at_any_length),
        cmocka_unit_test(one_view_depends_on_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
