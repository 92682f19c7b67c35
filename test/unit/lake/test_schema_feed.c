/* What rows leave in the statistics: the truth is known because the rows are made here. */
#include "schema_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void counts_every_type_of_value(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum schema_type type;
    } CASES[] = {
        {"null", SCHEMA_NULL},
        {"true", SCHEMA_BOOLEAN},
        {"0", SCHEMA_INTEGER},
        {"-9223372036854775807", SCHEMA_INTEGER},
        {"-9223372036854775808", SCHEMA_DOUBLE},
        {"9223372036854775807", SCHEMA_INTEGER},
        {"9223372036854775808", SCHEMA_DOUBLE},
        {"1.0", SCHEMA_DOUBLE},
        {"1e3", SCHEMA_DOUBLE},
        {"1e999", SCHEMA_DOUBLE},
        {"\"1\"", SCHEMA_STRING},
        {"\"\"", SCHEMA_STRING},
        {"\"2025-11-24\"", SCHEMA_STRING},
        {"\"2025-11-24T12:00:00\"", SCHEMA_STRING},
        {"\"2025-11-24T12:00:00Z\"", SCHEMA_TIMESTAMP},
        {"\"2025-11-24T12:00:00.123456+01:00\"", SCHEMA_TIMESTAMP},
        {"\"2025-02-31T12:00:00Z\"", SCHEMA_STRING},
        {"[]", SCHEMA_ARRAY},
        {"{}", SCHEMA_OBJECT},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct schema_stats *stats = make_stats();
        char properties[128];
        snprintf(properties, sizeof(properties), "{\"p\":%s}", CASES[i].value);
        feed_track(stats, "a", 0, properties);
        const struct schema_value *value = value_of(stats, "a", "p");
        assert_non_null(value);
        for (size_t type = 0; type < SCHEMA_TYPES; type++) {
            if (value->counts[type] != (type == CASES[i].type)) {
                fail_msg("%s is counted as %s", CASES[i].value, schema_type_name(type));
            }
        }
        schema_stats_destroy(stats);
    }
}

static void keeps_ranges_times_and_how_many_different(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    feed_track(stats, "a", 5, "{\"n\":3,\"d\":0.5,\"s\":\"\\u00e9x\",\"l\":[1,[2,3]]}");
    feed_track(stats, "a", 1, "{\"n\":-7,\"d\":-2e3,\"s\":\"\xc3\xa9x\",\"l\":[]}");
    feed_track(stats, "a", 9, "{\"n\":3,\"s\":null}");
    const struct schema_value *n = value_of(stats, "a", "n");
    assert_int_equal(n->integer_min, -7);
    assert_int_equal(n->integer_max, 3);
    assert_int_equal(schema_sketch_estimate(&n->distinct), 2);
    assert_int_equal(n->first_ms, SCHEMA_NOON_MS + 1);
    assert_int_equal(n->last_ms, SCHEMA_NOON_MS + 9);
    const struct schema_value *d = value_of(stats, "a", "d");
    assert_true(d->double_min == -2000 && d->double_max == 0.5);
    assert_int_equal(d->last_ms, SCHEMA_NOON_MS + 5);
    const struct schema_value *s = value_of(stats, "a", "s");
    assert_int_equal(s->text_min, 2);
    assert_int_equal(s->text_max, 2);
    assert_int_equal(s->counts[SCHEMA_NULL], 1);
    /* Written in two ways, it is one value; null is none. */
    assert_int_equal(schema_sketch_estimate(&s->distinct), 1);
    const struct schema_value *l = value_of(stats, "a", "l");
    assert_int_equal(l->items_min, 0);
    assert_int_equal(l->items_max, 2);
    const struct schema_event *event = event_of(stats, "a");
    assert_int_equal(event->rows, 3);
    assert_int_equal(event->first_ms, SCHEMA_NOON_MS + 1);
    assert_int_equal(event->last_ms, SCHEMA_NOON_MS + 9);
    schema_stats_destroy(stats);
}

static void looks_into_objects_down_to_the_fifth(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    feed_track(stats, "a", 0,
               "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}},\"list\":[{\"x\":1}]}");
    assert_int_equal(value_of(stats, "a", "a")->counts[SCHEMA_OBJECT], 1);
    assert_int_equal(value_of(stats, "a", "a.b.c.d.e")->counts[SCHEMA_OBJECT], 1);
    assert_null(value_of(stats, "a", "a.b.c.d.e.f"));
    assert_null(value_of(stats, "a", "list.x"));
    schema_stats_destroy(stats);
}

