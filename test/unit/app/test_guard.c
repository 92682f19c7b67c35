#include "app/guard.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct guard *guard;
static struct settings *settings;
static struct http_head head;

static int set_up(void **state)
{
    struct fault fault;
    struct config config = {.origins = "",
                            .scrub_drop = "",
                            .scrub_hash = "",
                            .scrub_allow = "",
                            .server_cookie = "off",
                            .trusted_proxies = "10.0.0.0/8, unix",
                            .source_connections_max = 2,
                            .source_requests_max = 1,
                            .site_requests_max = 1};
    (void)state;
    config.unknown_site = "refuse";
    policy_words_of(POLICY_MEASURE, config.policy_words);
    head = (struct http_head){0};
    return guard_create(&guard, 4, &fault) == STATUS_OK &&
                   settings_create(&settings, &config, 0, &fault) == STATUS_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    guard_destroy(guard);
    settings_destroy(settings);
    return 0;
}

static void forward_for(const char *client)
{
    head = (struct http_head){0};
    assert_true(http_head_add(&head, VIEW_LITERAL("X-Forwarded-For"), view_from_text(client)));
}

static unsigned requests_that_may_come(const char *peer, unsigned tries)
{
    unsigned may = 0;
    int64_t wait_ms;
    for (unsigned i = 0; i < tries; i++) {
        struct forwarded room;
        const char *client = forwarded_client(&room, &settings->trusted, peer, &head);
        may += guard_request(guard, settings, client, &wait_ms);
    }
    return may;
}

static void connections_are_counted_by_address_until_they_are_closed(void **state)
{
    (void)state;
    assert_true(guard_connect(guard, settings, "203.0.113.5"));
    assert_true(guard_connect(guard, settings, "203.0.113.5"));
    assert_false(guard_connect(guard, settings, "203.0.113.5"));
    assert_true(guard_connect(guard, settings, "203.0.113.6"));
    guard_disconnect(guard, "203.0.113.5");
    assert_true(guard_connect(guard, settings, "203.0.113.5"));
    assert_false(guard_connect(guard, settings, "203.0.113.5"));
}

static void a_refused_connection_is_not_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(guard_connect(guard, settings, "2001:db8::1"), i < 2);
    }
    guard_disconnect(guard, "2001:db8::99"); /* the same subscriber */
    assert_true(guard_connect(guard, settings, "2001:db8::1"));
}

static void those_that_stand_for_many_have_no_limit(void **state)
{
    static const char *const PEERS[] = {"127.0.0.1",       "::1", "127.9.9.9", "10.1.2.3",
                                        "::ffff:10.0.0.1", "unix"};
    (void)state;
    for (size_t i = 0; i < sizeof(PEERS) / sizeof(PEERS[0]); i++) {
        for (int k = 0; k < 5; k++) {
            assert_true(guard_connect(guard, settings, PEERS[i]));
        }
        assert_int_equal(requests_that_may_come(PEERS[i], 9), 9);
    }
}

static void more_addresses_than_there_is_room_for_are_let_in_uncounted(void **state)
{
    static const char *const PEERS[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4",
                                        "192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8"};
    (void)state;
    for (size_t i = 0; i < sizeof(PEERS) / sizeof(PEERS[0]); i++) {
        assert_true(guard_connect(guard, settings, PEERS[i]));
    }
    for (size_t i = 0; i < sizeof(PEERS) / sizeof(PEERS[0]); i++) {
        guard_disconnect(guard, PEERS[i]);
    }
    assert_true(guard_connect(guard, settings, "192.0.2.1"));
    assert_true(guard_connect(guard, settings, "192.0.2.1"));
    assert_false(guard_connect(guard, settings, "192.0.2.1"));
}

static void the_client_behind_a_proxy_is_the_source(void **state)
{
    (void)state;
    forward_for("203.0.113.5");
    assert_int_equal(requests_that_may_come("10.0.0.1", 9), 2);
    assert_int_equal(requests_that_may_come("unix", 9), 0);
    forward_for("203.0.113.6");
    assert_int_equal(requests_that_may_come("unix", 9), 2);
    /* A peer that is not trusted only claims to be somebody else. */
    assert_int_equal(requests_that_may_come("198.51.100.1", 9), 2);
}

static void a_site_is_limited_by_its_name_and_apart_from_addresses(void **state)
{
    int64_t wait_ms;
    (void)state;
    unsigned may = 0;
    for (int i = 0; i < 9; i++) {
        may += guard_site(guard, settings->site_requests, VIEW_LITERAL("shop"), &wait_ms);
    }
    assert_int_equal(may, 2);
    assert_in_range(wait_ms, 1, 1001);
    assert_true(guard_site(guard, settings->site_requests, VIEW_LITERAL("other"), &wait_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(connections_are_counted_by_address_until_they_are_closed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_connection_is_not_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(those_that_stand_for_many_have_no_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_addresses_than_there_is_room_for_are_let_in_uncounted,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_client_behind_a_proxy_is_the_source, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_site_is_limited_by_its_name_and_apart_from_addresses,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
