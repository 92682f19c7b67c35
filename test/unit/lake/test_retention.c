/* Which hours are over, which rows of them go, and how long the disk lasts. */
#include "lake/disk_use.h"
#include "lake/retention.h"

#include "../temporary.h"

#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t HOUR_MS = 3600000;
static const int64_t DAY_MS = 24 * 3600000;
enum { NOW_HOUR = 490000 };

static struct retention retention;
static struct temporary folder;

static int set_up(void **state)
{
    (void)state;
    retention = (struct retention){.now_ms = NOW_HOUR * HOUR_MS};
    return temporary_make(&folder);
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&folder);
}

static void without_a_rule_everything_is_kept(void **state)
{
    (void)state;
    assert_false(retention_has_any(&retention));
    assert_false(retention_is_over(&retention, RETENTION_EVENTS, 0));
    assert_false(retention_meets(&retention, 0));
}

static void an_hour_is_over_when_its_last_moment_is(void **state)
{
    (void)state;
    retention.keep_ms[RETENTION_EVENTS] = 2 * DAY_MS;
    assert_true(retention_has_any(&retention));
    assert_true(retention_is_over(&retention, RETENTION_EVENTS, NOW_HOUR - 49));
    assert_false(retention_is_over(&retention, RETENTION_EVENTS, NOW_HOUR - 48));
    retention.now_ms -= 1;
    assert_false(retention_is_over(&retention, RETENTION_EVENTS, NOW_HOUR - 49));
}

static bool takes(int64_t hour, const char *row)
{
    return retention_takes(&retention, hour, view_from_text(row));
}

static void each_rule_takes_what_it_speaks_of(void **state)
{
    (void)state;
    static const struct {
        enum retention_rule rule;
        const char *taken;
        const char *kept;
    } CASES[] = {
        {RETENTION_IDENTIFIED, "{\"type\":\"track\",\"user_id\":\"u\"}",
         "{\"type\":\"track\",\"properties\":{\"user_id\":\"u\"}}"},
        {RETENTION_TEST, "{\"is_test\":true}", "{\"is_test\":false}"},
        {RETENTION_BOTS, "{\"is_bot\":true,\"type\":\"page\"}", "{\"type\":\"page\"}"},
        {RETENTION_CLICK, "{\"type\":\"click\"}", "{\"type\":\"track\",\"name\":\"click\"}"},
        {RETENTION_VITALS, "{\"type\":\"vitals\"}", "{\"type\":\"page\"}"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        retention = (struct retention){.now_ms = NOW_HOUR * HOUR_MS};
        retention.keep_ms[CASES[i].rule] = DAY_MS;
        assert_true(retention_meets(&retention, NOW_HOUR - 25));
        assert_false(retention_meets(&retention, NOW_HOUR - 24));
        assert_true(takes(NOW_HOUR - 25, CASES[i].taken));
        assert_false(takes(NOW_HOUR - 25, CASES[i].kept));
        assert_false(takes(NOW_HOUR - 24, CASES[i].taken));
    }
}

static void what_goes_as_a_whole_needs_no_rule_for_parts(void **state)
{
    (void)state;
    retention.keep_ms[RETENTION_EVENTS] = 2 * DAY_MS;
    retention.keep_ms[RETENTION_CLICK] = DAY_MS;
    assert_true(retention_meets(&retention, NOW_HOUR - 30));
    assert_false(retention_meets(&retention, NOW_HOUR - 49));
}

static void sql_says_the_same(void **state)
{
    (void)state;
    struct buf sql;
    buf_init(&sql, 4096);
    retention.keep_ms[RETENTION_IDENTIFIED] = DAY_MS;
    retention.keep_ms[RETENTION_CLICK] = 3 * DAY_MS;
    retention_append_sql(&retention, NOW_HOUR - 30, &sql);
    buf_append_byte(&sql, 0);
    assert_string_equal(sql.at, "(false OR user_id IS NOT NULL)");
    buf_clear(&sql);
    retention_append_sql(&retention, NOW_HOUR - 100, &sql);
    buf_append_byte(&sql, 0);
    assert_string_equal(sql.at,
                        "(false OR user_id IS NOT NULL OR coalesce(type = 'click', false))");
    buf_free(&sql);
}

static void write_file(const char *path, size_t blocks)
{
    char name[256];
    static char block[4096];
    memset(block, 1, sizeof(block));
    snprintf(name, sizeof(name), "%s/lake/raw/%s", folder.path, path);
    for (char *at = name + strlen(folder.path) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = 0;
        mkdir(name, 0700);
        *at = '/';
    }
    int fd = open(name, O_WRONLY | O_CREAT, 0640);
    for (size_t i = 0; i < blocks; i++) {
        assert_int_equal(write(fd, block, sizeof(block)), (ssize_t)sizeof(block));
    }
    fsync(fd);
    close(fd);
}

static void the_forecast_is_made_of_whole_days(void **state)
{
    (void)state;
    struct disk_use use;
    write_file("date=2026-01-01/hour=01/a", 100); /* the first one may be half */
    assert_int_equal(disk_use_measure(&use, folder.fd, NULL), STATUS_OK);
    assert_true(disk_use_days_left(&use, 1 << 30) < 0);
    write_file("date=2026-01-02/hour=01/a", 10);
    write_file("date=2026-01-02/hour=02/a", 10);
    write_file("date=2026-01-03/hour=01/a", 40);
    write_file("date=2026-01-04/hour=01/a", 1); /* not over */
    assert_int_equal(disk_use_measure(&use, folder.fd, NULL), STATUS_OK);
    assert_int_equal(use.days, 2);
    assert_int_equal(use.bytes_per_day, 30 * 4096);
    assert_true(use.bytes >= 161 * 4096);
    double days = disk_use_days_left(&use, use.bytes + 60 * 4096);
    assert_true(days > 1.99 && days < 2.01);
    assert_true(disk_use_days_left(&use, 1) < 0.01);
}

static void only_the_last_days_tell_how_it_grows(void **state)
{
    (void)state;
    struct disk_use use;
    for (int day = 1; day <= 20; day++) {
        char path[64];
        snprintf(path, sizeof(path), "date=2026-01-%02d/hour=01/a", day);
        write_file(path, day <= 10 ? 100 : 2);
    }
    assert_int_equal(disk_use_measure(&use, folder.fd, NULL), STATUS_OK);
    assert_int_equal(use.days, DISK_USE_DAYS);
    assert_int_equal(use.bytes_per_day, 2 * 4096);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_a_rule_everything_is_kept),
        CASE(an_hour_is_over_when_its_last_moment_is),
        CASE(each_rule_takes_what_it_speaks_of),
        CASE(what_goes_as_a_whole_needs_no_rule_for_parts),
        CASE(sql_says_the_same),
        CASE(the_forecast_is_made_of_whole_days),
        CASE(only_the_last_days_tell_how_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
