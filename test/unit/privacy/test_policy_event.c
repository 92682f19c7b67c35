#include "privacy/policy_event.h"

#include "../temporary.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t NOON_MS = 20784LL * 86400000 + 43200000;
static struct temporary folder;
static struct arena arena;
static struct key_ring *ring;
static struct privacy_policy policy;
static struct policy_request request;
static struct event event;
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    event = (struct event){0};
    policy =
        (struct privacy_policy){.has_families = true, .honours_gpc = true, .honours_dnt = true};
    request = (struct policy_request){.policy = &policy,
                                      .moment = {NOON_MS, NOON_MS},
                                      .site = VIEW_LITERAL("shop"),
                                      .address = VIEW_LITERAL("203.0.113.77"),
                                      .agent = VIEW_LITERAL("Marked/1.0 (X11)")};
    const struct key_periods periods = {1LL << 40, 1LL << 40};
    if (temporary_make(&folder) != 0 ||
        key_ring_open(&ring, folder.fd, &periods, &fault) != STATUS_OK) {
        return -1;
    }
    request.keys = ring;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    key_ring_close(ring);
    arena_free(&arena);
    return temporary_remove(&folder);
}

static void raw(enum column column, const char *json)
{
    event_set_raw(&event, column, view_from_text(json));
}

static void text(enum column column, const char *value)
{
    event_set_string(&event, column, view_from_text(value));
}

static void apply(void)
{
    assert_int_equal(policy_apply(&request, &event, &arena, &fault), STATUS_OK);
}

static void check_row(const char *wanted)
{
    struct buf row;
    buf_init(&row, 1 << 16);
    assert_int_equal(event_append_row(&row, &event), STATUS_OK);
    assert_int_equal(buf_append_byte(&row, 0), STATUS_OK);
    assert_string_equal(row.at, wanted);
    buf_free(&row);
}

static enum policy_verdict judge(bool gpc, bool dnt, bool out)
{
    const struct signals signals = {.is_gpc = gpc, .is_dnt = dnt, .is_opted_out = out};
    return policy_judge(&policy, &signals, &event, &arena);
}

static void signals_are_obeyed_as_the_policy_says_and_the_opt_out_always(void **state)
{
    (void)state;
    assert_int_equal(judge(false, false, false), POLICY_KEEP);
    assert_int_equal(judge(true, true, true), POLICY_NO_OPT_OUT);
    assert_int_equal(judge(true, true, false), POLICY_NO_GPC);
    assert_int_equal(judge(false, true, false), POLICY_NO_DNT);
    policy.honours_gpc = policy.honours_dnt = false;
    assert_int_equal(judge(true, true, false), POLICY_KEEP);
    assert_int_equal(judge(true, true, true), POLICY_NO_OPT_OUT);
}

static void consent_that_was_denied_is_a_no_however_it_is_written(void **state)
{
    static const char *const DENIED[] = {"{\"state\":\"denied\"}",
                                         "{\"v\":1,\"state\":\"d\\u0065nied\"}"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        raw(COLUMN_CONSENT, DENIED[i]);
        assert_int_equal(judge(false, false, false), POLICY_NO_DENIED);
    }
    raw(COLUMN_CONSENT, "{\"state\":\"granted\"}");
    assert_int_equal(judge(false, false, false), POLICY_KEEP);
    event_remove(&event, COLUMN_CONSENT);
    raw(COLUMN_CONTEXT, "{\"consent\":\"denied\"}");
    assert_int_equal(judge(false, false, false), POLICY_NO_DENIED);
}

static void where_consent_is_needed_silence_is_none(void **state)
{
    (void)state;
    policy.needs_consent = true;
    assert_int_equal(judge(false, false, false), POLICY_NO_CONSENT);
    raw(COLUMN_CONSENT, "{\"state\":\"pending\"}");
    assert_int_equal(judge(false, false, false), POLICY_NO_CONSENT);
    raw(COLUMN_CONSENT, "{\"state\":\"granted\",\"source\":\"tcf\"}");
    assert_int_equal(judge(false, false, false), POLICY_KEEP);
}

static enum policy_verdict judge_raw(const char *json)
{
    const struct signals signals = {false, false, false};
    return policy_judge_raw(&policy, &signals, view_from_text(json), &arena);
}

