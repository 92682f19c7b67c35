#include "net/listen_address.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct listen_address parsed(const char *text)
{
    struct listen_address address;
    struct fault fault = {0};
    memset(&address, 0x55, sizeof(address));
    if (listen_address_parse(&address, view_from_text(text), &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return address;
}

static void reads_hosts_and_ports(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int family;
        const char *host;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:8080", AF_INET, "127.0.0.1", 8080},
        {"0.0.0.0:0", AF_INET, "0.0.0.0", 0},
        {"255.255.255.255:65535", AF_INET, "255.255.255.255", 65535},
        {"[::1]:80", AF_INET6, "::1", 80},
        {"[::]:1", AF_INET6, "::", 1},
        {"[2001:db8:1:2:3:4:5:6]:443", AF_INET6, "2001:db8:1:2:3:4:5:6", 443},
        {"[::ffff:192.0.2.1]:443", AF_INET6, "::ffff:192.0.2.1", 443},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct listen_address address = parsed(cases[i].text);
        char host[INET6_ADDRSTRLEN] = "";
        bool is_v4 = cases[i].family == AF_INET;
        assert_int_equal(address.at.any.sa_family, cases[i].family);
        inet_ntop(cases[i].family,
                  is_v4 ? (void *)&address.at.v4.sin_addr : (void *)&address.at.v6.sin6_addr, host,
                  sizeof(host));
        assert_string_equal(host, cases[i].host);
        assert_string_equal(address.text, cases[i].text);
        assert_int_equal(listen_address_port(&address), cases[i].port);
        assert_int_equal(address.len,
                         is_v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        assert_false(address.is_any || address.is_unix);
        assert_false(address.has_tls || address.has_proxy_header);
    }
}

static void a_star_is_every_address_of_both_families(void **state)
{
    (void)state;
    struct listen_address address = parsed("*:8080");
    assert_true(address.is_any);
    assert_int_equal(address.at.any.sa_family, AF_INET6);
    assert_memory_equal(&address.at.v6.sin6_addr, &in6addr_any, sizeof(in6addr_any));
    assert_int_equal(listen_address_port(&address), 8080);
    assert_string_equal(address.text, "*:8080");
}

static void reads_paths_of_unix_sockets(void **state)
{
    (void)state;
    struct listen_address address = parsed("unix:/run/pipes/events.sock");
    assert_true(address.is_unix);
    assert_int_equal(address.at.any.sa_family, AF_UNIX);
    assert_string_equal(address.at.local.sun_path, "/run/pipes/events.sock");
    assert_int_equal(address.len, sizeof(struct sockaddr_un));
    assert_int_equal(listen_address_port(&address), 0);
    assert_string_equal(parsed("unix:here").at.local.sun_path, "here");
    assert_string_equal(parsed("unix:/a:80").at.local.sun_path, "/a:80");
}

/* The path has to fit with the zero byte behind it. */
static void a_path_may_be_as_long_as_the_system_allows(void **state)
{
    (void)state;
    char text[300] = "unix:/";
    struct listen_address address;
    struct fault fault = {0};
    size_t most = sizeof(address.at.local.sun_path) - 1;
    memset(text + 6, 'p', most - 1);
    address = parsed(text);
    assert_int_equal(strlen(address.at.local.sun_path), most);
    assert_string_equal(address.text, text);
    for (size_t len = most; len < sizeof(text) - 7; len++) {
        text[6 + len - 1] = 'p';
        assert_int_equal(listen_address_parse(&address, view_from_text(text), &fault),
                         STATUS_BAD_INPUT);
    }
}

static void reads_words_behind_the_address(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
        bool has_tls;
        bool has_proxy_header;
    } cases[] = {
        {"127.0.0.1:1 tls", "127.0.0.1:1", true, false},
        {"127.0.0.1:1 proxy", "127.0.0.1:1", false, true},
        {"*:1 tls proxy", "*:1", true, true},
        {"[::1]:1 proxy  tls ", "[::1]:1", true, true},
        {" \t unix:/a   proxy", "unix:/a", false, true},
        {"*:1 tls tls", "*:1", true, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct listen_address address = parsed(cases[i].text);
        assert_string_equal(address.text, cases[i].place);
        assert_int_equal(address.has_tls, cases[i].has_tls);
        assert_int_equal(address.has_proxy_header, cases[i].has_proxy_header);
    }
}

static void says_what_is_allowed_when_it_is_something_else(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "127.0.0.1",
        ":80",
        "80",
        "localhost:80",
        "example.org:80",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1:80x",
        "127.0.0.1:0x50",
        "127.0.0.1:99999999999999999999",
        "127.0.0.1.1:80",
        "256.0.0.1:80",
        "::1:80",
        "[::1:80",
        "::1]:80",
        "[::1]80",
        "[]:80",
        "[*]:80",
        "[127.0.0.1]:80",
        "[::1%lo]:80",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000]:80",
        "**:80",
        "unix:",
        "unix: /a",
        "UNIX:/a",
        "127.0.0.1:80 TLS",
        "127.0.0.1:80 tls,proxy",
        "127.0.0.1:80 quic",
        "127.0.0.1:80\ttls",
        "tls 127.0.0.1:80",
        "tls",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct listen_address address;
        struct fault fault = {0};
        char quoted[128];
        if (listen_address_parse(&address, view_from_text(bad[i]), &fault) != STATUS_BAD_INPUT) {
            fail_msg("taken: \"%s\"", bad[i]);
        }
        snprintf(quoted, sizeof(quoted), "\"%s\" is not an address", bad[i]);
        assert_non_null(strstr(fault.text, quoted));
        assert_non_null(strstr(fault.text, "127.0.0.1:8080"));
        assert_non_null(strstr(fault.text, "[::1]:8080"));
        assert_non_null(strstr(fault.text, "unix:/path"));
        assert_non_null(strstr(fault.text, "tls or proxy"));
    }
}

