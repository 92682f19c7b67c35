/* The scrubber's way to its key: the log hears of it when there is none that should be. */
#include "app/scrub_keys.h"

#include "../temporary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct key_periods PERIODS = {1000, 1000};
static struct temporary folder;
static struct key_ring *ring;
static struct logger logger;
static struct scrub_keys keys;
static int64_t now_ms;

static int64_t tell_now(void *self)
{
    (void)self;
    return now_ms;
}

static const struct clock CLOCK = {.now_ms = tell_now, .monotonic_ms = tell_now};

static int set_up(void **state)
{
    (void)state;
    now_ms = 1700000000000;
    if (temporary_make(&folder) != 0) {
        return -1;
    }
    int fd = openat(folder.fd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    logger_init(&logger, fd, LOGGER_ERROR, &CLOCK);
    assert_int_equal(key_ring_open(&ring, folder.fd, &PERIODS, NULL), STATUS_OK);
    scrub_keys_init(&keys, ring, &CLOCK, &logger);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scrub_keys_free(&keys);
    scrub_keys_free(&keys);
    key_ring_close(ring);
    close(logger.fd);
    return temporary_remove(&folder);
}

static bool give(int64_t of_ms, uint8_t key[SCRUB_KEY_BYTES])
{
    struct scrub_keys_asking asking = {&keys, {now_ms, of_ms}};
    return scrub_keys_give(&asking, key);
}

static size_t logged_lines(void)
{
    char text[4096];
    size_t lines = 0;
    ssize_t len = pread(logger.fd, text, sizeof(text), 0);
    for (ssize_t i = 0; i < len; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

static void one_period_one_key(void **state)
{
    (void)state;
    uint8_t first[SCRUB_KEY_BYTES];
    uint8_t second[SCRUB_KEY_BYTES];
    assert_true(give(now_ms, first));
    assert_true(give(now_ms, second));
    assert_memory_equal(first, second, SCRUB_KEY_BYTES);
    assert_false(give(now_ms - 1, second));
    now_ms += 1000;
    assert_true(give(now_ms, second));
    assert_memory_not_equal(first, second, SCRUB_KEY_BYTES);
    assert_int_equal(logged_lines(), 0);
}

static void a_key_that_cannot_be_kept_is_said_once_in_a_while(void **state)
{
    (void)state;
    uint8_t key[SCRUB_KEY_BYTES];
    assert_int_equal(mkdirat(folder.fd, "SCRUB_KEY", 0700), 0);
    assert_false(give(now_ms, key));
    assert_false(give(now_ms, key));
    assert_int_equal(logged_lines(), 1);
    assert_int_equal(unlinkat(folder.fd, "SCRUB_KEY", AT_REMOVEDIR), 0);
    assert_true(give(now_ms, key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_period_one_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_cannot_be_kept_is_said_once_in_a_while, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
