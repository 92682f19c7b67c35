/* Agents and hints to columns, what is remembered, and what is not read for its cost. */
#include "enrich/agent_reader.h"
#include "enrich/cadence.h"
#include "enrich/enrich_list.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static struct agent_rules *rules;
static struct agent_reader *reader;
static struct cadence *cadence;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    struct fault fault;
    arena_init(&arena, 1 << 20);
    return agent_rules_create(&rules, &fault) != STATUS_OK ||
           agent_reader_create(&reader, rules, 17, &fault) != STATUS_OK ||
           cadence_create(&cadence, 17, &fault) != STATUS_OK;
}

static int tear_down(void **state)
{
    (void)state;
    agent_reader_destroy(reader);
    agent_rules_destroy(rules);
    cadence_destroy(cadence);
    arena_free(&arena);
    return 0;
}

#define NO_HINTS              \
    {                         \
        .mobile = { NULL, 0 } \
    }
#define CHROME_ON(system)                                                               \
    "Mozilla/5.0 (" system ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 " \
    "Safari/537.36"
#define ANDROID_10 \
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "

/* Browser and its version, os and its version, kind; bot reasons behind a bar. */
static const struct {
    const char *agent;
    struct visitor_hints hints;
    const char *columns;
} CASES[] = {
    {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", NO_HINTS,
     "Firefox 140, Linux , desktop|"},
    {CHROME_ON("Windows NT 10.0; Win64; x64"), NO_HINTS, "Chrome 124, Windows 10, desktop|"},
    {CHROME_ON("Windows NT 10.0; Win64; x64"),
     {.brands = VIEW_LITERAL(
          "\"Chromium\";v=\"124\", \"Microsoft Edge\";v=\"124\", \"Not-A.Brand\";v=\"99\""),
      .platform = VIEW_LITERAL("\"Windows\""),
      .platform_version = VIEW_LITERAL("\"15.0.0\"")},
     "Edge 124, Windows 11, desktop|"},
    {CHROME_ON("Macintosh; Intel Mac OS X 10_15_7"),
     {.brands =
          VIEW_LITERAL("\"Chromium\";v=\"124\", \"Brave\";v=\"124\", \"Not-A.Brand\";v=\"99\""),
      .versions = VIEW_LITERAL("\"Brave\";v=\"124.1.65.114\""),
      .platform = VIEW_LITERAL("\"macOS\""),
      .platform_version = VIEW_LITERAL("\"14.4.1\"")},
     "Brave 124, Mac OS X 14, desktop|"},
    {CHROME_ON("X11; Linux x86_64"),
     {.brands = VIEW_LITERAL(" Not A;Brand\";v=\"9"), .platform = VIEW_LITERAL("\"unfinished")},
     "Chrome 124, Linux , desktop|"},
    {ANDROID_10 "Mobile Safari/537.36",
     {.brands = VIEW_LITERAL("\"Google Chrome\";v=\"125\""),
      .mobile = VIEW_LITERAL("?1"),
      .platform = VIEW_LITERAL("\"Android\""),
      .platform_version = VIEW_LITERAL("\"15.0.0\"")},
     "Chrome Mobile 125, Android 15, mobile|"},
    {ANDROID_10 "Safari/537.36", NO_HINTS, "Chrome 124, Android 10, tablet|"},
    {"Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Mobile/15E148 Safari/604.1",
     NO_HINTS, "Mobile Safari 17, iOS 17, tablet|"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) "
     "Version/17.4 Mobile/15E148 Safari/604.1",
     NO_HINTS, "Mobile Safari 17, iOS 17, mobile|"},
    {"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/3.0 Chrome/76.0.3809.146 TV Safari/537.36",
     NO_HINTS, "Samsung Internet 3, Tizen 6, tv|"},
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", NO_HINTS,
     "Googlebot 2,  , other|crawler"},
    {"", NO_HINTS, " ,  , other|no_agent"},
    {CHROME_ON("X11; Linux x86_64"),
     {.brands = VIEW_LITERAL("\"HeadlessChrome\";v=\"124\"")},
     "HeadlessChrome 124, Linux , desktop|headless"},
};

static void say_columns(const struct event *event, char *text, size_t size)
{
    snprintf(text, size, "%.*s %.*s, %.*s %.*s, %.*s|%.*s",
             VIEW_ARG(event_text(event, COLUMN_BROWSER)),
             VIEW_ARG(event_text(event, COLUMN_BROWSER_VERSION)),
             VIEW_ARG(event_text(event, COLUMN_OS)), VIEW_ARG(event_text(event, COLUMN_OS_VERSION)),
             VIEW_ARG(event_text(event, COLUMN_DEVICE_KIND)),
             VIEW_ARG(event_text(event, COLUMN_BOT_REASON)));
}

