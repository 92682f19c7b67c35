#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void lends_aligned_memory_up_to_its_ceiling(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100 * 1024);
    size_t taken = 0;
    char *place;
    while ((place = arena_alloc(&arena, 1001)) != NULL) {
        assert_int_equal((uintptr_t)place % 16, 0);
        memset(place, 0x5a, 1001);
        taken += 1001;
    }
    assert_true(taken > 80 * 1024 && taken <= 100 * 1024);
    assert_true(arena.held <= 100 * 1024);
    arena_free(&arena);
}

/* What one round of work takes; returns where. */
static void *take_some(struct arena *arena, size_t large_bytes)
{
    void *first = arena_alloc(arena, 10);
    assert_non_null(first);
    memset(first, 1, 10);
    void *large = arena_alloc(arena, large_bytes);
    assert_non_null(large);
    memset(large, 2, large_bytes);
    return first;
}

static void allocates_nothing_for_the_same_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    take_some(&arena, 200 * 1024);
    arena_clear(&arena);
    void *first = take_some(&arena, 200 * 1024);
    size_t held = arena.held;
    for (int i = 0; i < 3; i++) {
        arena_clear(&arena);
        assert_int_equal(arena.held, held);
        assert_ptr_equal(take_some(&arena, 200 * 1024), first);
        assert_int_equal(arena.held, held);
    }
    arena_free(&arena);
    arena_free(&arena);
}

static void keeps_no_more_than_its_share(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4 * ARENA_KEPT_BYTES);
    take_some(&arena, 2 * ARENA_KEPT_BYTES);
    arena_clear(&arena);
    assert_int_equal(arena.held, 0);
    take_some(&arena, 10);
    assert_int_equal(arena.held, ARENA_KEPT_BYTES);
    arena_clear(&arena);
    assert_int_equal(arena.held, ARENA_KEPT_BYTES);
    arena_free(&arena);
    assert_int_equal(arena.held, 0);
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc_zeroed(&arena, SIZE_MAX / 2, 4));
    struct view copy = arena_copy(&arena, VIEW_LITERAL("abc"));
    assert_true(view_is(copy, "abc"));
    arena_free(&arena);
}

static void what_was_in_it_is_overwritten_when_it_is_wiped(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct view copy = arena_copy(&arena, VIEW_LITERAL("abc"));
    arena_clear(&arena);
    assert_memory_equal(copy.at, "abc", 3); /* the block is kept */
    arena_wipe(&arena);
    assert_memory_equal(copy.at, "\0\0\0", 3);
    arena_wipe(&arena);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lends_aligned_memory_up_to_its_ceiling),
        cmocka_unit_test(allocates_nothing_for_the_same_again),
        cmocka_unit_test(keeps_no_more_than_its_share),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(what_was_in_it_is_overwritten_when_it_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
