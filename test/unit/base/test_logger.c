#include "base/logger.h"

#include <string.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static int64_t fixed_ms(void *self)
{
    (void)self;
    return 1763942400123;
}

static size_t said(enum logger_level level, char *line, size_t room)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct clock clock = {.now_ms = fixed_ms, .monotonic_ms = fixed_ms};
    struct logger logger;
    logger_init(&logger, ends[1], LOGGER_INFO, &clock);
    logger_say(&logger, level, "net", "refused %s", "a\nb\x1b[2J");
    close(ends[1]);
    ssize_t got = read(ends[0], line, room - 1);
    close(ends[0]);
    line[got] = 0;
    return (size_t)got;
}

static void nobody_can_forge_a_line(void **state)
{
    (void)state;
    char line[200];
    said(LOGGER_WARN, line, sizeof(line));
    assert_string_equal(line, "2025-11-24T00:00:00.123Z warn net: refused a?b?[2J\n");
}

static void what_is_below_the_level_is_not_said(void **state)
{
    (void)state;
    char line[200];
    assert_int_equal(said(LOGGER_DEBUG, line, sizeof(line)), 0);
}

static void a_repeating_fault_speaks_once_per_interval_and_once_when_over(void **state)
{
    (void)state;
    struct logger_gate gate = {.interval_ms = 1000};
    uint64_t held = 99;
    assert_true(logger_gate_hit(&gate, 0, &held));
    assert_int_equal(held, 0);
    for (int i = 1; i < 10; i++) {
        assert_false(logger_gate_hit(&gate, i, &held));
    }
    assert_true(logger_gate_hit(&gate, 1000, &held));
    assert_int_equal(held, 9);
    assert_false(logger_gate_hit(&gate, 1500, &held));
    assert_false(logger_gate_over(&gate, 1600, &held));
    assert_true(logger_gate_over(&gate, 2000, &held));
    assert_int_equal(held, 1);
    assert_false(logger_gate_over(&gate, 9000, &held));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_can_forge_a_line),
        cmocka_unit_test(what_is_below_the_level_is_not_said),
        cmocka_unit_test(a_repeating_fault_speaks_once_per_interval_and_once_when_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