static void what_was_not_understood_is_judged_as_an_event_is(void **state)
{
    (void)state;
    assert_int_equal(judge_raw("{\"consent\":{\"state\":\"denied\"}}"), POLICY_NO_DENIED);
    assert_int_equal(judge_raw("{\"context\":{\"consent\":\"denied\"}}"), POLICY_NO_DENIED);
    assert_int_equal(judge_raw("{\"payment\":\"denied\"}"), POLICY_KEEP);
    policy.needs_consent = true;
    assert_int_equal(judge_raw("{\"payment\":\"denied\"}"), POLICY_NO_CONSENT);
    assert_int_equal(judge_raw("\"a=1&consent=granted\""), POLICY_NO_CONSENT);
    assert_int_equal(judge_raw("{\"consent\":{\"state\":\"granted\"}}"), POLICY_KEEP);
}

static void a_record_of_consent_is_kept_and_holds_nothing_of_the_visit(void **state)
{
    (void)state;
    text(COLUMN_TYPE, "consent");
    text(COLUMN_ANONYMOUS_ID, "a");
    text(COLUMN_URL, "https://shop.example/secret");
    raw(COLUMN_PROPERTIES, "{\"n\":1}");
    raw(COLUMN_CONSENT, "{\"state\":\"denied\",\"source\":\"banner\",\"version\":\"7\"}");
    assert_int_equal(judge(false, false, false), POLICY_KEEP);
    apply();
    check_row("{\"type\":\"consent\",\"anonymous_id\":\"a\",\"consent\":{\"state\":\"denied\","
              "\"source\":\"banner\",\"version\":\"7\"}}");
}

static void what_is_repeated_goes_and_the_rest_stays(void **state)
{
    (void)state;
    raw(COLUMN_PROPERTIES,
        "{\"price\":12.50,\"ip\":\"10.1.2.3\",\"seen\":\"by 203.0.113.77 today\"}");
    raw(COLUMN_CONTEXT,
        "{\"userAgent\":\"x\",\"device\":{\"id\":\"d\"},\"k\":\"Marked/1.0 (X11)\"}");
    text(COLUMN_URL, "https://shop.example/?from=203.0.113.77");
    apply();
    check_row("{\"properties\":{\"price\":12.50,\"seen\":\"by xxxxxxxxxxxx today\"},"
              "\"context\":{\"device\":{},\"k\":\"xxxxxxxxxxxxxxxx\"},"
              "\"url\":\"https://shop.example/?from=xxxxxxxxxxxx\"}");
}

static void who_is_told_of_is_masked_beside_who_sends(void **state)
{
    (void)state;
    request.told_address = VIEW_LITERAL("198.51.100.9");
    request.told_agent = VIEW_LITERAL("Visitor/3.0");
    raw(COLUMN_PROPERTIES, "{\"a\":\"203.0.113.77\",\"b\":\"198.51.100.9\",\"c\":\"Visitor/3.0\"}");
    apply();
    check_row("{\"properties\":{\"a\":\"xxxxxxxxxxxx\",\"b\":\"xxxxxxxxxxxx\","
              "\"c\":\"xxxxxxxxxxx\"}}");
}

static void with_blanks_it_is_the_same(void **state)
{
    struct json doc;
    (void)state;
    assert_int_equal(
        json_parse(&doc, VIEW_LITERAL("{ \"a\" : 1, \"ip\" : \"x\", \"b\":\"203.0.113.77\" }"),
                   &arena, NULL, &fault),
        STATUS_OK);
    event_set_json(&event, COLUMN_PROPERTIES, &doc, JSON_ROOT);
    assert_int_equal(
        json_parse(&doc, VIEW_LITERAL("{ \"b\" : \"203.0.113.77\" }"), &arena, NULL, &fault),
        STATUS_OK);
    event_set_json(&event, COLUMN_CONTEXT, &doc, JSON_ROOT);
    event_remove(&event, COLUMN_PROPERTIES);
    apply();
    check_row("{\"context\":{\"b\":\"xxxxxxxxxxxx\"}}");
}

