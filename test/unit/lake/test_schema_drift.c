/* A site that sends anything: memory stays bounded, and every value is counted somewhere. */
#include "schema_rows.h"

#include <malloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NAMES = 10000, PROPERTIES = 5000, ROWS = 200000, PER_ROW = 5, TYPES = 6 };

/* What the rows held, counted apart. */
struct truth {
    uint32_t rows[NAMES];
    uint32_t values[PROPERTIES][TYPES]; /* of all events together */
    uint64_t count;
};

/* Text and type of the value; the types are in the order of this list. */
static const char *const VALUES[TYPES] = {"null", "false", "%u", "%u.25", "\"v%u\"", "[%u,1]"};
static const enum schema_type TYPE_OF[TYPES] = {SCHEMA_NULL,   SCHEMA_BOOLEAN, SCHEMA_INTEGER,
                                                SCHEMA_DOUBLE, SCHEMA_STRING,  SCHEMA_ARRAY};

static size_t append_random(char *to, size_t room, uint64_t dice, struct truth *truth)
{
    unsigned property = (unsigned)(dice % PROPERTIES);
    unsigned type = (unsigned)(dice / PROPERTIES % TYPES);
    char value[32];
    snprintf(value, sizeof(value), VALUES[type], (unsigned)(dice >> 44));
    truth->values[property][type]++;
    truth->count++;
    return (size_t)snprintf(to, room, "\"p%u\":%s,", property, value);
}

static void feed_drifting(struct schema_stats *stats, unsigned name, uint64_t *random,
                          struct truth *truth)
{
    char properties[512] = "{";
    char text[32];
    size_t len = 1;
    uint64_t step = next_random(random) % (PROPERTIES / PER_ROW);
    for (unsigned i = 0; i < PER_ROW; i++) {
        /* Different properties in a row: each from a range of its own. */
        uint64_t dice = next_random(random);
        uint64_t property = i * (PROPERTIES / PER_ROW) + (step + i) % (PROPERTIES / PER_ROW);
        dice =
            dice / PROPERTIES / TYPES * PROPERTIES * TYPES + dice % TYPES * PROPERTIES + property;
        len += append_random(properties + len, sizeof(properties) - len, dice, truth);
    }
    properties[len - 1] = '}';
    snprintf(text, sizeof(text), "name%u", name);
    truth->rows[name]++;
    feed_track(stats, text, 0, properties);
}

static uint64_t all_values(const struct schema_stats *stats, uint64_t *rows)
{
    uint64_t values = 0;
    *rows = 0;
    for (struct schema_event *event = schema_stats_first(stats); event; event = event->next) {
        *rows += event->rows;
        values += event->other_values;
        for (struct schema_property *one = event->properties; one; one = one->next) {
            values += schema_value_total(&one->value);
        }
    }
    return values;
}

static void assert_bounded(const struct schema_stats *stats)
{
    struct schema_totals totals = schema_stats_totals(stats);
    assert_true(totals.bytes <= SCHEMA_BYTES_MAX);
    assert_true(totals.events <= SCHEMA_EVENTS_MAX);
    assert_true(totals.properties <= SCHEMA_PROPERTIES_MAX + SCHEMA_REST_PROPERTIES_MAX);
}

static void ten_thousand_names_with_any_properties_lose_no_row_and_no_value(void **state)
{
    (void)state;
    struct truth *truth = calloc(1, sizeof(*truth));
    struct schema_stats *stats = make_stats();
    uint64_t random = 5;
    uint64_t rows;
    for (unsigned i = 0; i < ROWS; i++) {
        feed_drifting(stats, (unsigned)(next_random(&random) % NAMES), &random, truth);
    }
    assert_int_equal(all_values(stats, &rows), truth->count);
    assert_int_equal(rows, ROWS);
    assert_bounded(stats);
    for (unsigned i = 0; i < NAMES; i++) { /* all of the names found a place */
        char name[32];
        snprintf(name, sizeof(name), "name%u", i);
        assert_int_equal(event_of(stats, name) ? event_of(stats, name)->rows : 0, truth->rows[i]);
    }
    schema_stats_destroy(stats);
    free(truth);
}

static void of_one_event_all_five_thousand_properties_are_right(void **state)
{
    (void)state;
    struct truth *truth = calloc(1, sizeof(*truth));
    struct schema_stats *stats = make_stats();
    uint64_t random = 6;
    for (unsigned i = 0; i < ROWS; i++) {
        feed_drifting(stats, 0, &random, truth);
    }
    for (unsigned i = 0; i < PROPERTIES; i++) {
        char path[32];
        snprintf(path, sizeof(path), "p%u", i);
        const struct schema_value *value = value_of(stats, "name0", path);
        assert_non_null(value);
        for (size_t type = 0; type < TYPES; type++) {
            assert_int_equal(value->counts[TYPE_OF[type]], truth->values[i][type]);
        }
    }
    assert_int_equal(event_of(stats, "name0")->other_values, 0);
    assert_bounded(stats);
    schema_stats_destroy(stats);
    free(truth);
}

