#include "app/live.h"

#include <poll.h>
#include <stdlib.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct clock clock_used;
static struct live *live;
static struct buf text;

static int set_up(void **state)
{
    (void)state;
    clock_used = clock_system();
    buf_init(&text, LIVE_BYTES_MAX);
    return live_create(&live, &clock_used, NULL) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    live_destroy(live);
    buf_free(&text);
    return 0;
}

static bool next(struct live_position *position, struct live_row *row)
{
    buf_clear(&text);
    return live_next(live, position, row, &text);
}

static void hands_out_rows_in_order_to_each_watcher(void **state)
{
    (void)state;
    struct live_position a = {0};
    struct live_position b = {0};
    struct live_row row;
    assert_false(next(&a, &row));
    live_publish(live, 7, VIEW_LITERAL("seven"));
    live_publish(live, 8, VIEW_LITERAL("eight"));
    assert_true(next(&a, &row));
    assert_int_equal(row.ingest_seq, 7);
    assert_true(view_is(buf_view(&text), "seven"));
    assert_true(next(&b, &row));
    assert_int_equal(row.ingest_seq, 7);
    assert_true(next(&a, &row));
    assert_int_equal(row.ingest_seq, 8);
    assert_false(next(&a, &row));
    assert_int_equal(row.missed, 0);
}

static void begins_where_a_watcher_left_off(void **state)
{
    (void)state;
    struct live_row row;
    for (uint64_t seq = 1; seq <= 10; seq++) {
        live_publish(live, seq * 10, VIEW_LITERAL("x"));
    }
    struct live_position position = live_after(live, 70);
    assert_true(next(&position, &row));
    assert_int_equal(row.ingest_seq, 80);
    position = live_last(live, 2);
    assert_true(next(&position, &row));
    assert_int_equal(row.ingest_seq, 90);
    position = live_last(live, 1000);
    assert_true(next(&position, &row));
    assert_int_equal(row.ingest_seq, 10);
    position = live_after(live, 100);
    assert_false(next(&position, &row));
}

static void tells_a_slow_watcher_how_many_it_missed(void **state)
{
    (void)state;
    struct live_position position = {0};
    struct live_row row;
    live_publish(live, 1, VIEW_LITERAL("x"));
    assert_true(next(&position, &row));
    for (uint64_t seq = 2; seq <= LIVE_ROWS + 11; seq++) {
        live_publish(live, seq, VIEW_LITERAL("x"));
    }
    assert_true(next(&position, &row));
    assert_int_equal(row.missed, 10);
    assert_int_equal(row.ingest_seq, 12);
    assert_true(next(&position, &row));
    assert_int_equal(row.missed, 0);
}

static void keeps_within_its_bytes(void **state)
{
    (void)state;
    size_t len = LIVE_BYTES_MAX / 10;
    char *bytes = calloc(1, len);
    assert_non_null(bytes);
    for (uint64_t seq = 1; seq <= 30; seq++) {
        live_publish(live, seq, view_make(bytes, len));
    }
    free(bytes);
    struct live_position position = {0};
    struct live_row row;
    unsigned held = 0;
    while (next(&position, &row)) {
        held++;
    }
    assert_int_equal(held, 10);
}

static void wakes_the_reading_side_once(void **state)
{
    (void)state;
    struct pollfd fd = {.fd = live_fd(live), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0);
    live_wake(live);
    live_wake(live);
    assert_int_equal(poll(&fd, 1, 0), 1);
    live_read_wake(live);
    assert_int_equal(poll(&fd, 1, 0), 0);
}

static void unwatched_it_wants_only_a_few_rows_a_second(void **state)
{
    (void)state;
    unsigned wanted = 0;
    for (uint64_t seq = 1; seq <= 5000; seq++) {
        if (live_wants(live)) {
            live_publish(live, seq, VIEW_LITERAL("x"));
            wanted++;
        }
    }
    assert_true(wanted >= LIVE_QUIET_ROWS_PER_SEC && wanted < 5000);
    live_watchers(live, 1);
    assert_true(live_wants(live));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(hands_out_rows_in_order_to_each_watcher),
        CASE(begins_where_a_watcher_left_off),
        CASE(tells_a_slow_watcher_how_many_it_missed),
        CASE(keeps_within_its_bytes),
        CASE(wakes_the_reading_side_once),
        CASE(unwatched_it_wants_only_a_few_rows_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
