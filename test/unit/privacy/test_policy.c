#include "privacy/policy.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char *words[POLICY_WORDS];
static struct privacy_policy policy;
static struct fault fault;

static void each_preset_is_a_word_for_every_option_and_resolves(void **state)
{
    (void)state;
    static const char *const NAMES[POLICY_PRESETS] = {"measure", "learn", "strict"};
    for (enum policy_preset preset = 0; preset < POLICY_PRESETS; preset++) {
        policy_words_of(preset, words);
        for (enum policy_word word = 0; word < POLICY_WORDS; word++) {
            assert_non_null(words[word]);
            assert_int_equal(policy_word_find(policy_word_name(word)), word);
        }
        assert_int_equal(policy_resolve(&policy, words, &fault), STATUS_OK);
        assert_int_equal(policy_preset_find(NAMES[preset]), preset);
    }
    assert_int_equal(policy_preset_find("lax"), POLICY_PRESETS);
    assert_null(policy_preset_text(POLICY_LEARN, "listen"));
}

static void measure_keeps_no_ids_of_the_site_and_strict_keeps_none_at_all(void **state)
{
    (void)state;
    policy_words_of(POLICY_MEASURE, words);
    assert_int_equal(policy_resolve(&policy, words, &fault), STATUS_OK);
    assert_int_equal(policy.user_id, POLICY_ID_DROP);
    assert_int_equal(policy.visitor, POLICY_VISITOR_COOKIE);
    assert_true(policy.honours_gpc && policy.honours_dnt && !policy.needs_consent);
    policy_words_of(POLICY_STRICT, words);
    assert_int_equal(policy_resolve(&policy, words, &fault), STATUS_OK);
    assert_int_equal(policy.visitor, POLICY_VISITOR_NONE);
    assert_false(policy.has_families || policy.has_click_ids);
    policy_words_of(POLICY_LEARN, words);
    assert_int_equal(policy_resolve(&policy, words, &fault), STATUS_OK);
    assert_int_equal(policy.user_id, POLICY_ID_HASH);
    assert_true(policy.needs_consent);
}

static void a_single_word_overrules_the_preset(void **state)
{
    (void)state;
    policy_words_of(POLICY_MEASURE, words);
    words[POLICY_WORD_USER_ID] = "keep";
    words[POLICY_WORD_DNT] = "ignore";
    assert_int_equal(policy_resolve(&policy, words, &fault), STATUS_OK);
    assert_int_equal(policy.user_id, POLICY_ID_KEEP);
    assert_int_equal(policy.traits, POLICY_ID_DROP);
    assert_false(policy.honours_dnt);
}

static void a_word_that_is_none_is_named_with_its_choices(void **state)
{
    (void)state;
    policy_words_of(POLICY_MEASURE, words);
    words[POLICY_WORD_TRAITS] = "sell";
    assert_int_equal(policy_resolve(&policy, words, &fault), STATUS_BAD_INPUT);
    assert_string_equal(fault.text, "traits must be one of keep|hash|drop, not \"sell\"");
}

static void addresses_are_cut(void **state)
{
    (void)state;
    static const struct {
        enum policy_address cut;
        const char *from;
        const char *to;
    } cases[] = {
        {POLICY_ADDRESS_16, "203.0.113.77", "203.0.0.0"},
        {POLICY_ADDRESS_24, "203.0.113.77", "203.0.113.0"},
        {POLICY_ADDRESS_16, "2001:db8:1:2:3:4:5:6", "2001:db8::"},
        {POLICY_ADDRESS_24, "2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip_address address;
        char text[IP_ADDRESS_TEXT_BYTES];
        const struct privacy_policy cut = {.address = cases[i].cut};
        assert_true(ip_address_parse(&address, view_from_text(cases[i].from)));
        assert_true(policy_cut_address(&cut, &address));
        ip_address_text(&address, text);
        assert_string_equal(text, cases[i].to);
    }
    struct ip_address address;
    const struct privacy_policy all = {.address = POLICY_ADDRESS_GONE};
    assert_true(ip_address_parse(&address, VIEW_LITERAL("203.0.113.77")));
    assert_false(policy_cut_address(&all, &address));
    for (size_t i = 0; i < sizeof(address.bytes); i++) {
        assert_int_equal(address.bytes[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_preset_is_a_word_for_every_option_and_resolves),
        cmocka_unit_test(measure_keeps_no_ids_of_the_site_and_strict_keeps_none_at_all),
        cmocka_unit_test(a_single_word_overrules_the_preset),
        cmocka_unit_test(a_word_that_is_none_is_named_with_its_choices),
        cmocka_unit_test(addresses_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
