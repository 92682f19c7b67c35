/* Which properties become columns, and with which type. */
#include "schema_rows.h"

#include "lake/schema_promote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROOM = 8 };

static const struct schema_promote_limits LIMITS = {
    .share_min = 0.1, .rows_min = 10, .text_characters_max = 20};

static size_t promote(struct schema_stats *stats, struct schema_promotion list[ROOM])
{
    return schema_promote(stats, &LIMITS, list, ROOM);
}

static void a_type_is_given_that_takes_all_values(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second;
        enum schema_type type; /* SCHEMA_TYPES: none */
    } CASES[] = {
        {"true", "false", SCHEMA_BOOLEAN},
        {"1", "null", SCHEMA_INTEGER},
        {"1", "0.5", SCHEMA_DOUBLE},
        {"9007199254740993", "0.5", SCHEMA_TYPES},
        {"9007199254740993", "7", SCHEMA_INTEGER},
        {"\"2025-11-24T12:00:00Z\"", "null", SCHEMA_TIMESTAMP},
        {"\"2025-11-24T12:00:00Z\"", "\"soon\"", SCHEMA_STRING},
        {"1", "\"1\"", SCHEMA_TYPES},
        {"true", "1", SCHEMA_TYPES},
        {"null", "null", SCHEMA_TYPES},
        {"[1]", "[2]", SCHEMA_TYPES},
        {"\"x\"", "{}", SCHEMA_TYPES},
        {"\"a text of over twenty characters\"", "\"x\"", SCHEMA_TYPES},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct schema_stats *stats = make_stats();
        struct schema_promotion list[ROOM];
        for (int row = 0; row < 100; row++) {
            char properties[128];
            snprintf(properties, sizeof(properties), "{\"p\":%s}",
                     row % 10 ? CASES[i].first : CASES[i].second);
            /* Of different events, which share the column. */
            feed_track(stats, row % 20 ? "a" : "b", 0, properties);
        }
        size_t count = promote(stats, list);
        if (count != (CASES[i].type == SCHEMA_TYPES ? 0 : 1)) {
            fail_msg("%s and %s: %zu columns", CASES[i].first, CASES[i].second, count);
        }
        if (count > 0) {
            assert_true(view_is(list[0].path, "p"));
            assert_int_equal(list[0].type, CASES[i].type);
        }
        schema_stats_destroy(stats);
    }
}

static void frequent_ones_come_first_and_rare_ones_not_at_all(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    struct schema_promotion list[ROOM];
    for (int row = 0; row < 1000; row++) {
        char properties[256];
        snprintf(properties, sizeof(properties),
                 "{\"all\":1,\"o\":{\"half\":%s},\"rare\":%s,\"e\":true}", row % 2 ? "1" : "null",
                 row % 20 ? "null" : "1");
        feed_track(stats, "often", 0, properties);
    }
    for (int row = 0; row < 12; row++) { /* often in its event */
        feed_track(stats, "seldom", 0, row < 11 ? "{\"own\":1,\"e\":false}" : "{}");
    }
    feed_track(stats, "once", 0, "{\"single\":1}");
    assert_int_equal(promote(stats, list), 4);
    assert_true(view_is(list[0].path, "e"));
    assert_int_equal(list[0].rows, 1011);
    assert_true(view_is(list[1].path, "all"));
    assert_true(view_is(list[2].path, "o.half"));
    assert_int_equal(list[2].rows, 500);
    assert_true(view_is(list[3].path, "own"));
    schema_stats_destroy(stats);
}

static void no_more_columns_than_there_is_room_for(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    struct schema_promotion list[ROOM];
    for (int row = 0; row < 100; row++) {
        char properties[1024] = "{";
        size_t len = 1;
        for (int i = 0; i < 30; i++) {
            len += (size_t)snprintf(properties + len, sizeof(properties) - len, "\"p%02d\":%s,", i,
                                    row >= i ? "1" : "null");
        }
        properties[len - 1] = '}';
        feed_track(stats, "a", 0, properties);
    }
    assert_int_equal(promote(stats, list), ROOM);
    for (int i = 0; i < ROOM; i++) {
        char path[16];
        snprintf(path, sizeof(path), "p%02d", i);
        assert_true(view_is(list[i].path, path));
    }
    assert_int_equal(schema_promote(stats, &LIMITS, list, 0), 0);
    schema_stats_destroy(stats);
}

static void a_path_gives_its_keys_back(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *keys[4];
    } CASES[] = {
        {"a", {"a"}},
        {"a.b.c", {"a", "b", "c"}},
        {"a\\.b.c\\\\", {"a.b", "c\\"}},
        {"", {""}},
        {"a.", {"a", ""}},
        {".a", {"", "a"}},
        {"a..b", {"a", "", "b"}},
        {"a\\", {"a\\"}}, /* none of ours, but it ends */
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct view path = view_from_text(CASES[i].path);
        struct buf key;
        buf_init(&key, 64);
        size_t count = 0;
        while (schema_path_next(&path, &key)) {
            assert_non_null(CASES[i].keys[count]);
            assert_true(view_is(buf_view(&key), CASES[i].keys[count]));
            buf_clear(&key);
            count++;
        }
        assert_null(CASES[i].keys[count]);
        buf_free(&key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_given_that_takes_all_values),
        cmocka_unit_test(frequent_ones_come_first_and_rare_ones_not_at_all),
        cmocka_unit_test(no_more_columns_than_there_is_room_for),
        cmocka_unit_test(a_path_gives_its_keys_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