static void ids_and_traits_are_dropped_also_where_they_have_no_column(void **state)
{
    (void)state;
    policy.user_id = policy.traits = POLICY_ID_DROP;
    text(COLUMN_TYPE, "identify");
    text(COLUMN_ANONYMOUS_ID, "a");
    text(COLUMN_USER_ID, "u");
    text(COLUMN_PREVIOUS_ID, "a");
    text(COLUMN_GROUP_ID, "g");
    raw(COLUMN_USER_PROPERTIES, "{\"plan\":\"pro\"}");
    raw(COLUMN_CONTEXT, "{\"userId\":\"u\",\"traits\":{\"plan\":\"pro\"},\"n\":1}");
    apply();
    check_row("{\"type\":\"identify\",\"context\":{\"n\":1},\"anonymous_id\":\"a\"}");
}

static void hashed_ids_join_as_the_ids_did(void **state)
{
    struct view user;
    (void)state;
    policy.user_id = POLICY_ID_HASH;
    text(COLUMN_USER_ID, "u-1");
    apply();
    user = event_text(&event, COLUMN_USER_ID);
    assert_int_equal(user.len, IDENTITY_TEXT_BYTES);
    event_clear(&event);
    text(COLUMN_TYPE, "alias");
    text(COLUMN_ANONYMOUS_ID, "browser");
    text(COLUMN_USER_ID, "u-2");
    text(COLUMN_PREVIOUS_ID, "u-1");
    apply();
    assert_true(view_equal(event_text(&event, COLUMN_PREVIOUS_ID), user));
    assert_false(view_equal(event_text(&event, COLUMN_USER_ID), user));
    /* A browser's own id stays what it is in its rows. */
    text(COLUMN_PREVIOUS_ID, "browser");
    apply();
    assert_true(view_is(event_text(&event, COLUMN_PREVIOUS_ID), "browser"));
}

static void hashed_traits_keep_their_names_and_their_shape(void **state)
{
    (void)state;
    policy.traits = POLICY_ID_HASH;
    raw(COLUMN_USER_PROPERTIES,
        "{\"plan\":\"pro\",\"age\":41,\"paid\":true,\"tags\":[\"a\",null]}");
    apply();
    struct buf row;
    buf_init(&row, 1 << 16);
    assert_int_equal(event_append_row(&row, &event), STATUS_OK);
    struct json doc;
    assert_int_equal(json_parse(&doc, buf_view(&row), &arena, NULL, &fault), STATUS_OK);
    json_value traits = json_member(&doc, JSON_ROOT, "user_properties");
    assert_int_equal(json_raw(&doc, json_member(&doc, traits, "plan")).len, 34);
    assert_int_equal(json_raw(&doc, json_member(&doc, traits, "age")).len, 34);
    assert_int_equal(json_kind(&doc, json_member(&doc, traits, "paid")), JSON_TRUE);
    assert_null(memmem(row.at, row.len, "pro\"", 4));
    buf_free(&row);
}

static void a_days_visitor_is_one_without_any_id_of_the_client(void **state)
{
    (void)state;
    policy.visitor = POLICY_VISITOR_DAILY;
    policy.address = POLICY_ADDRESS_16;
    text(COLUMN_ANONYMOUS_ID, "cookie");
    text(COLUMN_PREVIOUS_ID, "cookie");
    text(COLUMN_TAB_ID, "t");
    event_set_integer(&event, COLUMN_SESSION_INDEX, 4);
    apply();
    struct view first = event_text(&event, COLUMN_ANONYMOUS_ID);
    assert_int_equal(first.len, IDENTITY_TEXT_BYTES);
    assert_false(event_has(&event, COLUMN_PREVIOUS_ID) || event_has(&event, COLUMN_TAB_ID) ||
                 event_has(&event, COLUMN_SESSION_INDEX));
    request.address = VIEW_LITERAL("203.0.55.1"); /* of the same /16 */
    text(COLUMN_ANONYMOUS_ID, "another");
    apply();
    assert_true(view_equal(event_text(&event, COLUMN_ANONYMOUS_ID), first));
    request.agent = VIEW_LITERAL("Other/2.0");
    apply();
    assert_false(view_equal(event_text(&event, COLUMN_ANONYMOUS_ID), first));
}

static void without_a_visitor_only_the_load_is_in_common(void **state)
{
    (void)state;
    policy.visitor = POLICY_VISITOR_NONE;
    policy.user_id = POLICY_ID_DROP;
    text(COLUMN_ANONYMOUS_ID, "a");
    text(COLUMN_USER_ID, "u");
    text(COLUMN_SESSION_ID, "s");
    text(COLUMN_LOAD_ID, "l");
    apply();
    check_row("{\"load_id\":\"l\"}");
}

