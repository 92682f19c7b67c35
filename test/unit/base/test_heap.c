/* Under a sanitizer malloc() is another: then there is no such room, and nothing else changes. */
#include "base/heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

enum { ROOM_BYTES = 8 * 1024 * 1024, PIECES = 300, PIECE_BYTES = 20000 };

/* Whether the kernel was told to use large pages where this byte is. */
static bool is_advised(const void *byte)
{
    char line[512];
    bool is_here = false;
    bool is_advised = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        uintptr_t begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
            is_here = (uintptr_t)byte >= begin && (uintptr_t)byte < end;
        }
        is_advised = is_advised ||
                     (is_here && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg") != NULL);
    }
    fclose(maps);
    return is_advised;
}

static void what_is_taken_next_lies_in_large_pages_though_the_heap_is_trimmed(void **state)
{
    (void)state;
    size_t advised = 0;
    void *pieces[PIECES];
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip();
#endif
    heap_make_room(ROOM_BYTES, PIECE_BYTES * 2);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE_BYTES);
        assert_non_null(pieces[i]);
        malloc_trim(0);
        advised += is_advised(pieces[i]);
    }
    assert_true(advised > PIECES / 2);
    for (size_t i = 0; i < PIECES; i++) {
        free(pieces[i]);
    }
}

static void room_that_is_not_to_be_had_is_done_without(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip();
#endif
    heap_make_room(SIZE_MAX / 2, PIECE_BYTES * 2);
    void *piece = malloc(PIECE_BYTES);
    assert_non_null(piece);
    free(piece);
}

static void a_large_block_begins_with_a_page_and_is_advised_whole(void **state)
{
    (void)state;
    char *block = heap_large(2 * HEAP_PAGE_BYTES);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % HEAP_PAGE_BYTES, 0);
    assert_true(is_advised(block));
    assert_true(is_advised(block + 2 * HEAP_PAGE_BYTES - 1));
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_next_lies_in_large_pages_though_the_heap_is_trimmed),
        cmocka_unit_test(a_large_block_begins_with_a_page_and_is_advised_whole),
        cmocka_unit_test(room_that_is_not_to_be_had_is_done_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
