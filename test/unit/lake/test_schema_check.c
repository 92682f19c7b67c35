/* Tracking plans: what they may say, and what is found. */
#include "schema_rows.h"

#include "lake/schema_check.h"
#include "lake/schema_json.h"
#include "lake/schema_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena arena;
static struct schema_stats *stats;
static struct buf lines;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16 << 20);
    stats = make_stats();
    buf_init(&lines, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    schema_stats_destroy(stats);
    buf_free(&lines);
    return 0;
}

static void on_finding(void *self, const struct schema_finding *finding)
{
    (void)self;
    struct buf json;
    struct json doc;
    schema_print_finding(&lines, finding);
    buf_init(&json, 1 << 20);
    schema_json_finding(&json, finding);
    assert_int_equal(json_parse(&doc, buf_view(&json), &arena, NULL, NULL), STATUS_OK);
    buf_free(&json);
}

/* Findings, a line each. */
static const char *check(const char *text)
{
    struct schema_plan plan;
    struct fault fault = {0};
    buf_clear(&lines);
    if (schema_plan_read(&plan, view_from_text(text), SCHEMA_TEST_SEED, &arena, &fault) !=
        STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(schema_check(&plan, stats, on_finding, NULL, NULL), STATUS_OK);
    buf_append_byte(&lines, 0);
    return lines.at;
}

/* A plan of one event with such properties. */
static const char *check_properties(const char *properties)
{
    char text[1024];
    snprintf(text, sizeof(text), "{\"plan\":1,\"events\":[{\"name\":\"a\",\"properties\":%s}]}",
             properties);
    return check(text);
}

static void every_kind_of_rule_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        const char *finding; /* empty: none */
    } CASES[] = {
        {"{}", ""},
        {"{\"type\":\"any\"}", ""},
        {"{\"type\":[\"integer\",\"string\"]}", ""},
        {"{\"type\":\"number\"}", "4 of 10 values are string; allowed: number"},
        {"{\"type\":[\"string\",\"null\"]}", "6 of 10 values are integer; allowed: null, string"},
        {"{\"required\":true}", "it is missing in 10 of 20, and required"},
        {"{\"required\":false}", ""},
        {"{\"values\":[1,2,3,4,5,6,\"x\"]}", ""},
        {"{\"values\":[1,2,3]}", "4 of 7 different values are not among the 3 allowed ones"},
        {"{\"values\":[1,2,3,4,5,6,\"\\u0078\"]}", ""},
        {"{\"values\":[1,2,3,4,5,\"6\",\"x\"]}",
         "1 of 7 different values are not among the 7 allowed ones"},
        {"{\"min\":1,\"max\":6,\"longest\":1}", ""},
        {"{\"min\":1.5}", "the smallest value is 1; allowed: 1.5 and more"},
        {"{\"max\":5}", "the largest value is 6; allowed: 5 and less"},
        {"{\"longest\":0}", "the longest value has 1 characters; allowed: up to 0"},
        {"{\"about\":\"what it is for\"}", ""},
    };
    for (int i = 0; i < 10; i++) {
        char properties[32];
        snprintf(properties, sizeof(properties), i < 6 ? "{\"p\":%d}" : "{\"p\":\"x\"}", i + 1);
        feed_track(stats, "a", 0, properties);
        feed_track(stats, "a", 0, "{}");
    }
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char properties[256];
        char expected[256] = "";
        snprintf(properties, sizeof(properties), "{\"p\":%s}", CASES[i].rule);
        if (CASES[i].finding[0]) {
            snprintf(expected, sizeof(expected), "shop track a, p: %s\n", CASES[i].finding);
        }
        assert_string_equal(check_properties(properties), expected);
    }
}

static void more_values_than_are_kept_cannot_all_be_allowed(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char properties[32];
        snprintf(properties, sizeof(properties), "{\"p\":%d}", i);
        feed_track(stats, "a", 0, properties);
    }
    const char *found = check_properties("{\"p\":{\"values\":[1,2]}}");
    assert_non_null(strstr(found, "different values; allowed are 2"));
}

static void nested_properties_are_missing_from_their_object_only(void **state)
{
    (void)state;
    feed_track(stats, "a", 0, "{\"o\":{\"x\":1,\"y\":2}}");
    feed_track(stats, "a", 0, "{\"o\":{\"y\":1}}");
    feed_track(stats, "a", 0, "{}");
    assert_string_equal(check_properties("{\"o.x\":{\"required\":true},\"o.y\":{}}"),
                        "shop track a, o.x: it is missing in 1 of 2, and required\n");
    /* Naming the object alone allows its parts; naming one of them does not allow the others. */
    assert_string_equal(check_properties("{\"o\":{\"type\":\"object\"}}"), "");
    assert_string_equal(check_properties("{\"o\":{},\"o.x\":{}}"),
                        "shop track a, o.y: the plan does not name it; 2 of 3 rows have it\n");
}

