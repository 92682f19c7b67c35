#include "scrub/corpus_base.c"
#include "scrub/corpus_harmless.c"
#include "scrub/corpus_ids.c"
#include "scrub/corpus_secret.c"
#include "scrub/judge.c"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* As many as there is time for in every run; `make bench-scrub` takes more. */
enum { SAMPLES = 2000, SHOWN = 3, MISSED_PERCENT_MAX = 1, FALSE_PER_MILLE_MAX = 1 };

static void what_must_go_is_found(void **state)
{
    (void)state;
    struct corpus corpus;
    corpus_init(&corpus, 2);
    for (enum scrub_rule rule = 0; rule < SCRUB_RULES; rule++) {
        struct judge_result result = judge_secrets(&corpus, rule, SAMPLES, stderr, SHOWN);
        if (result.wrong * 100 > result.samples * MISSED_PERCENT_MAX) {
            fail_msg("%s: %zu of %zu were missed", scrub_rule_rows[rule].name, result.wrong,
                     result.samples);
        }
    }
}

static void what_must_stay_stays(void **state)
{
    (void)state;
    struct corpus corpus;
    struct judge_result all = {0, 0};
    corpus_init(&corpus, 3);
    for (size_t kind = 0; kind < corpus_kinds(); kind++) {
        struct judge_result result = judge_harmless(&corpus, kind, SAMPLES, stderr, SHOWN);
        all.samples += result.samples;
        all.wrong += result.wrong;
    }
    if (all.wrong * 1000 >= all.samples * FALSE_PER_MILLE_MAX) {
        fail_msg("%zu of %zu were touched", all.wrong, all.samples);
    }
}

static void the_same_seed_makes_the_same_corpus(void **state)
{
    (void)state;
    struct corpus first;
    struct corpus second;
    struct corpus_sample one;
    struct corpus_sample other;
    corpus_init(&first, 7);
    corpus_init(&second, 7);
    for (size_t i = 0; i < 100; i++) {
        corpus_secret(&first, (enum scrub_rule)(i % SCRUB_RULES), &one);
        corpus_secret(&second, (enum scrub_rule)(i % SCRUB_RULES), &other);
        assert_string_equal(one.text, other.text);
        assert_non_null(strstr(one.text, one.secret));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_go_is_found),
        cmocka_unit_test(what_must_stay_stays),
        cmocka_unit_test(the_same_seed_makes_the_same_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