static void enrich(const struct visitor *visitor, int64_t now_ms, struct event *event)
{
    struct facts facts;
    const struct enrich_tools tools = {.agents = reader, .cadence = cadence, .now_ms = now_ms};
    assert_int_equal(enrich_list_know(visitor, &tools, &facts, &arena), STATUS_OK);
    assert_int_equal(enrich_list_apply(event, &facts, &tools, &arena), STATUS_OK);
}

static void agents_and_hints_become_columns(void **state)
{
    (void)state;
    /* The second time remembered. */
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
            char text[512];
            struct event event = {0};
            const struct visitor visitor = {.agent = view_from_text(CASES[i].agent),
                                            .hints = CASES[i].hints};
            enrich(&visitor, 1000, &event);
            say_columns(&event, text, sizeof(text));
            assert_string_equal(text, CASES[i].columns);
        }
    }
}

static void what_is_new_too_often_stays_unknown_until_the_next_second(void **state)
{
    (void)state;
    struct event event = {0};
    const struct visitor known = {.agent = view_from_text(CASES[0].agent)};
    enrich(&known, 5000, &event);
    event_clear(&event);
    enrich(&known, 5000, &event);
    int taken = 0;
    for (bool is_taken = true; is_taken && taken < AGENT_TRIES_PER_SECOND; taken += is_taken) {
        char agent[32];
        snprintf(agent, sizeof(agent), "agent %d", taken);
        const struct visitor visitor = {.agent = view_from_text(agent)};
        is_taken = agent_reader_ask(reader, &visitor, 5000) != NULL;
    }
    assert_in_range(taken, AGENT_TRIES_PER_SECOND / AGENT_TRIES_MAX, AGENT_TRIES_PER_SECOND / 2);
    struct event unknown = {0};
    const struct visitor late = {.agent = VIEW_LITERAL("one more")};
    enrich(&late, 5999, &unknown);
    assert_false(event_has(&unknown, COLUMN_IS_BOT));
    event_clear(&event);
    enrich(&known, 5999, &event);
    assert_true(view_is(event_text(&event, COLUMN_BROWSER), "Firefox"));
    event_clear(&unknown);
    enrich(&late, 6000, &unknown);
    assert_true(event_has(&unknown, COLUMN_IS_BOT));
}

static void bytes_that_no_name_has_do_not_reach_a_row(void **state)
{
    (void)state;
    struct event event = {0};
    struct buf row;
    struct json doc;
    buf_init(&row, 1 << 16);
    const struct visitor visitor = {
        .agent =
            VIEW_LITERAL("Mozilla/5.0 (Linux; U; Android 9; x; HTC \"\\\xff\x01 Build/1) Mobile")};
    enrich(&visitor, 1000, &event);
    assert_int_equal(event_append_row(&row, &event), STATUS_OK);
    assert_int_equal(json_parse(&doc, buf_view(&row), &arena, NULL, NULL), STATUS_OK);
    buf_free(&row);
}

static bool click_is_rapid(int64_t since_load_ms)
{
    struct event event = {0};
    const struct visitor visitor = {.agent = view_from_text(CASES[0].agent)};
    event_set_plain(&event, COLUMN_TYPE, VIEW_LITERAL("click"));
    event_set_plain(&event, COLUMN_LOAD_ID, VIEW_LITERAL("load"));
    event_set_integer(&event, COLUMN_SINCE_LOAD_MS, since_load_ms);
    enrich(&visitor, 1000, &event);
    return view_is(event_text(&event, COLUMN_BOT_REASON), "cadence");
}

static void clicks_faster_than_a_hand_are_told(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        assert_false(click_is_rapid(i * 100)); /* ten a second, all sent at once */
    }
    for (int i = 0; i < CADENCE_MOST + 1; i++) {
        assert_int_equal(click_is_rapid(90000 + i), i >= CADENCE_MOST);
    }
    assert_false(click_is_rapid(91000));
}

static void a_page_that_was_told_that_it_is_driven_is_a_bots(void **state)
{
    (void)state;
    struct event event = {.told = {.is_driven = true}};
    int64_t is_bot = 0;
    const struct visitor visitor = {.agent = view_from_text(CASES[0].agent)};
    enrich(&visitor, 1000, &event);
    assert_true(event_number(&event, COLUMN_IS_BOT, &is_bot) && is_bot == 1);
    assert_true(view_is(event_text(&event, COLUMN_BOT_REASON), "webdriver"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agents_and_hints_become_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_new_too_often_stays_unknown_until_the_next_second,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_that_no_name_has_do_not_reach_a_row, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(clicks_faster_than_a_hand_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_that_was_told_that_it_is_driven_is_a_bots, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
