#include "app/scrub_keys.h"

#include "../temporary.h"

#include "base/file.h"

#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { PERIOD_MS = 1000 };

static struct temporary temporary;
static struct logger logger;
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
    logger_init(&logger, open("/dev/null", O_WRONLY | O_CLOEXEC), LOGGER_ERROR, &CLOCK);
    return temporary_make(&temporary);
}

static int tear_down(void **state)
{
    (void)state;
    close(logger.fd);
    return temporary_remove(&temporary);
}

/* As one process after another would. */
static bool give(uint8_t key[SCRUB_KEY_BYTES])
{
    struct scrub_keys keys;
    scrub_keys_init(&keys, temporary.fd, PERIOD_MS, &CLOCK, &logger);
    bool is_given = scrub_keys_give(&keys, key);
    scrub_keys_free(&keys);
    return is_given;
}

static void a_key_lasts_for_its_period_whoever_asks(void **state)
{
    (void)state;
    uint8_t first[SCRUB_KEY_BYTES];
    uint8_t second[SCRUB_KEY_BYTES];
    struct stat facts;
    assert_true(give(first));
    now_ms += PERIOD_MS - 1;
    assert_true(give(second));
    assert_memory_equal(first, second, SCRUB_KEY_BYTES);
    assert_int_equal(fstatat(temporary.fd, "SCRUB_KEY", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    now_ms += 1;
    assert_true(give(second));
    assert_memory_not_equal(first, second, SCRUB_KEY_BYTES);
}

static void a_period_ends_while_the_process_runs(void **state)
{
    (void)state;
    struct scrub_keys keys;
    uint8_t first[SCRUB_KEY_BYTES];
    uint8_t second[SCRUB_KEY_BYTES];
    scrub_keys_init(&keys, temporary.fd, PERIOD_MS, &CLOCK, &logger);
    assert_true(scrub_keys_give(&keys, first));
    assert_true(scrub_keys_give(&keys, second));
    assert_memory_equal(first, second, SCRUB_KEY_BYTES);
    now_ms += PERIOD_MS;
    assert_true(scrub_keys_give(&keys, second));
    assert_memory_not_equal(first, second, SCRUB_KEY_BYTES);
    scrub_keys_free(&keys);
}

/* Else a key of a clock that was once far ahead would live for years. */
static void a_key_from_a_future_that_cannot_be_is_replaced(void **state)
{
    (void)state;
    uint8_t first[SCRUB_KEY_BYTES];
    uint8_t second[SCRUB_KEY_BYTES];
    now_ms += 10 * PERIOD_MS;
    assert_true(give(first));
    now_ms -= 10 * PERIOD_MS;
    assert_true(give(second));
    assert_memory_not_equal(first, second, SCRUB_KEY_BYTES);
}

static void a_damaged_key_is_replaced(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "x", "1700000000500 00ff\n", "\n", "1700000000500 zz"};
    uint8_t key[SCRUB_KEY_BYTES];
    uint8_t again[SCRUB_KEY_BYTES];
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        assert_int_equal(file_replace(temporary.fd, "SCRUB_KEY", view_from_text(TEXTS[i]), NULL),
                         STATUS_OK);
        assert_true(give(key));
        assert_true(give(again));
        assert_memory_equal(key, again, SCRUB_KEY_BYTES);
    }
}

static void where_no_key_can_be_kept_none_is_given(void **state)
{
    (void)state;
    uint8_t key[SCRUB_KEY_BYTES];
    assert_int_equal(mkdirat(temporary.fd, "SCRUB_KEY", 0700), 0);
    assert_false(give(key));
    assert_int_equal(unlinkat(temporary.fd, "SCRUB_KEY", AT_REMOVEDIR), 0);
    assert_true(give(key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_lasts_for_its_period_whoever_asks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_period_ends_while_the_process_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_from_a_future_that_cannot_be_is_replaced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_key_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_no_key_can_be_kept_none_is_given, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