static void what_the_plan_does_not_name_is_found_unless_allowed(void **state)
{
    (void)state;
    feed_track(stats, "order", 0, "{\"currency\":\"EUR\",\"more\":1}");
    feed_track(stats, "oder", 0, "{}");
    schema_feed_event(stats, &(struct schema_row){.site = VIEW_LITERAL("shop"),
                                                  .type = VIEW_LITERAL("page"),
                                                  .received_ms = SCHEMA_NOON_MS});
    assert_string_equal(check("{\"plan\":1,\"events\":[{\"name\":\"order\",\"properties\":"
                              "{\"curency\":{}}}]}"),
                        "shop track oder: the plan does not name it; it came 1 times; a slip of "
                        "order?\n"
                        "shop track order, currency: the plan does not name it; 1 of 1 rows have "
                        "it; a slip of curency?\n"
                        "shop track order, more: the plan does not name it; 1 of 1 rows have it\n");
    assert_string_equal(check("{\"plan\":1,\"other_events\":true,\"events\":[{\"name\":\"order\","
                              "\"other_properties\":true}]}"),
                        "");
    /* Of another site, the event is not the planned one. */
    assert_string_equal(check("{\"plan\":1,\"other_events\":true,\"events\":[{\"name\":\"order\","
                              "\"site\":\"blog\",\"required\":true}]}"),
                        "blog track order: it did not come, and is required\n");
    assert_string_equal(
        check("{\"plan\":1,\"other_events\":true,\"events\":[{\"type\":\"page\",\"properties\":"
              "{\"p\":{\"required\":true}}}]}"),
        "shop page, p: it is missing in 1 of 1, and required\n");
}

static void what_found_no_place_is_said_not_to_be_checked(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= SCHEMA_EVENT_PROPERTIES_MAX; i++) {
        char properties[32];
        snprintf(properties, sizeof(properties), "{\"p%u\":1}", i);
        feed_track(stats, "a", 0, properties);
    }
    char name[SCHEMA_NAME_BYTES_MAX + 2];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = 0;
    feed_track(stats, name, 0, "{}");
    assert_string_equal(
        check("{\"plan\":1,\"events\":[{\"name\":\"a\",\"other_properties\":true}]}"),
        "shop track a: 1 values are of more properties than can be kept apart, not checked\n"
        "1 rows are of more events than can be kept apart, not checked\n");
}

static void a_plan_that_is_not_understood_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *plan;
        const char *sentence; /* a part of it */
    } CASES[] = {
        {"", "JSON"},
        {"[]", "this must be an object"},
        {"{}", "\"plan\": 1"},
        {"{\"plan\":2}", "allowed: \"plan\": 1"},
        {"{\"plan\":1,\"event\":[]}", "allowed: plan, events, other_events, about"},
        {"{\"plan\":1,\"events\":{}}", "events must be an array"},
        {"{\"plan\":1,\"events\":[1]}", "event 1: this must be an object"},
        {"{\"plan\":1,\"events\":[{},{\"names\":\"a\"}]}",
         "event 2: \"names\" is not understood; allowed: type, name, site"},
        {"{\"plan\":1,\"events\":[{\"name\":1}]}", "event 1: this is no text"},
        {"{\"plan\":1,\"events\":[{\"required\":1}]}", "allowed: true, false"},
        {"{\"plan\":1,\"events\":[{\"type\":\"page\",\"name\":\"Home\"}]}", "allowed: no name"},
        {"{\"plan\":1,\"events\":[{\"properties\":[]}]}", "properties must be an object"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":1}}]}",
         "event 1, property p: this must be an object"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":{\"type\":\"int\"}}}]}",
         "event 1, property p: there is no such type; allowed: any, null, boolean"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":{\"type\":[]}}}]}", "no type"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":{\"enum\":[]}}}]}",
         "allowed: type, required, values, min, max, longest, about"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":{\"values\":[]}}}]}", "array of 1 to 64"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":{\"values\":[{}]}}}]}",
         "a value cannot be checked"},
        {"{\"plan\":1,\"events\":[{\"properties\":{\"p\":{\"min\":\"1\"}}}]}", "this is no number"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct schema_plan plan;
        struct fault fault = {0};
        enum status status =
            schema_plan_read(&plan, view_from_text(CASES[i].plan), 1, &arena, &fault);
        assert_int_equal(status, STATUS_BAD_INPUT);
        if (!strstr(fault.text, CASES[i].sentence)) {
            fail_msg("%s: %s", CASES[i].plan, fault.text);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_rule_is_checked),
        TEST(more_values_than_are_kept_cannot_all_be_allowed),
        TEST(nested_properties_are_missing_from_their_object_only),
        TEST(what_the_plan_does_not_name_is_found_unless_allowed),
        TEST(what_found_no_place_is_said_not_to_be_checked),
        TEST(a_plan_that_is_not_understood_is_refused_with_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