static void a_dot_in_a_key_is_no_nesting(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    feed_track(stats, "a", 0, "{\"a.b\":1,\"a\":{\"b\":true},\"c\\\\\":null,\"\":0.5}");
    assert_int_equal(value_of(stats, "a", "a\\.b")->counts[SCHEMA_INTEGER], 1);
    assert_int_equal(value_of(stats, "a", "a.b")->counts[SCHEMA_BOOLEAN], 1);
    assert_int_equal(value_of(stats, "a", "c\\\\")->counts[SCHEMA_NULL], 1);
    assert_int_equal(value_of(stats, "a", "")->counts[SCHEMA_DOUBLE], 1);
    schema_stats_destroy(stats);
}

static void of_a_repeated_key_the_last_value_counts(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    feed_track(stats, "a", 0, "{\"x\":{\"y\":1},\"x\":\"s\",\"z\":1,\"x\":2,\"\\u007a\":null}");
    const struct schema_value *x = value_of(stats, "a", "x");
    assert_int_equal(schema_value_total(x), 1);
    assert_int_equal(x->counts[SCHEMA_INTEGER], 1);
    assert_null(value_of(stats, "a", "x.y"));
    assert_int_equal(value_of(stats, "a", "z")->counts[SCHEMA_NULL], 1);
    assert_int_equal(schema_value_total(value_of(stats, "a", "z")), 1);
    schema_stats_destroy(stats);
}

static void properties_of_users_are_a_tree_of_their_own(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    schema_feed_event(stats,
                      &(struct schema_row){.site = VIEW_LITERAL("shop"),
                                           .type = VIEW_LITERAL("identify"),
                                           .properties = VIEW_LITERAL("{\"plan\":1}"),
                                           .user_properties = VIEW_LITERAL("{\"plan\":\"pro\"}"),
                                           .received_ms = SCHEMA_NOON_MS});
    const struct schema_event *event = schema_stats_first(stats);
    const struct schema_property *of_event =
        schema_stats_find_property(stats, event, SCHEMA_OF_EVENT, VIEW_LITERAL("plan"));
    const struct schema_property *of_user =
        schema_stats_find_property(stats, event, SCHEMA_OF_USER, VIEW_LITERAL("plan"));
    assert_int_equal(of_event->value.counts[SCHEMA_INTEGER], 1);
    assert_int_equal(of_user->value.counts[SCHEMA_STRING], 1);
    schema_stats_destroy(stats);
}

static void the_titles_of_pages_are_no_events(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    for (int i = 0; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof(name), "Article %d", i);
        schema_feed_event(stats, &(struct schema_row){.site = VIEW_LITERAL("shop"),
                                                      .type = VIEW_LITERAL("page"),
                                                      .name = view_from_text(name),
                                                      .received_ms = SCHEMA_NOON_MS});
    }
    assert_int_equal(schema_stats_totals(stats).events, 1);
    assert_int_equal(schema_stats_first(stats)->rows, 10);
    schema_stats_destroy(stats);
}

static void hostile_rows_are_counted_as_unreadable(void **state)
{
    (void)state;
    static const char *const ROWS[] = {
        "",
        "{",
        "[]",
        "null",
        "\"text\"",
        "{\"type\":\"track\"}",
        "{\"type\":\"track\",\"received_at\":7}",
        "{\"type\":\"track\",\"received_at\":\"yesterday\"}",
        "{\"received_at\":\"2025-11-24T12:00:00Z\",\"properties\":[1]}",
        "{\"received_at\":\"2025-11-24T12:00:00Z\",\"user_properties\":\"x\"}",
        "{\"received_at\":\"2025-11-24T12:00:00Z\",\"properties\":\"{}\"}",
        "{\"received_at\":\"2025-11-24T12:00:00Z\",\"properties\":{\"a\":1}",
        "{\"received_at\":\"2025-11-24T12:00:00Z\",\"properties\":{\"a\"}}",
        "\xff\xfe",
    };
    enum { COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };
    struct schema_stats *stats = make_stats();
    for (size_t i = 0; i < COUNT; i++) {
        schema_feed_row(stats, view_from_text(ROWS[i]));
    }
    assert_int_equal(schema_stats_totals(stats).rows, COUNT);
    assert_int_equal(schema_stats_totals(stats).unreadable, COUNT);
    /* What has no type is an event, too. */
    schema_feed_row(stats, VIEW_LITERAL("{\"received_at\":\"2025-11-24T12:00:00Z\"}"));
    assert_int_equal(schema_stats_totals(stats).unreadable, COUNT);
    schema_stats_destroy(stats);
}

