/* Keys serve for their time, whoever asks, and for what came in it; then they are gone. */
#include "privacy/key_ring.h"

#include "../temporary.h"

#include "base/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { PERIOD_MS = 100000 };

static const struct key_periods PERIODS = {2 * PERIOD_MS, PERIOD_MS};
static struct temporary folder;
static struct key_ring *ring;
static int64_t now_ms;

static int set_up(void **state)
{
    (void)state;
    now_ms = 1700000000000;
    return temporary_make(&folder) == 0 &&
                   key_ring_open(&ring, folder.fd, &PERIODS, NULL) == STATUS_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    key_ring_close(ring);
    key_ring_close(NULL);
    return temporary_remove(&folder);
}

static void reopen(void)
{
    key_ring_close(ring);
    assert_int_equal(key_ring_open(&ring, folder.fd, &PERIODS, NULL), STATUS_OK);
}

static enum status give(int64_t of_ms, unsigned char key[KEY_RING_BYTES])
{
    const struct key_moment moment = {now_ms, of_ms};
    struct fault fault = {0};
    return key_ring_give(ring, KEY_OF_SCRUBBED, &moment, key, &fault);
}

static void a_key_lasts_for_its_period_whoever_asks(void **state)
{
    (void)state;
    unsigned char first[KEY_RING_BYTES];
    unsigned char second[KEY_RING_BYTES];
    struct stat facts;
    assert_int_equal(give(now_ms, first), STATUS_OK);
    now_ms += PERIOD_MS - 1;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(give(now_ms, second), STATUS_OK);
        assert_memory_equal(first, second, KEY_RING_BYTES);
        reopen();
    }
    assert_int_equal(fstatat(folder.fd, "SCRUB_KEY", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(give(now_ms, second), STATUS_OK);
    now_ms += 1;
    assert_int_equal(give(now_ms, second), STATUS_OK);
    assert_memory_not_equal(first, second, KEY_RING_BYTES);
}

static void what_came_in_a_keys_time_gets_it_later_and_what_came_before_gets_none(void **state)
{
    (void)state;
    unsigned char first[KEY_RING_BYTES];
    unsigned char second[KEY_RING_BYTES];
    int64_t began_ms = now_ms;
    now_ms += 5;
    assert_int_equal(give(began_ms, first), STATUS_NOT_FOUND); /* and none is made for it */
    assert_int_equal(faccessat(folder.fd, "SCRUB_KEY", F_OK, 0), -1);
    assert_int_equal(give(now_ms, first), STATUS_OK);
    now_ms += PERIOD_MS / 2;
    assert_int_equal(give(began_ms + 5, second), STATUS_OK);
    assert_memory_equal(first, second, KEY_RING_BYTES);
    assert_int_equal(give(began_ms + 4, second), STATUS_NOT_FOUND);
    now_ms += PERIOD_MS / 2;
    assert_int_equal(give(now_ms - 1, second), STATUS_NOT_FOUND);
    assert_int_equal(give(now_ms, second), STATUS_OK);
    assert_int_equal(give(now_ms - 1, second), STATUS_NOT_FOUND);
}

static void a_tick_destroys_each_key_when_its_own_time_is_over(void **state)
{
    (void)state;
    static const char *const FILES[] = {"IDENTITY_KEY", "SCRUB_KEY"};
    unsigned char key[KEY_RING_BYTES];
    const struct key_moment moment = {now_ms, now_ms};
    assert_int_equal(key_ring_give(ring, KEY_OF_IDS, &moment, key, NULL), STATUS_OK);
    assert_int_equal(give(now_ms, key), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(key_ring_tick(ring, now_ms + i * PERIOD_MS, NULL), STATUS_OK);
        assert_int_equal(faccessat(folder.fd, FILES[0], F_OK, 0), i < 2 ? 0 : -1);
        assert_int_equal(faccessat(folder.fd, FILES[1], F_OK, 0), i < 1 ? 0 : -1);
    }
}

/* Else a key of a clock that was once far ahead would live for years. */
static void a_key_from_a_future_that_cannot_be_is_replaced(void **state)
{
    (void)state;
    unsigned char first[KEY_RING_BYTES];
    unsigned char second[KEY_RING_BYTES];
    now_ms += 10 * PERIOD_MS;
    assert_int_equal(give(now_ms, first), STATUS_OK);
    reopen();
    now_ms -= 10 * PERIOD_MS;
    assert_int_equal(give(now_ms, second), STATUS_OK);
    assert_memory_not_equal(first, second, KEY_RING_BYTES);
}

static void a_damaged_key_is_replaced(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "x", "1700000000500 00ff\n", "\n", "1700000000500 zz"};
    unsigned char key[KEY_RING_BYTES];
    unsigned char again[KEY_RING_BYTES];
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        assert_int_equal(file_replace(folder.fd, "SCRUB_KEY", view_from_text(TEXTS[i]), NULL),
                         STATUS_OK);
        reopen();
        assert_int_equal(give(now_ms, key), STATUS_OK);
        reopen();
        assert_int_equal(give(now_ms, again), STATUS_OK);
        assert_memory_equal(key, again, KEY_RING_BYTES);
    }
}

static void where_no_key_can_be_kept_none_is_given(void **state)
{
    (void)state;
    unsigned char key[KEY_RING_BYTES];
    assert_int_equal(mkdirat(folder.fd, "SCRUB_KEY", 0700), 0);
    enum status status = give(now_ms, key);
    assert_true(status != STATUS_OK && status != STATUS_NOT_FOUND);
    assert_int_equal(unlinkat(folder.fd, "SCRUB_KEY", AT_REMOVEDIR), 0);
    assert_int_equal(give(now_ms, key), STATUS_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_key_lasts_for_its_period_whoever_asks),
        CASE(what_came_in_a_keys_time_gets_it_later_and_what_came_before_gets_none),
        CASE(a_tick_destroys_each_key_when_its_own_time_is_over),
        CASE(a_key_from_a_future_that_cannot_be_is_replaced),
        CASE(a_damaged_key_is_replaced),
        CASE(where_no_key_can_be_kept_none_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
