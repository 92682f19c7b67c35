#include "app/cookie_renewal.h"

#include "adapters/adapter_native.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

enum { REQUEST_BYTES = 8192 };

/* 2026-11-27T00:00:00Z, and an id made a hundred days before. */
static const int64_t NOW_MS = 1795737600000;
#define CREATED "1787097600000"
#define VALUE "1.abcdefgh-12." CREATED
#define ENDS "Sat, 18 Sep 2027 00:00:00 GMT"

/* A request that is answered with a cookie, but for what a case says otherwise. */
struct asking {
    const char *query, *host, *origin, *fetch_site, *cookie, *domain, *site, *event;
};
static const struct asking COMPLETE = {
    .query = "",
    .host = "events.shop.example:8443",
    .origin = "https://www.shop.example",
    .fetch_site = "same-site",
    .cookie = "a=b; pipes_anonymous_id.shop=" VALUE "; c=d",
    .domain = "\"shop.example\"",
    .site = "shop",
    .event = "{\"type\":\"page\"}",
};

/* The value of Set-Cookie; "" when there is none. */
static const char *answer(const struct asking *asking)
{
    static char line[2048];
    char text[REQUEST_BYTES];
    char body[REQUEST_BYTES];
    struct arena arena;
    struct http_head head;
    struct http_refusal refusal;
    struct http_reply reply;
    struct batch batch = {0};
    struct fault fault = {0};
    int len = snprintf(text, sizeof(text),
                       "POST /e%s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n%s%s%sCookie: %s\r\n\r\n",
                       asking->query, asking->host, asking->origin,
                       asking->fetch_site[0] ? "Sec-Fetch-Site: " : "", asking->fetch_site,
                       asking->fetch_site[0] ? "\r\n" : "", asking->cookie);
    assert_int_equal(http_head_parse(&head, view_make(text, (size_t)len), &refusal), HTTP_DONE);
    len = snprintf(body, sizeof(body), "{\"site\":\"%s\",\"cookie\":%s,\"events\":[%s]}",
                   asking->site, asking->domain, asking->event);
    struct inbound inbound = {.method = INBOUND_POST,
                              .path = head.path,
                              .query = head.query,
                              .body = view_make(body, (size_t)len),
                              .received_ms = NOW_MS};
    arena_init(&arena, 1 << 20);
    http_reply_init(&reply, 1024);
    assert_int_equal(adapter_native.decode(&inbound, &arena, &batch, &fault), STATUS_OK);
    struct cookie_renewal renewal = {&head, &batch, &arena, NOW_MS};
    cookie_renewal_add(&renewal, &reply);
    assert_int_equal(buf_status(&reply.headers), STATUS_OK);
    struct view headers = buf_view(&reply.headers);
    snprintf(line, sizeof(line), "%.*s", VIEW_ARG(headers));
    http_reply_free(&reply);
    arena_free(&arena);
    char *end = strchr(line, '\r');
    if (end) {
        assert_memory_equal(line, "Set-Cookie: ", 12);
        *end = 0;
        assert_string_equal(end + 1, "\n");
    }
    return line[0] ? line + 12 : line;
}

static void a_valid_cookie_is_set_again_to_its_own_end(void **state)
{
    (void)state;
    assert_string_equal(answer(&COMPLETE),
                        "pipes_anonymous_id.shop=" VALUE "; Path=/; Expires=" ENDS
                        "; Domain=shop.example; SameSite=Lax; Secure");
}

static void what_it_says_of_the_session_stays(void **state)
{
    (void)state;
    struct asking asking = COMPLETE;
    asking.cookie = "pipes_anonymous_id.shop=" VALUE ".session-1.12." CREATED;
    assert_string_equal(answer(&asking),
                        "pipes_anonymous_id.shop=" VALUE ".session-1.12." CREATED
                        "; Path=/; Expires=" ENDS "; Domain=shop.example; SameSite=Lax; Secure");
}

