#include "adapters/adapter_native.h"

#include "golden.h"

static enum status decode(struct view body, struct batch *batch, struct fault *fault)
{
    struct inbound inbound = {.method = INBOUND_POST,
                              .path = VIEW_LITERAL("/e"),
                              .body = body,
                              .received_ms = GOLDEN_RECEIVED_MS};
    *batch = (struct batch){0};
    arena_clear(&arena);
    return adapter_native.decode(&inbound, &arena, batch, fault);
}

static void golden_cases_come_out_as_they_are_written(void **state)
{
    (void)state;
    assert_true(run_golden(&adapter_native, "test/golden/native") >= 7);
}

static void what_is_not_json_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "{", "nothing", "{\"events\":[}", "\xff\xfe"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct batch batch;
        struct fault fault = {0};
        assert_int_equal(decode(view_from_text(bodies[i]), &batch, &fault), STATUS_BAD_INPUT);
        assert_true(fault.text[0] != 0);
    }
}

static void json_of_any_other_shape_is_one_reject(void **state)
{
    (void)state;
    static const char *const bodies[] = {"[]", "7", "null", "\"x\"", "{}", "{\"events\":1}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct batch batch;
        struct fault fault = {0};
        assert_int_equal(decode(view_from_text(bodies[i]), &batch, &fault), STATUS_OK);
        assert_int_equal(batch.event_count, 0);
        assert_int_equal(batch.reject_count, 1);
    }
}

static void too_many_events_and_too_little_memory_are_said(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_append_text(&body, "{\"events\":[1");
    for (int i = 0; i < ADAPTER_EVENTS_MAX; i++) {
        buf_append_text(&body, ",1");
    }
    buf_append_text(&body, "]}");
    struct batch batch;
    struct fault fault = {0};
    assert_int_equal(decode(buf_view(&body), &batch, &fault), STATUS_TOO_BIG);
    buf_free(&body);

    struct arena small;
    arena_init(&small, 1000);
    struct inbound inbound = {.body = VIEW_LITERAL("{\"events\":[{\"type\":\"page\"}]}")};
    assert_int_equal(adapter_native.decode(&inbound, &small, &batch, &fault), STATUS_NO_MEMORY);
    arena_free(&small);
}

/* Longer than may be kept: events are rejected for it, those without a type for that. */
static void a_context_that_is_too_long_rejects_each_event(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_append_text(&body, "{\"context\":{\"extra\":\"");
    for (int i = 0; i < 64 * 1024; i++) {
        buf_append_byte(&body, 'x');
    }
    buf_append_text(&body,
                    "\"},\"events\":[{\"type\":\"page\"},{},{\"type\":\"page\",\"more\":1}]}");
    struct batch batch;
    struct fault fault = {0};
    assert_int_equal(decode(buf_view(&body), &batch, &fault), STATUS_OK);
    assert_int_equal(batch.event_count, 0);
    assert_int_equal(batch.reject_count, 3);
    assert_string_equal(batch.rejects[0].reason, "context is longer than 64 KiB");
    assert_string_equal(batch.rejects[1].reason, "an event needs a type");
    assert_string_equal(batch.rejects[2].reason, "context is longer than 64 KiB");
    buf_free(&body);
}

/* Its own context gives way to what the event says itself, whichever comes first. */
static void an_event_has_the_last_word_over_its_context(void **state)
{
    (void)state;
    struct batch batch;
    struct fault fault = {0};
    struct view body = VIEW_LITERAL(
        "{\"context\":{\"title\":\"0\",\"locale\":\"0\",\"release\":\"0\"},\"events\":["
        "{\"type\":\"page\",\"title\":\"2\",\"seq\":\"x\",\"context\":{\"title\":\"1\","
        "\"locale\":\"1\",\"seq\":1}}]}");
    assert_int_equal(decode(body, &batch, &fault), STATUS_OK);
    assert_int_equal(batch.event_count, 1);
    int64_t seq = 0;
    assert_true(view_is(event_text(&batch.events[0], COLUMN_TITLE), "2"));
    assert_true(view_is(event_text(&batch.events[0], COLUMN_LOCALE), "1"));
    assert_true(view_is(event_text(&batch.events[0], COLUMN_RELEASE), "0"));
    assert_true(event_number(&batch.events[0], COLUMN_SEQ, &seq) && seq == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_as_they_are_written),
        cmocka_unit_test(what_is_not_json_is_refused_with_a_sentence),
        cmocka_unit_test(json_of_any_other_shape_is_one_reject),
        cmocka_unit_test(a_context_that_is_too_long_rejects_each_event),
        cmocka_unit_test(an_event_has_the_last_word_over_its_context),
        cmocka_unit_test(too_many_events_and_too_little_memory_are_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
