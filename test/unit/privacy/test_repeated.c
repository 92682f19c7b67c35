#include "privacy/repeated.h"

#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena arena;

static unsigned look(struct view text, unsigned also, struct view needle)
{
    const struct repeated_search search = {true, also, {needle}};
    unsigned found = repeated_look(text, &search);
    assert_int_equal(found, repeated_look_portably(text, &search));
    return found;
}

static unsigned members(struct view text, unsigned also)
{
    return look(text, also, view_make(NULL, 0));
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void check_strip(const char *json, unsigned also, const char *rest)
{
    struct view stripped;
    struct view text = view_from_text(json);
    assert_int_equal(repeated_strip(text, also, &arena, &stripped), STATUS_OK);
    assert_int_equal(stripped.len, strlen(rest));
    assert_memory_equal(stripped.at, rest, stripped.len);
    if (strcmp(json, rest) != 0) {
        assert_int_equal(members(text, also), REPEATED_MEMBER);
    }
}

static void a_name_with_many_joints_is_that_name(void **state)
{
    (void)state;
    static const char MARKS[] = "----------------------------------------------------------------";
    for (size_t count = 0; count < sizeof(MARKS); count++) {
        char json[256];
        snprintf(json, sizeof(json), "{\"i%.*sp\":\"1.2.3.4\",\"a\":1}", (int)count, MARKS);
        check_strip(json, 0, "{\"a\":1}");
        snprintf(json, sizeof(json), "{\"%.*sip\" : 1,\"a\":1}", (int)count, MARKS);
        check_strip(json, 0, "{\"a\":1}");
        snprintf(json, sizeof(json), "{\"\\u0069%.*sp\":1,\"a\":1}", (int)count, MARKS);
        check_strip(json, 0, "{\"a\":1}");
    }
}

static void addresses_agents_and_device_ids_go_whatever_they_are_called(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"ip",
                                        "$ip",
                                        "IP",
                                        "ip_address",
                                        "ipAddress",
                                        "clientIp",
                                        "userAgent",
                                        "user_agent",
                                        "$user_agent",
                                        "User-Agent",
                                        "ua",
                                        "X-Forwarded-For",
                                        "remote_addr",
                                        "advertisingId",
                                        "advertising_id",
                                        "idfa",
                                        "IDFV",
                                        "gaid",
                                        "userAgentData",
                                        "\\u0069p",
                                        "android_id",
                                        "imei"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        char json[128];
        snprintf(json, sizeof(json), "{\"a\":1.50,\"%s\":\"x\",\"b\":\"c\"}", NAMES[i]);
        check_strip(json, 0, "{\"a\":1.50,\"b\":\"c\"}");
        snprintf(json, sizeof(json), "{\"deep\":[{\"er\":{\"%s\" : {\"x\":[1]}}}]}", NAMES[i]);
        check_strip(json, 0, "{\"deep\":[{\"er\":{}}]}");
    }
    check_strip("{\"device\":{\"id\":\"x\",\"model\":\"m\",\"idfa\":\"y\"}}", 0,
                "{\"device\":{\"model\":\"m\"}}");
    check_strip("{\"ip\":1}", 0, "{}");
}

/* A key before, behind and across the ends of blocks; what stands around it is not taken for one.
 */
static void a_name_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const NAMES[] = {
        "ip",
        "ipaddress",
        "ipaddr",
        "ipv4",
        "ipv6",
        "clientip",
        "userip",
        "remoteip",
        "remoteaddr",
        "xforwardedfor",
        "xrealip",
        "cfconnectingip",
        "trueclientip",
        "ua",
        "useragent",
        "httpuseragent",
        "rawuseragent",
        "advertisingid",
        "androidid",
        "idfa",
        "idfv",
        "gaid",
        "aaid",
        "imei",
        "device",
        "user_id",
        "distinct_id",
        "previous_id",
        "group_id",
        "traits",
        "$user_id",
        "userProperties",
        "anonymous_id",
        "device_id",
        "session_index",
        "tab_id",
        "X-Real-IP",
        "\\u0075a",
        "_ip",
    };
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        for (int pad = 0; pad < 140; pad++) {
            char text[256];
            snprintf(text, sizeof(text), "{\"note\":\"%0*d\",\"%s\"%s:1,\"total\":\"a:b\"}", pad, 0,
                     NAMES[i], pad % 2 ? "" : " ");
            assert_int_equal(members(view_from_text(text), 7), REPEATED_MEMBER);
            snprintf(text, sizeof(text), "{\"note\":\"%0*d\",\"n%s\"%s:1,\"total\":\"a:b\"}", pad,
                     0, "ame", pad % 2 ? "" : " ");
            assert_int_equal(members(view_from_text(text), 7), 0);
        }
    }
}