static void what_finds_no_place_is_counted_with_the_rest(void **state)
{
    (void)state;
    enum { EVENTS = 2 * SCHEMA_EVENTS_MAX };
    struct schema_stats *stats = make_stats();
    uint64_t rows;
    for (unsigned i = 0; i < EVENTS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "name%u", i);
        feed_track(stats, name, 0, "{\"price\":1,\"once\":true}");
    }
    assert_int_equal(all_values(stats, &rows), 2 * EVENTS);
    assert_int_equal(rows, EVENTS);
    assert_int_equal(schema_stats_totals(stats).events, SCHEMA_EVENTS_MAX);
    const struct schema_event *rest = schema_stats_rest(stats);
    assert_true(rest->is_rest);
    assert_int_equal(rest->rows, EVENTS - SCHEMA_EVENTS_MAX);
    const struct schema_property *price =
        schema_stats_find_property(stats, rest, SCHEMA_OF_EVENT, VIEW_LITERAL("price"));
    assert_int_equal(price->value.counts[SCHEMA_INTEGER], rest->rows);
    schema_stats_destroy(stats);
}

static void one_event_does_not_take_the_place_of_all(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    for (unsigned i = 0; i < 50000; i++) {
        char properties[64];
        snprintf(properties, sizeof(properties), "{\"user-%u\":1}", i);
        feed_track(stats, "greedy", 0, properties);
    }
    feed_track(stats, "modest", 0, "{\"price\":1}");
    assert_int_equal(event_of(stats, "greedy")->property_count, SCHEMA_EVENT_PROPERTIES_MAX);
    assert_int_equal(event_of(stats, "greedy")->other_values, 50000 - SCHEMA_EVENT_PROPERTIES_MAX);
    assert_non_null(value_of(stats, "modest", "price"));
    schema_stats_destroy(stats);
}

static void names_that_are_too_long_find_no_place(void **state)
{
    (void)state;
    char name[SCHEMA_NAME_BYTES_MAX + 2];
    char properties[3 * SCHEMA_PATH_BYTES_MAX];
    struct schema_stats *stats = make_stats();
    memset(name, 'n', sizeof(name));
    name[SCHEMA_NAME_BYTES_MAX + 1] = 0;
    feed_track(stats, name, 0, "{}");
    assert_int_equal(schema_stats_rest(stats)->rows, 1);
    name[SCHEMA_NAME_BYTES_MAX] = 0;
    feed_track(stats, name, 0, "{}");
    assert_int_equal(event_of(stats, name)->rows, 1);
    snprintf(properties, sizeof(properties), "{\"%s\":1,\"%sx\":{\"deeper\":1}}", name, name);
    feed_track(stats, "a", 0, properties);
    assert_int_equal(event_of(stats, "a")->property_count, 1);
    assert_int_equal(event_of(stats, "a")->other_values, 1);
    schema_stats_destroy(stats);
}

/* Every ceiling reached, with sketches as large as they become. */
static void the_most_that_can_come_stays_below_the_ceiling(void **state)
{
    (void)state;
    enum { EVENTS = 8, PATHS = 6000, VALUES_EACH = 70, BATCH = 50, ROOM = BATCH * 300 };
    struct schema_stats *stats = make_stats();
    char *properties = malloc(ROOM);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (unsigned path = 0; path < PATHS; path += BATCH) {
        for (unsigned i = 0; i < EVENTS * VALUES_EACH; i++) {
            char name[16];
            size_t len = 0;
            for (unsigned k = 0; k < BATCH; k++) {
                len += (size_t)snprintf(properties + len, ROOM - len, "%c\"p%0200u\":%u",
                                        k ? ',' : '{', path + k, i / EVENTS);
            }
            snprintf(properties + len, ROOM - len, "}");
            snprintf(name, sizeof(name), "n%u", i % EVENTS);
            feed_track(stats, name, 0, properties);
        }
    }
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    assert_bounded(stats);
    assert_int_equal(schema_stats_totals(stats).properties, SCHEMA_PROPERTIES_MAX);
    assert_true(after - before <= SCHEMA_BYTES_MAX);
    print_message("%zu MiB held by statistics at their ceilings\n",
                  schema_stats_totals(stats).bytes >> 20);
    struct buf bytes = bytes_of(stats);
    assert_true(bytes.len < SCHEMA_CODEC_BYTES_MAX);
    buf_free(&bytes);
    free(properties);
    schema_stats_destroy(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_names_with_any_properties_lose_no_row_and_no_value),
        cmocka_unit_test(of_one_event_all_five_thousand_properties_are_right),
        cmocka_unit_test(what_finds_no_place_is_counted_with_the_rest),
        cmocka_unit_test(one_event_does_not_take_the_place_of_all),
        cmocka_unit_test(names_that_are_too_long_find_no_place),
        cmocka_unit_test(the_most_that_can_come_stays_below_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