static void the_name_is_the_trackers(void **state)
{
    (void)state;
    static const struct {
        const char *site, *event, *name;
    } cases[] = {
        {"main", "{\"type\":\"page\"}", "pipes_anonymous_id"},
        {"", "{\"type\":\"page\"}", "pipes_anonymous_id"},
        {"main", "{\"type\":\"page\",\"environment\":\"production\"}", "pipes_anonymous_id"},
        {"main", "{\"type\":\"page\",\"environment\":\"staging\"}", "pipes_anonymous_id+staging"},
        {"staging", "{\"type\":\"page\"}", "pipes_anonymous_id.staging"},
        {"a+b", "{\"type\":\"page\",\"environment\":\"c+d\"}", "pipes_anonymous_id.a%2Bb+c%2Bd"},
        {"a b\xc3\xa4(1)", "{\"type\":\"page\",\"environment\":\"x;y\"}",
         "pipes_anonymous_id.a%20b%C3%A4(1)+x%3By"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char cookie[256];
        struct asking asking = COMPLETE;
        snprintf(cookie, sizeof(cookie), "%s=%s", cases[i].name, VALUE);
        asking.site = cases[i].site;
        asking.event = cases[i].event;
        asking.cookie = cookie;
        assert_memory_equal(answer(&asking), cookie, strlen(cookie));
    }
}

static void rules_follow_the_page(void **state)
{
    (void)state;
    struct asking plain = COMPLETE;
    plain.origin = "http://www.shop.example";
    assert_null(strstr(answer(&plain), "Secure"));
    struct asking own_host = COMPLETE;
    own_host.host = "localhost:8080";
    own_host.origin = "http://localhost:8080";
    own_host.fetch_site = "same-origin";
    own_host.domain = "\"\"";
    assert_non_null(strstr(answer(&own_host), "Path=/"));
    assert_null(strstr(answer(&own_host), "Domain"));
    struct asking old_browser = own_host;
    old_browser.fetch_site = "";
    assert_string_equal(answer(&old_browser), answer(&own_host));
}

static void nothing_is_set_without_every_reason(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct asking but;
    } cases[] = {
        {"not asked for", {.domain = "null"}},
        {"a domain that is no text", {.domain = "true"}},
        {"a beacon", {.query = "?beacon=1"}},
        {"a page of another site", {.fetch_site = "cross-site"}},
        {"an address that was typed", {.fetch_site = "none"}},
        {"another host, and the browser does not say", {.fetch_site = "-"}},
        {"no page", {.origin = "null"}},
        {"another domain", {.domain = "\"other.example\""}},
        {"an end of a name", {.domain = "\"op.example\""}},
        {"a page beside the domain",
         {.origin = "https://www.other.example", .domain = "\"shop.example\""}},
        {"a domain with more in it", {.domain = "\"shop.example;x\""}},
        {"no domain, and the page is on another host", {.domain = "\"\""}},
        {"no cookie", {.cookie = "a=b"}},
        {"the cookie of another site", {.cookie = "pipes_anonymous_id=" VALUE}},
        {"another version", {.cookie = "pipes_anonymous_id.shop=2.abcdefgh-12." CREATED}},
        {"a short id", {.cookie = "pipes_anonymous_id.shop=1.abcdefg." CREATED}},
        {"an id with more in it", {.cookie = "pipes_anonymous_id.shop=1.abcdefgh!12." CREATED}},
        {"no time", {.cookie = "pipes_anonymous_id.shop=1.abcdefgh-12."}},
        {"a time of too many digits",
         {.cookie = "pipes_anonymous_id.shop=1.abcdefgh-12.0001787097600000"}},
        {"nothing behind a point", {.cookie = "pipes_anonymous_id.shop=" VALUE "."}},
        {"no number of the session", {.cookie = "pipes_anonymous_id.shop=" VALUE ".s.." CREATED}},
        {"half a session", {.cookie = "pipes_anonymous_id.shop=" VALUE ".s.1"}},
        {"a session without an id", {.cookie = "pipes_anonymous_id.shop=" VALUE "..1." CREATED}},
        {"more than a session", {.cookie = "pipes_anonymous_id.shop=" VALUE ".s.1." CREATED ".1"}},
        {"a session with more in it",
         {.cookie = "pipes_anonymous_id.shop=" VALUE ".s!.1." CREATED}},
        {"one that is over", {.cookie = "pipes_anonymous_id.shop=1.abcdefgh-12.1761609600000"}},
        {"one of the future", {.cookie = "pipes_anonymous_id.shop=1.abcdefgh-12.1795824000001"}},
        {"consent is refused",
         {.event = "{\"type\":\"page\"},{\"type\":\"page\",\"consent\":{\"state\":\"denied\"}}"}},
        {"consent is open", {.event = "{\"type\":\"page\",\"consent\":{\"state\" : \"pending\"}}"}},
        {"no event", {.event = ""}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asking asking = COMPLETE;
        const struct asking *but = &cases[i].but;
        asking.query = but->query ? but->query : asking.query;
        asking.origin = but->origin ? but->origin : asking.origin;
        asking.fetch_site = !but->fetch_site            ? asking.fetch_site
                            : but->fetch_site[0] == '-' ? ""
                                                        : but->fetch_site;
        asking.domain = but->domain ? but->domain : asking.domain;
        asking.cookie = but->cookie ? but->cookie : asking.cookie;
        asking.event = but->event ? but->event : asking.event;
        if (answer(&asking)[0]) {
            fail_msg("%s: %s", cases[i].name, answer(&asking));
        }
    }
}

static void consent_that_was_given_is_no_reason_against_it(void **state)
{
    (void)state;
    struct asking asking = COMPLETE;
    asking.event = "{\"type\":\"page\",\"consent\":{\"state\":\"granted\"}}";
    assert_string_equal(answer(&asking), answer(&COMPLETE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_cookie_is_set_again_to_its_own_end),
        cmocka_unit_test(what_it_says_of_the_session_stays),
        cmocka_unit_test(the_name_is_the_trackers),
        cmocka_unit_test(rules_follow_the_page),
        cmocka_unit_test(nothing_is_set_without_every_reason),
        cmocka_unit_test(consent_that_was_given_is_no_reason_against_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