static void everything_else_stays_byte_for_byte(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "{\"sku\":\"A-1\",\"price\":1e3,\"tip\":\"ip\",\"zip\":\"1010\",\"ipsum\":1,\"id\":7}",
        "{\"url\":\"https://a.example/?ip=1\",\"ships\":true,\"user\":{\"id\":3}}",
        "[1,2,{\"equipment\":\"\\u00e9\"}]",
        "\"ip\"",
        "{}",
        "{\"user_id\":\"u\",\"traits\":{\"plan\":\"pro\"},\"session_id\":\"s\"}",
    };
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct view rest;
        struct view text = view_from_text(TEXTS[i]);
        assert_int_equal(repeated_strip(text, 0, &arena, &rest), STATUS_OK);
        assert_ptr_equal(rest.at, text.at);
        assert_int_equal(rest.len, text.len);
    }
    assert_int_equal(members(view_from_text(TEXTS[0]), 0), 0);
    assert_int_equal(members(view_from_text(TEXTS[1]), 0), 0);
}

static void ids_and_traits_go_when_they_are_asked_for(void **state)
{
    (void)state;
    const char *json =
        "{\"userId\":\"u\",\"traits\":{\"plan\":\"pro\"},\"anonymousId\":\"a\",\"n\":1}";
    check_strip(json, REPEATED_USER_IDS,
                "{\"traits\":{\"plan\":\"pro\"},\"anonymousId\":\"a\",\"n\":1}");
    check_strip(json, REPEATED_TRAITS, "{\"userId\":\"u\",\"anonymousId\":\"a\",\"n\":1}");
    check_strip(json, REPEATED_USER_IDS | REPEATED_TRAITS | REPEATED_VISITOR_IDS, "{\"n\":1}");
}

static void what_is_no_json_is_not_stripped_by_halves(void **state)
{
    (void)state;
    struct view rest;
    assert_int_equal(repeated_strip(VIEW_LITERAL("{\"ip\":1"), 0, &arena, &rest), STATUS_BAD_INPUT);
    assert_int_equal(rest.len, 0);
}

static void a_query_loses_the_parameters_of_such_names(void **state)
{
    (void)state;
    struct view rest;
    assert_int_equal(repeated_strip_query(VIEW_LITERAL("a=1&ip=192.0.2.1&ua=M&b=2&user_id=u"),
                                          REPEATED_USER_IDS, &arena, &rest),
                     STATUS_OK);
    assert_true(view_is(rest, "a=1&b=2"));
    assert_int_equal(repeated_strip_query(VIEW_LITERAL("ip=1"), 0, &arena, &rest), STATUS_OK);
    assert_int_equal(rest.len, 0);
}

static void a_needle_is_masked_wherever_it_stands(void **state)
{
    (void)state;
    struct view masked;
    struct view text =
        VIEW_LITERAL("{\"x\":\"203.0.113.77, 203.0.113.77\",\"padding\":\"0123456789\","
                     "\"y\":\"203.0.113.7\",\"z\":\"203.0.113.77\"}");
    assert_int_equal(repeated_mask(text, VIEW_LITERAL("203.0.113.77"), &arena, &masked), STATUS_OK);
    assert_true(view_is(masked, "{\"x\":\"xxxxxxxxxxxx, xxxxxxxxxxxx\",\"padding\":\"0123456789\","
                                "\"y\":\"203.0.113.7\",\"z\":\"xxxxxxxxxxxx\"}"));
    assert_int_equal(repeated_mask(text, VIEW_LITERAL("198.51.100.9"), &arena, &masked), STATUS_OK);
    assert_ptr_equal(masked.at, text.at);
    /* Too short to mean anything. */
    assert_int_equal(repeated_mask(text, VIEW_LITERAL("::1"), &arena, &masked), STATUS_OK);
    assert_ptr_equal(masked.at, text.at);
    for (size_t at = 0; at < 64; at++) {
        char long_text[96];
        memset(long_text, '.', sizeof(long_text));
        memcpy(long_text + at, "192.0.2.33", 10);
        assert_int_equal(repeated_mask(view_make(long_text, 64 + 10), VIEW_LITERAL("192.0.2.33"),
                                       &arena, &masked),
                         STATUS_OK);
        assert_null(memmem(masked.at, masked.len, "192.0.2.33", 10));
        struct view whole = view_make(long_text, 64 + 10);
        assert_int_equal(look(whole, 0, VIEW_LITERAL("192.0.2.33")), REPEATED_NEEDLE);
        assert_int_equal(look(masked, 0, VIEW_LITERAL("192.0.2.33")), 0);
        assert_int_equal(look(whole, 0, VIEW_LITERAL("192.0.2.34")), 0);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_name_with_many_joints_is_that_name),
        CASE(addresses_agents_and_device_ids_go_whatever_they_are_called),
        CASE(a_name_is_seen_wherever_it_stands),
        CASE(everything_else_stays_byte_for_byte),
        CASE(ids_and_traits_go_when_they_are_asked_for),
        CASE(what_is_no_json_is_not_stripped_by_halves),
        CASE(a_query_loses_the_parameters_of_such_names),
        CASE(a_needle_is_masked_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
