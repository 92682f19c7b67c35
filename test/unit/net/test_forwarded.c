#include "net/forwarded.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

static const char TRUSTED[] = "127.0.0.0/8, 10.0.0.0/8, ::1, fd00::/8";

static struct trusted_networks trust(const char *text)
{
    struct trusted_networks trusted;
    struct fault fault = {0};
    assert_int_equal(trusted_networks_parse(&trusted, text, &fault), STATUS_OK);
    return trusted;
}

static struct forwarded read_one(const char *peer, const char *name, const char *value)
{
    static struct http_head head; /* too large for a stack frame with many of them */
    struct trusted_networks trusted = trust(TRUSTED);
    struct forwarded client;
    head = (struct http_head){0};
    if (value) {
        assert_true(http_head_add(&head, view_from_text(name), view_from_text(value)));
    }
    forwarded_read(&client, &trusted, peer, &head);
    return client;
}

static void finds_the_first_hop_that_is_not_trusted(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *value, *client;
    } cases[] = {
        {"10.0.0.1", NULL, "10.0.0.1"},
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4", "1.2.3.4"},
        {"::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"},
        {"::1", "2001:DB8::1", "2001:db8::1"},
        {"10.0.0.1", "1.2.3.4:567", "1.2.3.4"},
        {"10.0.0.1", "[2001:db8::1]:8", "2001:db8::1"},
        {"10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "1.2.3.4, 10.0.0.2, fd12::3,127.0.0.1", "1.2.3.4"},
        {"10.0.0.1", "1.2.3.4,::ffff:10.9.9.9 , [::1]:80", "1.2.3.4"},
        {"10.0.0.1", ",1.2.3.4,, ,10.0.0.2,", "1.2.3.4"},
        /* all are trusted: the leftmost */
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
        /* a lie left of the client */
        {"10.0.0.1", "8.8.8.8, 1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "127.0.0.1, 1.2.3.4, 10.0.0.2", "1.2.3.4"},
        {"10.0.0.1", "rubbish \x01, 1.2.3.4", "1.2.3.4"},
        /* nobody may claim who is not trusted */
        {"1.1.1.1", "1.2.3.4", "1.1.1.1"},
        {"1.1.1.1", "10.0.0.1", "1.1.1.1"},
        {"::2", "1.2.3.4", "::2"},
        {"::ffff:1.1.1.1", "1.2.3.4", "1.1.1.1"},
        /* the walk stops */
        {"10.0.0.1", "unknown", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4, unknown, 10.0.0.2", "10.0.0.2"},
        {"10.0.0.1", "1.2.3.4, _hidden", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4 5.6.7.8", "10.0.0.1"},
        {"10.0.0.1", "for=1.2.3.4", "10.0.0.1"},
        {"10.0.0.1", "\"1.2.3.4\"", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4:99999", "10.0.0.1"},
        {"10.0.0.1", "999.2.3.4", "10.0.0.1"},
        /* no address at all, such as a path of a socket */
        {"local", "1.2.3.4", "local"},
        {"", "1.2.3.4", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct forwarded client = read_one(cases[i].peer, "X-Forwarded-For", cases[i].value);
        if (strcmp(client.address, cases[i].client) != 0) {
            fail_msg("%s, %s: %s", cases[i].peer, cases[i].value, client.address);
        }
    }
}

static void takes_several_headers_as_one_list(void **state)
{
    (void)state;
    struct trusted_networks trusted = trust(TRUSTED);
    struct forwarded client;
    struct http_head *head = calloc(1, sizeof(*head));
    static const struct http_header headers[] = {
        {{"x-forwarded-for", 15}, {"8.8.8.8, 1.2.3.4", 16}},
        {{"Accept", 6}, {"9.9.9.9", 7}},
        {{"X-FORWARDED-FOR", 15}, {"10.0.0.3,10.0.0.2", 17}},
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_true(http_head_add(head, headers[i].name, headers[i].value));
    }
    forwarded_read(&client, &trusted, "10.0.0.1", head);
    assert_string_equal(client.address, "1.2.3.4");
    head->headers[2].value = VIEW_LITERAL("unknown");
    forwarded_read(&client, &trusted, "10.0.0.1", head);
    assert_string_equal(client.address, "10.0.0.1");
    free(head);
}

static void looks_at_no_more_than_32_hops(void **state)
{
    (void)state;
    static const struct {
        size_t trusted_hops;
        const char *client;
    } cases[] = {{FORWARDED_HOPS_MAX - 1, "1.2.3.4"}, {FORWARDED_HOPS_MAX, "10.0.0.2"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf value;
        buf_init(&value, 4096);
        buf_append_text(&value, "1.2.3.4");
        for (size_t n = 0; n < cases[i].trusted_hops; n++) {
            buf_append_text(&value, ",10.0.0.2");
        }
        buf_append_byte(&value, '\0');
        struct forwarded client = read_one("10.0.0.1", "X-Forwarded-For", value.at);
        assert_string_equal(client.address, cases[i].client);
        buf_free(&value);
    }
}

static void believes_the_scheme_of_a_trusted_peer_only(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *value;
        bool is_https;
    } cases[] = {
        {"10.0.0.1", "https", true},       {"10.0.0.1", "HTTPS", true},
        {"10.0.0.1", "https, http", true}, {"10.0.0.1", "http, https", false},
        {"10.0.0.1", "http", false},       {"10.0.0.1", "httpsx", false},
        {"10.0.0.1", "", false},           {"10.0.0.1", NULL, false},
        {"1.1.1.1", "https", false},       {"local", "https", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct forwarded client = read_one(cases[i].peer, "X-Forwarded-Proto", cases[i].value);
        assert_int_equal(client.is_https, cases[i].is_https);
        assert_string_equal(client.address, cases[i].peer);
    }
}

static void trusts_networks_to_the_bit(void **state)
{
    (void)state;
    static const struct {
        const char *networks, *address;
        bool is_trusted;
    } cases[] = {
        {"", "127.0.0.1", false},
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "9.255.255.255", false},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"1.2.3.4/31", "1.2.3.5", true},
        {"1.2.3.4/31", "1.2.3.6", false},
        {"1.2.3.4", "1.2.3.4", true},
        {"1.2.3.4", "1.2.3.5", false},
        {"1.2.3.4/32", "::ffff:1.2.3.4", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "11.1.2.3", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "8.8.8.8", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {" ::2 ,\t1.2.3.4/32 ", "1.2.3.4", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct trusted_networks trusted = trust(cases[i].networks);
        struct ip_address address;
        assert_true(ip_address_parse(&address, view_from_text(cases[i].address)));
        if (trusted_networks_hold(&trusted, &address) != cases[i].is_trusted) {
            fail_msg("%s, %s", cases[i].networks, cases[i].address);
        }
    }
}

static void names_the_network_it_does_not_understand(void **state)
{
    (void)state;
    static const struct {
        const char *networks, *named;
    } cases[] = {
        {"10.0.0.0/8, localhost", "'localhost' is no network"},
        {"10.0.0.0/8,,::1", "'' is no network"},
        {"10.0.0/8", "'10.0.0/8' is no network"},
        {"[::1]", "'[::1]' is no network"},
        {"/8", "'/8' is no network"},
        {"10.0.0.0/", "'10.0.0.0/': behind the '/' stands 0 to 32"},
        {"10.0.0.0/33", "'10.0.0.0/33': behind the '/' stands 0 to 32"},
        {"10.0.0.0/-1", "stands 0 to 32"},
        {"10.0.0.0/255.0.0.0", "stands 0 to 32"},
        {"10.0.0.0/8/8", "stands 0 to 32"},
        {"::/129", "'::/129': behind the '/' stands 0 to 128"},
        {"::1, 10.1.0.0/8", "'10.1.0.0/8' is an address in a network; bits behind the first 8"},
        {"fd00::1/8", "bits behind the first 8 must be 0"},
        {"::ffff:1.2.3.4/64", "bits behind the first 64 must be 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct trusted_networks trusted;
        struct fault fault = {0};
        assert_int_equal(trusted_networks_parse(&trusted, cases[i].networks, &fault),
                         STATUS_BAD_INPUT);
        assert_int_equal(trusted.count, 0);
        if (!strstr(fault.text, cases[i].named)) {
            fail_msg("%s: %s", cases[i].networks, fault.text);
        }
    }
}

static void bounds_the_table(void **state)
{
    (void)state;
    struct buf text;
    struct trusted_networks trusted;
    struct fault fault = {0};
    buf_init(&text, 4096);
    for (size_t i = 0; i < TRUSTED_NETWORKS_MAX; i++) {
        buf_append_text(&text, i == 0 ? "::1" : ",::1");
    }
    buf_append(&text, "\0::2", 5);
    assert_int_equal(trusted_networks_parse(&trusted, text.at, &fault), STATUS_OK);
    assert_int_equal(trusted.count, TRUSTED_NETWORKS_MAX);
    text.at[text.len - 5] = ',';
    assert_int_equal(trusted_networks_parse(&trusted, text.at, &fault), STATUS_TOO_BIG);
    assert_int_equal(trusted.count, 0);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_first_hop_that_is_not_trusted),
        cmocka_unit_test(takes_several_headers_as_one_list),
        cmocka_unit_test(looks_at_no_more_than_32_hops),
        cmocka_unit_test(believes_the_scheme_of_a_trusted_peer_only),
        cmocka_unit_test(trusts_networks_to_the_bit),
        cmocka_unit_test(names_the_network_it_does_not_understand),
        cmocka_unit_test(bounds_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
