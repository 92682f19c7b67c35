#include "enrich/enrich_list.h"
#include "enrich/referrer_table.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static struct arena arena;
static const struct facts NOTHING;
static const struct enrich_tools TOOLS;

static void check(const char *url, const char *referrer, const char *kind, const char *name)
{
    struct event event = {0};
    event_set_string(&event, COLUMN_URL, view_from_text(url));
    if (referrer) {
        event_set_string(&event, COLUMN_REFERRER, view_from_text(referrer));
    }
    assert_int_equal(enrich_list_apply(&event, &NOTHING, &TOOLS, &arena), STATUS_OK);
    struct view found = event_text(&event, COLUMN_REFERRER_KIND);
    struct view called = event_text(&event, COLUMN_REFERRER_NAME);
    if (!view_is(found, kind) || !view_is(called, name)) {
        print_message("%s from %s: %.*s, %.*s\n", url, referrer ? referrer : "nowhere",
                      VIEW_ARG(found), VIEW_ARG(called));
    }
    assert_true(view_is(found, kind));
    assert_true(view_is(called, name));
}

static void kinds_and_names_come_from_the_referrer(void **state)
{
    (void)state;
    static const char PAGE[] = "https://shop.example/";
    arena_init(&arena, 1 << 16);
    check(PAGE, NULL, "direct", "");
    check(PAGE, "https://shop.example/cart", "internal", "");
    check(PAGE, "https://WWW.Shop.Example/", "internal", "");
    check(PAGE, "https://other.example/", "link", "");
    check(PAGE, "https://www.google.com/", "search", "Google");
    check(PAGE, "https://www.google.co.uk/search?q=x", "search", "Google");
    check(PAGE, "https://google.at", "search", "Google");
    check(PAGE, "https://google.evil.example/", "link", "");
    check(PAGE, "https://notgoogle.com/", "link", "");
    check(PAGE, "https://mail.google.com/mail/u/0/", "mail", "Gmail");
    check(PAGE, "https://gemini.google.com/app", "ai", "Gemini");
    check(PAGE, "https://chatgpt.com/", "ai", "ChatGPT");
    check(PAGE, "https://www.perplexity.ai/", "ai", "Perplexity");
    check(PAGE, "https://l.facebook.com/", "social", "Facebook");
    check(PAGE, "https://t.co/abc", "social", "X");
    check(PAGE, "https://m.youtube.com/watch?v=1", "video", "YouTube");
    check(PAGE, "android-app://com.google.android.gm/", "mail", "Gmail");
    check(PAGE, "nonsense", "direct", "");
    arena_free(&arena);
}

static void a_campaign_counts_more_than_where_it_ran_and_less_than_the_own_site(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    check("https://shop.example/?utm_source=news", NULL, "campaign", "");
    check("https://shop.example/?gclid=1", "https://www.google.com/", "campaign", "Google");
    check("https://shop.example/?utm_source=x", "https://shop.example/", "internal", "");
    arena_free(&arena);
}

static void sites_under_a_lent_name_are_strangers(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    check("https://a.github.io/", "https://b.github.io/", "link", "");
    check("https://a.co.uk/", "https://b.co.uk/", "link", "");
    check("https://a.shop.co.uk/", "https://b.shop.co.uk/", "internal", "");
    check("http://10.0.0.1/", "http://11.0.0.1/", "link", "");
    check("http://localhost/", "http://localhost:8080/x", "internal", "");
    arena_free(&arena);
}

static void an_event_without_a_page_came_from_nowhere(void **state)
{
    (void)state;
    struct event event = {0};
    arena_init(&arena, 1 << 16);
    event_set_string(&event, COLUMN_REFERRER, VIEW_LITERAL("https://www.google.com/"));
    assert_int_equal(enrich_list_apply(&event, &NOTHING, &TOOLS, &arena), STATUS_OK);
    assert_false(event_has(&event, COLUMN_REFERRER_KIND));
    arena_free(&arena);
}

/* Or the search among them would miss some. */
static void the_table_is_in_order_and_each_row_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < referrer_table_count; i++) {
        char host[128];
        size_t len = strlen(referrer_table[i].domain);
        assert_true(i == 0 || strcmp(referrer_table[i - 1].domain, referrer_table[i].domain) < 0);
        snprintf(host, sizeof(host), "%s%s", referrer_table[i].domain,
                 referrer_table[i].domain[len - 1] == '.' ? "xy" : "");
        const struct referrer_row *row = referrer_list_find(view_from_text(host));
        assert_ptr_equal(row, &referrer_table[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_names_come_from_the_referrer),
        cmocka_unit_test(a_campaign_counts_more_than_where_it_ran_and_less_than_the_own_site),
        cmocka_unit_test(sites_under_a_lent_name_are_strangers),
        cmocka_unit_test(an_event_without_a_page_came_from_nowhere),
        cmocka_unit_test(the_table_is_in_order_and_each_row_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
