/* What is told of two times: true changes, and no false alarms. */
#include "schema_rows.h"

#include "lake/schema_diff.h"
#include "lake/schema_json.h"
#include "lake/schema_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { TOLD_BYTES = 1 << 20 };

struct told {
    struct buf lines;
    size_t count;
};

static void on_change(void *self, const struct schema_change *change)
{
    struct told *told = self;
    struct buf json;
    told->count++;
    schema_print_change(&told->lines, change);
    buf_init(&json, 1 << 20); /* the other form of the same is JSON */
    schema_json_change(&json, change);
    struct arena arena;
    struct json doc;
    arena_init(&arena, 1 << 20);
    assert_int_equal(json_parse(&doc, buf_view(&json), &arena, NULL, NULL), STATUS_OK);
    arena_free(&arena);
    buf_free(&json);
}

static struct schema_stats *before;
static struct schema_stats *since;
static struct told told;

static int set_up(void **state)
{
    (void)state;
    before = make_stats();
    since = make_stats();
    told = (struct told){0};
    buf_init(&told.lines, TOLD_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    schema_stats_destroy(before);
    schema_stats_destroy(since);
    buf_free(&told.lines);
    return 0;
}

static void feed(struct schema_stats *stats, int rows, const char *name, const char *properties)
{
    for (int i = 0; i < rows; i++) {
        feed_track(stats, name, i, properties);
    }
}

/* Both sides equally long. */
static void compare(void)
{
    struct schema_spans spans = {1000, 1000};
    assert_int_equal(schema_diff(before, since, &spans, on_change, &told, NULL), STATUS_OK);
}

static void assert_lines(const char *expected)
{
    buf_append_byte(&told.lines, 0);
    assert_string_equal(told.lines.at, expected);
}

static void what_stays_the_same_is_not_told(void **state)
{
    (void)state;
    feed(before, 100, "a", "{\"p\":1,\"q\":null,\"o\":{\"x\":\"y\"}}");
    feed(since, 50, "a", "{\"p\":2,\"q\":null,\"o\":{\"x\":\"z\"}}");
    compare();
    assert_int_equal(told.count, 0);
}

static void what_is_new_gone_and_of_another_type_is_told(void **state)
{
    (void)state;
    feed(before, 100, "stays", "{\"p\":1,\"gone\":true,\"o\":{\"x\":1}}");
    feed(before, 100, "leaves", "{}");
    feed(since, 96, "stays", "{\"p\":1,\"fresh\":\"s\",\"o\":{\"x\":1}}");
    feed(since, 4, "stays", "{\"p\":\"1\",\"o\":{\"x\":1}}");
    feed(since, 1, "comes", "{}");
    compare();
    assert_lines(
        "new event      shop track comes: 1 rows since 2025-11-24 12:00\n"
        "gone event     shop track leaves: 100 rows before, the last 2025-11-24 12:00\n"
        "new property   shop track stays, fresh: string, in 96 of 100 rows\n"
        "gone property  shop track stays, gone: boolean, in 100 of 100 rows before, the last "
        "2025-11-24 12:00\n"
        "type changed   shop track stays, p: before: integer; since: integer 96.0 %, string 4.0 "
        "%\n");
}

static void what_was_rare_is_not_said_to_be_gone(void **state)
{
    (void)state;
    feed(before, 6, "rare", "{}");
    feed(before, 994, "often", "{\"p\":1}");
    feed(before, 6, "often", "{\"p\":\"x\",\"rare\":1}");
    feed(since, 1000, "often", "{\"p\":1}");
    compare();
    assert_int_equal(told.count, 0);
}

static void a_short_time_since_says_nothing_is_gone(void **state)
{
    (void)state;
    struct schema_spans spans = {100000, 1000};
    feed(before, 600, "now and then", "{}");
    feed(before, 800, "steady", "{}");
    feed(since, 1, "other", "{}");
    assert_int_equal(schema_diff(before, since, &spans, on_change, &told, NULL), STATUS_OK);
    assert_lines("new event      shop track other: 1 rows since 2025-11-24 12:00\n"
                 "gone event     shop track steady: 800 rows before, the last 2025-11-24 12:00\n");
}

static void a_new_name_that_looks_like_a_known_one_is_a_slip(void **state)
{
    (void)state;
    feed(before, 100, "product_added", "{\"currency\":\"EUR\",\"price\":1}");
    feed(since, 90, "product_added", "{\"currency\":\"EUR\",\"price\":1}");
    feed(since, 5, "product_added", "{\"curency\":\"EUR\",\"price\":1}");
    feed(since, 5, "prodcut_added", "{}");
    compare();
    assert_lines(
        "new event      shop track prodcut_added: 5 rows since 2025-11-24 12:00; a slip of "
        "product_added?\n"
        "new property   shop track product_added, curency: string, in 5 of 95 rows; a slip "
        "of currency?\n");
}

static void no_slip_stands_beside_what_it_is_like_or_has_another_type(void **state)
{
    (void)state;
    feed(before, 100, "a", "{\"coupon\":\"x\",\"points\":1,\"o\":{\"size\":1}}");
    feed(since, 100, "a",
         "{\"coupon\":\"x\",\"coupons\":\"y\",\"points\":1,\"o\":{\"size\":1},\"sizes\":2}");
    feed(since, 10, "a", "{\"point\":true}");
    compare();
    assert_int_equal(told.count, 3); /* coupons, sizes, point: new, and no more */
    buf_append_byte(&told.lines, 0);
    assert_null(strstr(told.lines.at, "slip"));
}

static void of_sixteen_thousand_names_all_that_came_are_told(void **state)
{
    (void)state;
    enum { NAMES = SCHEMA_EVENTS_MAX };
    for (unsigned i = 0; i < NAMES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "name %u of before", i);
        feed_track(before, name, 0, "{}");
        snprintf(name, sizeof(name), "since %u", i);
        feed_track(since, name, 0, "{}");
    }
    feed_track(since, "one that finds no place", 0, "{}");
    told.lines.ceiling = 16 << 20;
    compare();
    assert_int_equal(told.count, NAMES);
}

static void what_a_terminal_would_obey_is_not_printed(void **state)
{
    (void)state;
    feed(before, 1, "a", "{}");
    feed(since, 1, "b\\u001b[31m\\u009b\\u007f\\n\xc3\xa9", "{}");
    compare();
    assert_lines("new event      shop track b?[31m???\xc3\xa9: 1 rows since 2025-11-24 12:00\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_stays_the_same_is_not_told),
        TEST(what_is_new_gone_and_of_another_type_is_told),
        TEST(what_was_rare_is_not_said_to_be_gone),
        TEST(a_short_time_since_says_nothing_is_gone),
        TEST(a_new_name_that_looks_like_a_known_one_is_a_slip),
        TEST(no_slip_stands_beside_what_it_is_like_or_has_another_type),
        TEST(of_sixteen_thousand_names_all_that_came_are_told),
        TEST(what_a_terminal_would_obey_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