static void a_row_with_millions_of_values_is_not_looked_at(void **state)
{
    (void)state;
    enum { VALUES = 6 * 1000 * 1000 };
    struct schema_stats *stats = make_stats();
    char *properties = malloc(2 * VALUES + 32);
    int head = snprintf(properties, 32, "{\"l\":[0");
    for (size_t i = 0; i < VALUES; i++) {
        memcpy(properties + head + 2 * i, ",0", 2);
    }
    memcpy(properties + head + 2 * VALUES, "]}", 3);
    feed_track(stats, "a", 0, properties);
    free(properties);
    assert_int_equal(schema_stats_totals(stats).unreadable, 1);
    feed_track(stats, "a", 0, "{\"l\":[0]}");
    assert_int_equal(schema_stats_totals(stats).unreadable, 1);
    assert_int_equal(schema_stats_totals(stats).rows, 2);
    schema_stats_destroy(stats);
}

/* Rows of a few events whose properties change their types at random. */
static void feed_random(struct schema_stats *stats, uint64_t *random)
{
    static const char *const VALUES[] = {
        "null", "true", "17", "-3.25", "\"x%u\"", "[%u]", "{\"in\":%u}", "\"2025-11-24T12:00:00Z\"",
        "%u",   "%u.5"};
    char properties[256];
    char name[16];
    char value[64];
    char other[64];
    uint64_t dice = next_random(random);
    unsigned number = (unsigned)(dice >> 40) % 5000;
    snprintf(name, sizeof(name), "event%u", (unsigned)(dice % 7));
    snprintf(value, sizeof(value), VALUES[dice / 7 % 10], number);
    snprintf(other, sizeof(other), VALUES[dice / 70 % 10], number / 100);
    snprintf(properties, sizeof(properties), "{\"a%u\":%s,\"b\":%s}", (unsigned)(dice / 700 % 20),
             value, other);
    feed_track(stats, name, (int64_t)(dice % 3600000), properties);
}

static void merging_in_any_order_gives_what_feeding_in_one_gives(void **state)
{
    (void)state;
    enum { PARTS = 7, ROWS = 20000 };
    struct schema_stats *parts[PARTS];
    struct schema_stats *all = make_stats();
    uint64_t random = 1;
    uint64_t again = 1;
    uint64_t where = 99;
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = make_stats();
    }
    for (size_t i = 0; i < ROWS; i++) {
        feed_random(all, &random);
        feed_random(parts[next_random(&where) % PARTS], &again);
    }
    struct schema_stats *forwards = make_stats();
    struct schema_stats *backwards = make_stats();
    for (size_t i = 0; i < PARTS; i++) {
        schema_stats_merge(forwards, parts[i]);
        schema_stats_merge(backwards, parts[PARTS - 1 - i]);
    }
    struct buf expected = bytes_of(all);
    struct buf first = bytes_of(forwards);
    struct buf second = bytes_of(backwards);
    assert_true(view_equal(buf_view(&expected), buf_view(&first)));
    assert_true(view_equal(buf_view(&expected), buf_view(&second)));
    assert_int_equal(schema_stats_totals(forwards).rows, ROWS);
    for (size_t i = 0; i < PARTS; i++) {
        schema_stats_destroy(parts[i]);
    }
    buf_free(&expected);
    buf_free(&first);
    buf_free(&second);
    schema_stats_destroy(forwards);
    schema_stats_destroy(backwards);
    schema_stats_destroy(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_every_type_of_value),
        cmocka_unit_test(keeps_ranges_times_and_how_many_different),
        cmocka_unit_test(looks_into_objects_down_to_the_fifth),
        cmocka_unit_test(a_dot_in_a_key_is_no_nesting),
        cmocka_unit_test(of_a_repeated_key_the_last_value_counts),
        cmocka_unit_test(properties_of_users_are_a_tree_of_their_own),
        cmocka_unit_test(the_titles_of_pages_are_no_events),
        cmocka_unit_test(hostile_rows_are_counted_as_unreadable),
        cmocka_unit_test(a_row_with_millions_of_values_is_not_looked_at),
        cmocka_unit_test(merging_in_any_order_gives_what_feeding_in_one_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
