/*
 * Who is held to be a program: the crawlers that the list of crawlers gives as examples are, the
 * browsers of uap-core's cases (../shared/data, or PIPES_SHARED_DATA) are not.
 */
#include "enrich/agent_bots.h"

#include "base/arena.h"
#include "base/json.h"
#include "enrich/bot_reasons.h"
#include "uap_cases.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char CRAWLERS[] = "node_modules/crawler-user-agents/crawler-user-agents.json";

static struct agent_rules *rules;
static struct agent_matcher *matcher;

static int set_up(void **state)
{
    (void)state;
    struct fault fault;
    return agent_rules_create(&rules, &fault) != STATUS_OK ||
           agent_matcher_create(&matcher, rules, &fault) != STATUS_OK;
}

static int tear_down(void **state)
{
    (void)state;
    agent_matcher_destroy(matcher);
    agent_rules_destroy(rules);
    return 0;
}

static uint32_t reasons_of(struct view agent)
{
    struct agent_saying saying;
    const struct visitor visitor = {.agent = agent};
    agent_matcher_read(matcher, agent, &saying);
    return agent_bots(&visitor, &saying);
}

static bool is_bot(struct view agent)
{
    return bot_reasons_score(reasons_of(agent)) >= BOT_CERTAIN;
}

static void say(const char *what, struct view agent)
{
    char text[BOT_REASON_TEXT_BYTES];
    if (getenv("PIPES_TEST_VERBOSE")) {
        print_message("%s: %.*s (%.*s)\n", what, VIEW_ARG(agent),
                      VIEW_ARG(bot_reasons_text(reasons_of(agent), text)));
    }
}

static void the_lists_own_examples_are_bots(void **state)
{
    (void)state;
    struct arena arena;
    struct buf file;
    struct json doc;
    struct fault fault = {0};
    unsigned examples = 0;
    unsigned found = 0;
    arena_init(&arena, 64 << 20);
    buf_init(&file, 8 << 20);
    FILE *stream = fopen(CRAWLERS, "r");
    if (!stream) {
        print_message("skipped: there is no %s\n", CRAWLERS);
        skip();
    }
    char *room = buf_reserve(&file, 4 << 20);
    file.len = fread(room, 1, 4 << 20, stream);
    fclose(stream);
    assert_int_equal(json_parse(&doc, buf_view(&file), &arena, NULL, &fault), STATUS_OK);
    for (json_value row = json_first(&doc, JSON_ROOT); row != JSON_NO_VALUE;
         row = json_next(&doc, row)) {
        json_value list = json_member(&doc, row, "instances");
        for (json_value at = json_first(&doc, list); at != JSON_NO_VALUE;
             at = json_next(&doc, at)) {
            struct view agent;
            assert_int_equal(json_text(&doc, at, &arena, &agent), STATUS_OK);
            bool is_found = is_bot(agent);
            examples++;
            found += is_found;
            if (!is_found) {
                say("no bot", agent);
            }
        }
    }
    print_message("%u of %u examples of crawlers are bots\n", found, examples);
    assert_true(examples > 1500);
    assert_true(found * 1000ull >= examples * 999ull);
    buf_free(&file);
    arena_free(&arena);
}

/* Monitors, previews and tools among the cases of test_ua.yaml: named by the family that is
 * expected. */
static const char *const NO_BROWSERS[] = {
    "Catchpoint", "Catchpoint bot",      "PingdomBot", "Ruxit Synthetic", "StatusCakeBot",
    "PhantomJS",  "WebPageTest.org bot", "Datanyze",   "HeadlessChrome",  "Web-sniffer",
    "msnbot",     "OpenVAS Scanner",     "Monitis",    "HTTrack",         "RecipeRadar",
};

static bool is_tool(struct view family)
{
    for (size_t i = 0; i < sizeof(NO_BROWSERS) / sizeof(NO_BROWSERS[0]); i++) {
        if (view_is(family, NO_BROWSERS[i])) {
            return true;
        }
    }
    return false;
}

/* uap-core's cases hold crawlers and libraries, too: a browser's agent begins like a browser's, and
 * its device is no Spider. */
static bool is_browser(const struct uap_case *one)
{
    struct agent_saying saying;
    struct view agent = uap_view(&one->agent);
    agent_matcher_read(matcher, agent, &saying);
    return (view_starts_with(agent, "Mozilla/") || view_starts_with(agent, "Opera/")) &&
           !view_is(uap_view(&one->family), "Spider") && !is_tool(uap_view(&one->family)) &&
           !view_is(view_make(saying.device.text, saying.device.len), "Spider");
}

static void browsers_are_none_in(const char *file)
{
    struct uap_cases cases;
    struct uap_case one;
    unsigned browsers = 0;
    unsigned wrong = 0;
    if (!uap_cases_open(&cases, file)) {
        print_message("skipped: there is no ../shared/data/uap-core\n");
        skip();
    }
    while (uap_cases_next(&cases, &one)) {
        if (is_browser(&one)) {
            bool is_wrong = is_bot(uap_view(&one.agent));
            browsers++;
            wrong += is_wrong;
            if (is_wrong) {
                print_message("%.*s | ", VIEW_ARG(uap_view(&one.family)));
                say("a bot", uap_view(&one.agent));
            }
        }
    }
    uap_cases_close(&cases);
    print_message("%s: %u of %u browsers are bots\n", file, wrong, browsers);
    assert_true(browsers > 300);
    assert_true(wrong * 1000ull <= browsers);
}

static void browsers_of_uap_cores_devices_are_none(void **state)
{
    (void)state;
    browsers_are_none_in("test_device.yaml");
}

static void browsers_of_uap_cores_agents_are_none(void **state)
{
    (void)state;
    browsers_are_none_in("test_ua.yaml");
}

static void marks_give_their_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *agent;
        const char *reasons;
    } CASES[] = {
        {"", "no_agent"},
        {"curl/8.5.0", "crawler,library"},
        {"analytics-node/2.1.0", ""},
        {"Mozilla/5.0", "malformed"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "HeadlessChrome/120.0.0.0 Safari/537.36",
         "crawler,headless"},
        {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ""},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char text[BOT_REASON_TEXT_BYTES];
        struct view found = bot_reasons_text(reasons_of(view_from_text(CASES[i].agent)), text);
        print_message("%s: %.*s\n", CASES[i].agent, VIEW_ARG(found));
        assert_true(view_is(found, CASES[i].reasons));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_lists_own_examples_are_bots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(browsers_of_uap_cores_devices_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(browsers_of_uap_cores_agents_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marks_give_their_reasons, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
