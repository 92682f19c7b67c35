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

static void keeps_one_block_when_cleared(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    void *first = arena_alloc(&arena, 10);
    assert_non_null(arena_alloc(&arena, 200 * 1024));
    arena_clear(&arena);
    assert_ptr_equal(arena_alloc(&arena, 10), first);
    arena_free(&arena);
    arena_free(&arena);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lends_aligned_memory_up_to_its_ceiling),
        cmocka_unit_test(keeps_one_block_when_cleared),
        cmocka_unit_test(refuses_sizes_that_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
