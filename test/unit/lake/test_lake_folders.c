/* Folders of hours go when nothing is in them, and never from under who writes there. */
#include "lake/lake_folders.h"

#include "../temporary.h"
#include "lake/part_writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { PARTS = 2000 };
static const int64_t NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */
static const char FILE_NAME[] = "raw/date=2025-11-24/hour=12/part-7-1-9.ndjson.zst";

static struct temporary temporary;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&temporary);
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&temporary);
}

static void make(const char *path)
{
    assert_int_equal(mkdirat(temporary.fd, path, 0700), 0);
}

static bool is_there(const char *path)
{
    return faccessat(temporary.fd, path, F_OK, 0) == 0;
}

static void put_file(const char *path)
{
    int fd = openat(temporary.fd, path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void the_last_of_an_hour_and_of_a_day_take_their_folders_along(void **state)
{
    (void)state;
    make("raw");
    make("raw/date=2025-11-24");
    make("raw/date=2025-11-24/hour=12");
    make("raw/date=2025-11-24/hour=13");
    lake_folders_drop(temporary.fd, view_from_text(FILE_NAME));
    assert_false(is_there("raw/date=2025-11-24/hour=12"));
    assert_true(is_there("raw/date=2025-11-24/hour=13"));
    lake_folders_drop(temporary.fd, VIEW_LITERAL("raw/date=2025-11-24/hour=13/part"));
    assert_false(is_there("raw/date=2025-11-24"));
    assert_true(is_there("raw"));
}

static void what_is_not_empty_or_no_folder_of_an_hour_stays(void **state)
{
    (void)state;
    make("raw");
    make("raw/date=2025-11-24");
    make("raw/date=2025-11-24/hour=12");
    put_file("raw/date=2025-11-24/hour=12/_part-7-1.ndjson.zst");
    lake_folders_drop(temporary.fd, view_from_text(FILE_NAME));
    assert_true(is_there("raw/date=2025-11-24/hour=12/_part-7-1.ndjson.zst"));
    make("manifest");
    lake_folders_drop(temporary.fd, VIEW_LITERAL("manifest/2025-11-24"));
    lake_folders_drop(temporary.fd, VIEW_LITERAL("2025-11-24"));
    lake_folders_drop(temporary.fd, VIEW_LITERAL(""));
    assert_true(is_there("manifest"));
}

static void a_sweep_takes_all_that_are_empty(void **state)
{
    (void)state;
    make("date=2025-11-24");
    make("date=2025-11-24/hour=12");
    make("date=2025-11-24/hour=13");
    make("date=2025-11-25");
    make("date=2025-11-25/hour=00");
    make("date=2025-11-25/hour=01");
    put_file("date=2025-11-25/hour=01/part");
    lake_folders_sweep(temporary.fd);
    assert_false(is_there("date=2025-11-24"));
    assert_false(is_there("date=2025-11-25/hour=00"));
    assert_true(is_there("date=2025-11-25/hour=01/part"));
}

static void *sweep_until_told(void *self)
{
    atomic_bool *is_over = self;
    while (!atomic_load(is_over)) {
        lake_folders_sweep(temporary.fd);
    }
    return NULL;
}

static void who_writes_an_hour_is_not_hindered_by_who_removes_it(void **state)
{
    (void)state;
    atomic_bool is_over = false;
    pthread_t sweeper;
    enum status status = STATUS_OK;
    struct fault fault = {0};
    assert_int_equal(pthread_create(&sweeper, NULL, sweep_until_told, &is_over), 0);
    for (int i = 0; i < PARTS && status == STATUS_OK; i++) {
        struct part_writer *part;
        status = part_writer_begin(&part, temporary.fd, 7, 1, NOON_MS, &fault);
        if (status == STATUS_OK) {
            part_writer_abandon(part);
        }
    }
    atomic_store(&is_over, true);
    pthread_join(sweeper, NULL);
    if (status != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_of_an_hour_and_of_a_day_take_their_folders_along,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_empty_or_no_folder_of_an_hour_stays, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_sweep_takes_all_that_are_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_writes_an_hour_is_not_hindered_by_who_removes_it,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
