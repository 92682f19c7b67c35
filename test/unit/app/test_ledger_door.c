#include "app/ledger_door.h"

#include "../temporary.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

enum { WORKERS = 3, ROUNDS = 20000, HOUR = 490120 };

static struct temporary temporary;
static struct clock real_clock;
static struct logger no_log;
static struct journal *journal;
static struct ledger_book *book;
static struct ledger_door *door;

static int set_up(void **state)
{
    (void)state;
    struct fault fault = {0};
    if (temporary_make(&temporary) != 0) {
        return -1;
    }
    real_clock = clock_system();
    logger_init(&no_log, -1, LOGGER_ERROR, &real_clock);
    const struct journal_options options = {.data_fd = temporary.fd,
                                            .workers = WORKERS,
                                            .segment_bytes = 1 << 20,
                                            .gather_bytes = 1 << 20,
                                            .clock = &real_clock,
                                            .disk = segment_disk_real()};
    bool is_open = journal_open(&journal, &options, &fault) == STATUS_OK &&
                   ledger_book_open(&book, temporary.fd, 0, &fault) == STATUS_OK;
    const struct ledger_door_options made = {
        .book = book, .journal = journal, .workers = WORKERS, .clock = &real_clock, .log = &no_log};
    return is_open && ledger_door_create(&door, &made, &fault) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_door_destroy(door);
    ledger_book_close(book);
    journal_close(journal);
    return temporary_remove(&temporary);
}

static uint64_t kept(const char *site, enum ledger_count count)
{
    int fd;
    struct ledger_hour hour;
    struct fault fault = {0};
    assert_int_equal(ledger_open_folder(temporary.fd, &fd, &fault), STATUS_OK);
    assert_int_equal(ledger_hour_load(&hour, fd, HOUR, &fault), STATUS_OK);
    const struct ledger_row *row = ledger_tally_find(&hour.tally, HOUR, view_from_text(site));
    uint64_t found = row ? row->counts[count] : 0;
    ledger_hour_free(&hour);
    close(fd);
    return found;
}

struct counting {
    unsigned worker;
    pthread_t thread;
};
static _Atomic unsigned counting_left;

static void *count(void *self)
{
    const struct counting *counting = self;
    for (int i = 0; i < ROUNDS; i++) {
        struct ledger_tally *tally = ledger_door_enter(door, counting->worker);
        ledger_tally_add(tally, HOUR, VIEW_LITERAL("shop"), LEDGER_RECEIVED, 1);
        ledger_tally_add(tally, HOUR, VIEW_LITERAL("shop"), LEDGER_DROPPED_SIGNAL, 1);
        ledger_tally_mark(tally, HOUR, VIEW_LITERAL("shop"), (uint64_t)i + 1);
        ledger_door_leave(door, counting->worker);
    }
    atomic_fetch_sub(&counting_left, 1);
    return NULL;
}

static void nothing_is_lost_or_torn_while_it_is_kept(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct counting counting[WORKERS];
    atomic_store(&counting_left, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        counting[i].worker = i;
        assert_int_equal(pthread_create(&counting[i].thread, NULL, count, &counting[i]), 0);
    }
    while (atomic_load(&counting_left) > 0) {
        assert_int_equal(ledger_door_keep(door, &fault), STATUS_OK);
        /* What is counted together is kept together. */
        assert_int_equal(kept("shop", LEDGER_RECEIVED), kept("shop", LEDGER_DROPPED_SIGNAL));
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(counting[i].thread, NULL);
    }
    assert_int_equal(ledger_door_keep(door, &fault), STATUS_OK);
    assert_int_equal(kept("shop", LEDGER_RECEIVED), WORKERS * ROUNDS);
    for (unsigned i = 0; i < WORKERS; i++) {
        uint64_t stream;
        uint32_t number;
        uint64_t offset;
        uint64_t mark;
        journal_durable(journal, i, &stream, &number, &offset);
        assert_int_equal(ledger_book_mark(book, HOUR, stream, &mark, &fault), STATUS_OK);
        assert_int_equal(mark, ROUNDS);
    }
}

static void what_cannot_be_kept_is_kept_later_and_once(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct ledger_tally *tally = ledger_door_enter(door, 0);
    ledger_tally_add(tally, HOUR, VIEW_LITERAL("shop"), LEDGER_RECEIVED, 3);
    ledger_door_leave(door, 0);
    /* A folder stands where the file is to be written. */
    assert_int_equal(mkdirat(temporary.fd, "ledger/_2025-11-29T16", 0700), 0);
    assert_int_not_equal(ledger_door_keep(door, &fault), STATUS_OK);
    assert_int_not_equal(ledger_door_keep(door, &fault), STATUS_OK);
    tally = ledger_door_enter(door, 0);
    ledger_tally_add(tally, HOUR, VIEW_LITERAL("shop"), LEDGER_RECEIVED, 4);
    ledger_door_leave(door, 0);
    assert_int_equal(unlinkat(temporary.fd, "ledger/_2025-11-29T16", AT_REMOVEDIR), 0);
    assert_int_equal(ledger_door_keep(door, &fault), STATUS_OK);
    assert_int_equal(ledger_door_keep(door, &fault), STATUS_OK);
    assert_int_equal(kept("shop", LEDGER_RECEIVED), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_lost_or_torn_while_it_is_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_kept_is_kept_later_and_once, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
