#include "enrich/enrich_url.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct facts NOTHING;
static const struct enrich_tools TOOLS;
static struct arena arena;

static struct event enriched(const char *url)
{
    struct event event = {0};
    event_set_string(&event, COLUMN_URL, view_from_text(url));
    assert_int_equal(enrich_url.apply(&event, &NOTHING, &TOOLS, &arena), STATUS_OK);
    return event;
}

static void campaign_and_click_id_come_from_the_address(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    struct event event = enriched("https://a.example/p?utm_source=news+letter&utm_medium=email"
                                  "&utm_campaign=x&utm_term=y&utm_content=z&gclid=secret");
    assert_true(view_is(event_text(&event, COLUMN_HOST), "a.example"));
    assert_true(view_is(event_text(&event, COLUMN_PATH), "/p"));
    assert_true(view_is(event_text(&event, COLUMN_CAMPAIGN_SOURCE), "news letter"));
    assert_true(view_is(event_text(&event, COLUMN_CAMPAIGN_NAME), "x"));
    assert_true(view_is(event_text(&event, COLUMN_CLICK_ID_KIND), "gclid"));
    arena_free(&arena);
}

static void what_the_client_said_stays(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    struct event event = {0};
    event_set_string(&event, COLUMN_URL, VIEW_LITERAL("https://a.example/?utm_source=b"));
    event_set_string(&event, COLUMN_CAMPAIGN_SOURCE, VIEW_LITERAL("a"));
    assert_int_equal(enrich_url.apply(&event, &NOTHING, &TOOLS, &arena), STATUS_OK);
    assert_true(view_is(event_text(&event, COLUMN_CAMPAIGN_SOURCE), "a"));
    arena_free(&arena);
}

/* In a row, what was cut out of a plain url needs no escapes; what was decoded may. */
static void what_was_decoded_is_quoted_again(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    struct event event = {0};
    event_set_plain(&event, COLUMN_URL,
                    VIEW_LITERAL("https://a.example/p?utm_source=%22%0A&utm_medium=m"));
    assert_int_equal(enrich_url.apply(&event, &NOTHING, &TOOLS, &arena), STATUS_OK);
    struct buf row;
    buf_init(&row, 1 << 16);
    assert_int_equal(event_append_row(&row, &event), STATUS_OK);
    assert_true(view_is(buf_view(&row),
                        "{\"url\":\"https://a.example/p?utm_source=%22%0A&utm_medium=m\","
                        "\"host\":\"a.example\",\"path\":\"/p\","
                        "\"campaign_source\":\"\\\"\\n\",\"campaign_medium\":\"m\"}"));
    buf_free(&row);
    arena_free(&arena);
}

static void without_an_address_nothing_is_made_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16);
    struct event event = enriched("not an address?utm_source=x");
    assert_false(event_has(&event, COLUMN_HOST));
    assert_false(event_has(&event, COLUMN_CAMPAIGN_SOURCE));
    event = enriched("https://a.example/?gclid=&utm_source=");
    assert_false(event_has(&event, COLUMN_CLICK_ID_KIND));
    assert_false(event_has(&event, COLUMN_CAMPAIGN_SOURCE));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(campaign_and_click_id_come_from_the_address),
        cmocka_unit_test(what_the_client_said_stays),
        cmocka_unit_test(what_was_decoded_is_quoted_again),
        cmocka_unit_test(without_an_address_nothing_is_made_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
