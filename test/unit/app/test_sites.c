#include "app/sites.h"

#include "../temporary.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena arena;
static struct config config;
static struct option_set set;
static struct sites sites;
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static enum status load(const char *ini)
{
    struct temporary folder;
    char flag[80];
    assert_int_equal(temporary_make(&folder), 0);
    assert_int_equal(file_replace(folder.fd, "my.ini", view_from_text(ini), &fault), STATUS_OK);
    snprintf(flag, sizeof(flag), "--config=%s/my.ini", folder.path);
    char *words[] = {flag};
    struct config_source source = {.uses = CONFIG_SERVE, .count = 1, .words = words};
    enum status status = config_load(&config, &set, &source, &arena, &fault);
    status = status == STATUS_OK ? sites_make(&sites, &config, &arena, &fault) : status;
    assert_int_equal(temporary_remove(&folder), 0);
    return status;
}

static enum sites_verdict admit(const char *site, const char *key, const char *origin,
                                const struct site **found)
{
    const struct sites_caller caller = {view_from_text(site), view_from_text(key),
                                        view_from_text(origin)};
    return sites_admit(&sites, &caller, found);
}

static const char TWO[] = "user-id = keep\n"
                          "[site shop]\n"
                          "key = k1\n"
                          "origins = https://shop.example, https://www.shop.example\n"
                          "privacy = learn\n"
                          "traits = drop\n"
                          "requests-max = 5\n"
                          "[site blog]\n"
                          "source-requests-max = 2\n";

static void without_sections_every_site_is_served_as_the_options_say(void **state)
{
    const struct site *found;
    (void)state;
    assert_int_equal(load("traits = keep\n"), STATUS_OK);
    assert_int_equal(admit("anything", "", "https://any.example", &found), SITES_OK);
    assert_int_equal(found->policy.traits, POLICY_ID_KEEP);
    assert_int_equal(found->policy.user_id, POLICY_ID_DROP);
}

static void a_sites_own_words_stand_over_its_preset_and_that_over_the_options(void **state)
{
    const struct site *found;
    (void)state;
    assert_int_equal(load(TWO), STATUS_OK);
    assert_int_equal(sites.count, 2);
    assert_int_equal(admit("shop", "k1", "", &found), SITES_OK);
    assert_int_equal(found->policy.user_id, POLICY_ID_HASH);
    assert_int_equal(found->policy.traits, POLICY_ID_DROP);
    assert_int_equal(found->requests, 5);
    assert_int_equal(admit("blog", "", "", &found), SITES_OK);
    assert_int_equal(found->policy.user_id, POLICY_ID_KEEP);
    assert_int_equal(found->source_requests, 2);
}

static void events_come_from_a_page_of_the_site_or_with_its_key(void **state)
{
    const struct site *found;
    (void)state;
    static const struct {
        const char *site;
        const char *key;
        const char *origin;
        enum sites_verdict verdict;
    } cases[] = {
        {"shop", "", "https://shop.example", SITES_OK},
        {"shop", "", "https://WWW.shop.example", SITES_OK},
        {"shop", "k1", "", SITES_OK},
        {"shop", "k1", "https://evil.example", SITES_OK},
        {"", "k1", "", SITES_OK},
        {"shop", "", "https://evil.example", SITES_WRONG_ORIGIN},
        {"shop", "", "https://shop.example.evil.example", SITES_WRONG_ORIGIN},
        {"shop", "", "", SITES_WRONG_KEY},
        {"shop", "k2", "", SITES_WRONG_KEY},
        {"shop", "k2", "https://shop.example", SITES_WRONG_KEY},
        {"", "k2", "", SITES_WRONG_KEY},
        {"main", "", "", SITES_UNKNOWN},
        {"main", "k1", "", SITES_UNKNOWN},
        {"", "", "", SITES_UNKNOWN},
    };
    assert_int_equal(load(TWO), STATUS_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(admit(cases[i].site, cases[i].key, cases[i].origin, &found),
                         cases[i].verdict);
    }
}

static void what_is_wrong_in_a_section_is_said_with_its_line(void **state)
{
    static const struct {
        const char *ini;
        const char *says;
    } cases[] = {
        {"[site a b]\nkey = x\n", "a name has letters"},
        {"[place shop]\nkey = x\n", "sections are [site NAME]"},
        {"[site shop]\ncolour = red\n", "there is no colour of a site"},
        {"[site shop]\nuser-id = sell\n", "keep|hash|drop"},
        {"[site shop]\nprivacy = lax\n", "measure|learn|strict"},
        {"[site shop]\nrequests-max = many\n", "whole number"},
        {"[site a]\nkey = x\n[site b]\nkey = x\n", "have one key"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(load(cases[i].ini), STATUS_BAD_INPUT);
        assert_non_null(strstr(fault.text, cases[i].says));
    }
}

static void a_basic_user_is_a_key(void **state)
{
    (void)state;
    assert_true(view_is(sites_basic_key(VIEW_LITERAL("Basic azE6"), &arena), "k1"));
    assert_true(view_is(sites_basic_key(VIEW_LITERAL("basic azE6cHc="), &arena), "k1"));
    assert_int_equal(sites_basic_key(VIEW_LITERAL("Bearer azE6"), &arena).len, 0);
    assert_int_equal(sites_basic_key(VIEW_LITERAL("Basic ???"), &arena).len, 0);
    assert_int_equal(sites_basic_key(VIEW_LITERAL(""), &arena).len, 0);
}

static void a_preset_gives_words_only_to_what_nobody_set(void **state)
{
    (void)state;
    assert_int_equal(load("privacy = strict\nuser-id = keep\nstorage = memory\n"), STATUS_OK);
    assert_string_equal(config.policy_words[POLICY_WORD_USER_ID], "keep");
    assert_string_equal(config.policy_words[POLICY_WORD_TRAITS], "drop");
    assert_string_equal(config.policy_words[POLICY_WORD_ANONYMOUS_ID], "none");
    assert_string_equal(config.storage, "memory");
    assert_int_equal(config.retention_ms[RETENTION_EVENTS], 30LL * 86400000);
    assert_int_equal(load("privacy = learn\n"), STATUS_OK);
    assert_string_equal(config.consent, "pending");
    assert_string_equal(config.storage, "cookie");
}

static void the_rows_own_defaults_are_those_of_measure(void **state)
{
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < config_row_count(); i++) {
        const char *text = policy_preset_text(POLICY_MEASURE, config_rows[i].name);
        if (text) {
            assert_string_equal(config_rows[i].default_text, text);
            found++;
        }
    }
    assert_int_equal(found, POLICY_WORDS + 5);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_sections_every_site_is_served_as_the_options_say),
        CASE(a_sites_own_words_stand_over_its_preset_and_that_over_the_options),
        CASE(events_come_from_a_page_of_the_site_or_with_its_key),
        CASE(what_is_wrong_in_a_section_is_said_with_its_line),
        CASE(a_basic_user_is_a_key),
        CASE(a_preset_gives_words_only_to_what_nobody_set),
        CASE(the_rows_own_defaults_are_those_of_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