static void what_was_not_understood_is_cleaned_too(void **state)
{
    struct view json =
        VIEW_LITERAL("{\"name\":\"x\",\"ip\":\"1\",\"userId\":\"u\",\"n\":\"203.0.113.77\"}");
    struct view query = VIEW_LITERAL("\"name=x&ip=1&ua=M&at=203.0.113.77\"");
    (void)state;
    policy.user_id = POLICY_ID_HASH;
    assert_int_equal(policy_apply_raw(&request, &json, &arena, &fault), STATUS_OK);
    assert_true(view_is(json, "{\"name\":\"x\",\"n\":\"xxxxxxxxxxxx\"}"));
    assert_int_equal(policy_apply_raw(&request, &query, &arena, &fault), STATUS_OK);
    assert_true(view_is(query, "\"name=x&at=xxxxxxxxxxxx\""));
}

static void what_was_derived_may_be_too_much(void **state)
{
    (void)state;
    text(COLUMN_BROWSER, "Firefox");
    text(COLUMN_CLICK_ID_KIND, "gclid");
    text(COLUMN_COUNTRY, "AT");
    policy.has_families = false;
    policy_finish(&policy, &event);
    check_row("{\"country\":\"AT\"}");
}

static void fill_person(void)
{
    event = (struct event){0};
    text(COLUMN_USER_ID, "u-1");
    text(COLUMN_ANONYMOUS_ID, "a-1");
    text(COLUMN_SESSION_ID, "s-1");
    raw(COLUMN_USER_PROPERTIES, "{\"plan\":\"gold\"}");
}

static void what_is_replayed_gets_the_hash_of_its_time_or_none(void **state)
{
    (void)state;
    char hash[IDENTITY_TEXT_BYTES];
    policy.user_id = policy.traits = POLICY_ID_HASH;
    policy.visitor = POLICY_VISITOR_DAILY;
    fill_person();
    apply();
    memcpy(hash, event_text(&event, COLUMN_USER_ID).at, sizeof(hash));
    /* A minute later, of something that came then; nobody knows who sent it. */
    request = (struct policy_request){.policy = &policy,
                                      .keys = ring,
                                      .site = VIEW_LITERAL("shop"),
                                      .moment = {NOON_MS + 60000, NOON_MS},
                                      .is_replay = true};
    fill_person();
    apply();
    assert_memory_equal(event_text(&event, COLUMN_USER_ID).at, hash, sizeof(hash));
    assert_true(event_has(&event, COLUMN_USER_PROPERTIES));
    assert_false(event_has(&event, COLUMN_ANONYMOUS_ID));
    assert_true(event_has(&event, COLUMN_SESSION_ID));
    /* And of something that came before there was this key. */
    request.moment.of_ms = NOON_MS - 1;
    request.ids = (struct policy_memo){0};
    fill_person();
    apply();
    assert_false(event_has(&event, COLUMN_USER_ID));
    assert_false(event_has(&event, COLUMN_USER_PROPERTIES));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(signals_are_obeyed_as_the_policy_says_and_the_opt_out_always),
        CASE(consent_that_was_denied_is_a_no_however_it_is_written),
        CASE(where_consent_is_needed_silence_is_none),
        CASE(what_was_not_understood_is_judged_as_an_event_is),
        CASE(a_record_of_consent_is_kept_and_holds_nothing_of_the_visit),
        CASE(what_is_repeated_goes_and_the_rest_stays),
        CASE(who_is_told_of_is_masked_beside_who_sends),
        CASE(with_blanks_it_is_the_same),
        CASE(ids_and_traits_are_dropped_also_where_they_have_no_column),
        CASE(hashed_ids_join_as_the_ids_did),
        CASE(hashed_traits_keep_their_names_and_their_shape),
        CASE(a_days_visitor_is_one_without_any_id_of_the_client),
        CASE(without_a_visitor_only_the_load_is_in_common),
        CASE(what_was_not_understood_is_cleaned_too),
        CASE(what_was_derived_may_be_too_much),
        CASE(what_is_replayed_gets_the_hash_of_its_time_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
