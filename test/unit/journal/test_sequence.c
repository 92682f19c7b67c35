#include "journal/sequence.h"

#include "../temporary.h"
#include "base/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct temporary place;

static int make_folder(void **state)
{
    *state = &place;
    return temporary_make(&place);
}

static int remove_folder(void **state)
{
    return temporary_remove(*state);
}

static void gives_each_number_once_across_restarts_and_crashes(void **state)
{
    struct temporary *folder = *state;
    struct sequence *sequence;
    struct fault fault = {0};
    uint64_t first = 0;
    assert_int_equal(sequence_open(&sequence, folder->fd, 2, &fault), STATUS_OK);
    assert_int_equal(sequence_take(sequence, 0, 3, &first, &fault), STATUS_OK);
    assert_int_equal(first, 1);

    /* A second one opened while the first was never closed: what a crash leaves behind. */
    struct sequence *after_crash;
    assert_int_equal(sequence_open(&after_crash, folder->fd, 2, &fault), STATUS_OK);
    assert_int_equal(sequence_take(after_crash, 0, 1, &first, &fault), STATUS_OK);
    assert_true(first >= 4);
    uint64_t last = first;
    sequence_close(after_crash);
    assert_int_equal(sequence_open(&after_crash, folder->fd, 2, &fault), STATUS_OK);
    assert_int_equal(sequence_take(after_crash, 1, 1, &first, &fault), STATUS_OK);
    assert_int_equal(first, last + 1);
    sequence_close(after_crash);
    sequence_close(sequence);
}

static void stable_waits_for_the_slowest_worker(void **state)
{
    struct temporary *folder = *state;
    struct sequence *sequence;
    struct fault fault = {0};
    uint64_t first = 0;
    assert_int_equal(sequence_open(&sequence, folder->fd, 2, &fault), STATUS_OK);
    assert_int_equal(sequence_take(sequence, 0, 5, &first, &fault), STATUS_OK);
    assert_int_equal(sequence_take(sequence, 1, 5, &first, &fault), STATUS_OK);
    assert_int_equal(sequence_stable(sequence), 1);
    sequence_settle(sequence, 1, SEQUENCE_NOTHING);
    assert_int_equal(sequence_stable(sequence), 1);
    sequence_settle(sequence, 0, SEQUENCE_NOTHING);
    assert_int_equal(sequence_stable(sequence), 11);
    sequence_close(sequence);
}

static void refuses_a_damaged_file_and_says_how_to_mend_it(void **state)
{
    struct temporary *folder = *state;
    static const char *const contents[] = {"", "\n", "0\n", "12", "-1\n", "twelve\n"};
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct fault fault = {0};
        struct sequence *sequence;
        assert_int_equal(file_replace(folder->fd, "SEQUENCE", view_from_text(contents[i]), &fault),
                         STATUS_OK);
        assert_int_equal(sequence_open(&sequence, folder->fd, 1, &fault), STATUS_DAMAGED);
        assert_null(sequence);
        assert_true(fault.text[0] != 0);
    }
}

enum { TAKERS = 4, TAKES = 2000 };

struct taker {
    struct sequence *sequence;
    unsigned worker;
    uint64_t got[TAKES];
};

static void *take_many(void *argument)
{
    struct taker *taker = argument;
    for (int i = 0; i < TAKES; i++) {
        struct fault fault;
        if (sequence_take(taker->sequence, taker->worker, 1, &taker->got[i], &fault) != STATUS_OK ||
            sequence_stable(taker->sequence) > taker->got[i]) {
            taker->got[i] = 0;
        }
        sequence_settle(taker->sequence, taker->worker, SEQUENCE_NOTHING);
    }
    return NULL;
}

static void threads_never_share_a_number_and_stable_never_passes_one_in_flight(void **state)
{
    struct temporary *folder = *state;
    static struct taker takers[TAKERS];
    static unsigned char seen[TAKERS * TAKES + 1];
    struct sequence *sequence;
    struct fault fault = {0};
    pthread_t threads[TAKERS];
    memset(seen, 0, sizeof(seen));
    assert_int_equal(sequence_open(&sequence, folder->fd, TAKERS, &fault), STATUS_OK);
    for (unsigned i = 0; i < TAKERS; i++) {
        takers[i].sequence = sequence;
        takers[i].worker = i;
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
    }
    for (unsigned i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < TAKERS; i++) {
        for (int k = 0; k < TAKES; k++) {
            uint64_t number = takers[i].got[k];
            assert_true(number >= 1 && number <= TAKERS * TAKES);
            assert_int_equal(seen[number], 0);
            seen[number] = 1;
        }
    }
    sequence_close(sequence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_each_number_once_across_restarts_and_crashes,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(stable_waits_for_the_slowest_worker, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(refuses_a_damaged_file_and_says_how_to_mend_it, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(
            threads_never_share_a_number_and_stable_never_passes_one_in_flight, make_folder,
            remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