/* A path with a zero byte in it would be another path for the system. */
static void a_zero_byte_ends_no_address(void **state)
{
    (void)state;
    static const struct view bad[] = {
        VIEW_LITERAL("unix:/a\0b"),
        VIEW_LITERAL("127.0.0.1\0:80"),
        VIEW_LITERAL("127.0.0.1:80\0"),
        VIEW_LITERAL("[::1\0]:80"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct listen_address address;
        struct fault fault = {0};
        assert_int_equal(listen_address_parse(&address, bad[i], &fault), STATUS_BAD_INPUT);
    }
}

static void reads_lists(void **state)
{
    (void)state;
    struct listen_address list[LISTEN_ADDRESSES_MAX];
    struct fault fault = {0};
    size_t count = 99;
    assert_int_equal(
        listen_address_parse_list(
            list, &count, "*:8080, 127.0.0.1:8443 tls,unix:/run/events.sock proxy ", &fault),
        STATUS_OK);
    assert_int_equal(count, 3);
    assert_true(list[0].is_any && !list[0].has_tls);
    assert_true(list[1].has_tls && listen_address_port(&list[1]) == 8443);
    assert_true(list[2].is_unix && list[2].has_proxy_header && !list[2].has_tls);
    assert_int_equal(listen_address_parse_list(list, &count, "[::1]:1", &fault), STATUS_OK);
    assert_int_equal(count, 1);
}

static void a_list_has_no_gaps(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ",", "*:1,", ",*:1", "*:1,,*:2", "*:1, b:2"};
    struct listen_address list[LISTEN_ADDRESSES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fault fault = {0};
        assert_int_equal(listen_address_parse_list(list, &count, bad[i], &fault), STATUS_BAD_INPUT);
        assert_non_null(strstr(fault.text, "is not an address"));
    }
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    struct listen_address list[LISTEN_ADDRESSES_MAX];
    struct fault fault = {0};
    size_t count = 0;
    char text[LISTEN_ADDRESSES_MAX * 8] = "*:1";
    for (size_t i = 1; i < LISTEN_ADDRESSES_MAX; i++) {
        memcpy(text + 4 * i - 1, ",*:1", 4);
    }
    assert_int_equal(listen_address_parse_list(list, &count, text, &fault), STATUS_OK);
    assert_int_equal(count, LISTEN_ADDRESSES_MAX);
    memcpy(text + strlen(text), ",*:1", 5);
    assert_int_equal(listen_address_parse_list(list, &count, text, &fault), STATUS_TOO_BIG);
    assert_string_equal(fault.text, "at most 16 addresses to listen on");
}

static void a_port_may_be_put_in_later(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1:0", "[::1]:0", "*:0"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct listen_address address = parsed(texts[i]);
        listen_address_set_port(&address, 65535);
        assert_int_equal(listen_address_port(&address), 65535);
    }
    struct listen_address local = parsed("unix:/a");
    listen_address_set_port(&local, 1);
    assert_int_equal(listen_address_port(&local), 0);
    assert_string_equal(local.at.local.sun_path, "/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_hosts_and_ports),
        cmocka_unit_test(a_star_is_every_address_of_both_families),
        cmocka_unit_test(reads_paths_of_unix_sockets),
        cmocka_unit_test(a_path_may_be_as_long_as_the_system_allows),
        cmocka_unit_test(reads_words_behind_the_address),
        cmocka_unit_test(says_what_is_allowed_when_it_is_something_else),
        cmocka_unit_test(a_zero_byte_ends_no_address),
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(a_list_has_no_gaps),
        cmocka_unit_test(a_list_has_an_end),
        cmocka_unit_test(a_port_may_be_put_in_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
