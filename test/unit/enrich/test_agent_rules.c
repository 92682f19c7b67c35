/*
 * Agents as uap-core's reference reads them: its own cases (in ../shared/data, or where
 * PIPES_SHARED_DATA points to; without them these tests are skipped).
 */
#include "enrich/agent_rules.h"

#include "base/clock.h"
#include "enrich/agent_table.h"
#include "uap_cases.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

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

struct tally {
    unsigned cases;
    unsigned families; /* that are equal */
    unsigned majors;
    unsigned tries_most;
};

typedef void pick_fn(const struct agent_saying *saying, struct view *family, struct view *major);

static struct view text_of(const struct agent_value *value)
{
    return view_make(value->text, value->len);
}

static void pick_browser(const struct agent_saying *saying, struct view *family, struct view *major)
{
    *family = text_of(&saying->browser);
    *major = text_of(&saying->browser_version);
}

static void pick_os(const struct agent_saying *saying, struct view *family, struct view *major)
{
    *family = text_of(&saying->os);
    *major = text_of(&saying->os_version);
}

static void pick_device(const struct agent_saying *saying, struct view *family, struct view *major)
{
    *family = text_of(&saying->device);
    *major = view_make(NULL, 0);
}

static void check(const struct uap_case *one, pick_fn *pick, struct tally *tally)
{
    struct agent_saying saying;
    struct view family;
    struct view major;
    agent_matcher_read(matcher, uap_view(&one->agent), &saying);
    pick(&saying, &family, &major);
    family = family.len > 0 ? family : VIEW_LITERAL("Other");
    bool is_equal = view_equal(family, uap_view(&one->family));
    tally->cases++;
    tally->families += is_equal;
    tally->majors += view_equal(major, uap_view(&one->major));
    tally->tries_most = saying.tries > tally->tries_most ? saying.tries : tally->tries_most;
    is_equal = is_equal && view_equal(major, uap_view(&one->major));
    if (!is_equal && getenv("PIPES_TEST_VERBOSE")) {
        print_message("%.*s: %.*s %.*s, not %.*s %.*s\n", VIEW_ARG(uap_view(&one->agent)),
                      VIEW_ARG(family), VIEW_ARG(major), VIEW_ARG(uap_view(&one->family)),
                      VIEW_ARG(uap_view(&one->major)));
    }
}

static void agrees_in(const char *file, pick_fn *pick)
{
    struct uap_cases cases;
    struct uap_case one;
    struct tally tally = {0};
    if (!uap_cases_open(&cases, file)) {
        print_message("skipped: there is no ../shared/data/uap-core\n");
        skip();
    }
    int64_t begin_ns = clock_stopwatch_ns();
    while (uap_cases_next(&cases, &one)) {
        check(&one, pick, &tally);
    }
    int64_t ns = clock_stopwatch_ns() - begin_ns;
    uap_cases_close(&cases);
    print_message("%s: %u of %u families equal, %u major versions; at most %u rules tried, "
                  "%.1f us an agent\n",
                  file, tally.families, tally.cases, tally.majors, tally.tries_most,
                  (double)ns / 1000 / tally.cases);
    assert_true(tally.cases > 400);
    assert_true(tally.families * 1000ull >= tally.cases * 995ull);
    assert_true(tally.tries_most < AGENT_TRIES_MAX);
}

static void browser_families_are_those_of_uap_core(void **state)
{
    (void)state;
    agrees_in("test_ua.yaml", pick_browser);
}

static void os_families_are_those_of_uap_core(void **state)
{
    (void)state;
    agrees_in("test_os.yaml", pick_os);
}

static void device_families_are_those_of_uap_core(void **state)
{
    (void)state;
    agrees_in("test_device.yaml", pick_device);
}

/* One agent after the other that holds what very many rules need. */
static void an_agent_made_to_cost_much_costs_a_bounded_number_of_tries(void **state)
{
    (void)state;
    char agent[512];
    struct agent_saying saying;
    unsigned most = 0;
    size_t number = 0;
    int64_t slowest_ns = 0;
    int64_t begin_ns = clock_stopwatch_ns();
    for (int round = 0; round < 200; round++) {
        size_t len = 0;
        while (len < sizeof(agent) - 24) {
            number = (number * 31 + 7) % agent_rule_count;
            const struct agent_literal *literal = &agent_literals[number % agent_rule_count];
            size_t part = literal->len < 16 ? literal->len : 16;
            memcpy(agent + len, literal->text, part);
            len += part;
            agent[len++] = ' ';
        }
        int64_t before_ns = clock_stopwatch_ns();
        agent_matcher_read(matcher, view_make(agent, len), &saying);
        int64_t ns = clock_stopwatch_ns() - before_ns;
        slowest_ns = ns > slowest_ns ? ns : slowest_ns;
        most = saying.tries > most ? saying.tries : most;
    }
    print_message("at most %u tries, %.0f us an agent, the slowest %.0f us\n", most,
                  (double)(clock_stopwatch_ns() - begin_ns) / 1000 / 200,
                  (double)slowest_ns / 1000);
    assert_true(most > 20);
    assert_true(most <= AGENT_TRIES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(browser_families_are_those_of_uap_core, set_up, tear_down),
        cmocka_unit_test_setup_teardown(os_families_are_those_of_uap_core, set_up, tear_down),
        cmocka_unit_test_setup_teardown(device_families_are_those_of_uap_core, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_agent_made_to_cost_much_costs_a_bounded_number_of_tries,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
