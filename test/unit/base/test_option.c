#include "base/option.h"

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct values {
    const char *text;
    int64_t number;
    int64_t size;
    int64_t duration;
    bool is_on;
    const char *address;
    const char *choice;
};

#define AT(field) offsetof(struct values, field)

static const struct option_row ROWS[] = {
    {.name = "text",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = AT(text),
     .uses = 1,
     .help = "any text"},
    {.name = "number",
     .type = OPTION_NUMBER,
     .default_text = "5",
     .offset = AT(number),
     .min = 1,
     .max = 64,
     .uses = 1,
     .help = "a number"},
    {.name = "max-size",
     .type = OPTION_SIZE,
     .default_text = "1MiB",
     .offset = AT(size),
     .uses = 1,
     .help = "a size"},
    {.name = "wait",
     .type = OPTION_DURATION,
     .default_text = "10s",
     .offset = AT(duration),
     .uses = 2,
     .help = "a time"},
    {.name = "on",
     .type = OPTION_SWITCH,
     .default_text = "false",
     .offset = AT(is_on),
     .uses = 1,
     .help = "a switch"},
    {.name = "listen",
     .type = OPTION_ADDRESS,
     .default_text = "*:80",
     .offset = AT(address),
     .uses = 1,
     .help = "an address"},
    {.name = "mode",
     .type = OPTION_CHOICE,
     .default_text = "a",
     .offset = AT(choice),
     .choices = "a|b",
     .uses = 1,
     .help = "a choice"},
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static struct arena arena;
static struct values values;
static struct option_set set;
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    memset(&values, 0, sizeof(values));
    memset(&fault, 0, sizeof(fault));
    option_set_init(&set, ROWS, ROW_COUNT, &values, &arena);
    return option_set_defaults(&set, &fault) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static enum status flags(unsigned uses, int count, char *const *words)
{
    return option_read_flags(&set, uses, count, words, &fault);
}

static void later_sources_win_and_origins_are_kept(void **state)
{
    (void)state;
    assert_int_equal(values.size, 1 << 20);
    assert_int_equal(values.duration, 10000);
    struct view file = VIEW_LITERAL("# comment\nnumber = 7\n[section]\nmode = b\nwait=2h\n");
    assert_int_equal(option_read_file(&set, "x.ini", file, &fault), STATUS_OK);
    char *environment[] = {"PIPES_NUMBER=8", "PIPES_MAX_SIZE=64kB", "PIPES_OTHER=1", "HOME=/",
                           NULL};
    assert_int_equal(option_read_environment(&set, environment, &fault), STATUS_OK);
    char *words[] = {"--number=9", "one", "--on", "--text", "--number", "--", "--two"};
    assert_int_equal(flags(1, 7, words), STATUS_OK);
    assert_int_equal(values.number, 9);
    assert_int_equal(values.size, 64000);
    assert_int_equal(values.duration, 7200000);
    assert_true(values.is_on);
    assert_string_equal(values.choice, "b");
    assert_string_equal(values.text, "--number");
    assert_string_equal(set.origins[1], "flag --number");
    assert_string_equal(set.origins[2], "environment PIPES_MAX_SIZE");
    assert_string_equal(set.origins[6], "file x.ini");
    assert_string_equal(set.origins[5], "default");
    assert_int_equal(set.positional_count, 2);
    assert_string_equal(set.positionals[1], "--two");
}

static void bad_values_get_a_sentence_that_says_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *said;
    } cases[] = {
        {"--number=0", "a whole number from 1 to 64"},
        {"--number=x", "a whole number from 1 to 64"},
        {"--max-size=5furlongs", "a size like"},
        {"--max-size=99999999999999TB", "a size like"},
        {"--on=maybe", "true or false"},
        {"--listen=8080", "HOST:PORT"},
        {"--listen=a:b:1", "HOST:PORT"},
        {"--listen=h:70000", "HOST:PORT"},
        {"--mode=c", "one of a|b"},
        {"--nmber=3", "did you mean number"},
        {"--wait=3s", "there is no option wait"},
        {"--unheard-of=3", "there is no option"},
        {"--text", "needs a value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char word[64];
        snprintf(word, sizeof(word), "%s", cases[i].word);
        char *words[] = {word};
        assert_int_equal(flags(1, 1, words), STATUS_BAD_INPUT);
        if (!strstr(fault.text, cases[i].said)) {
            fail_msg("%s: %s", cases[i].word, fault.text);
        }
    }
}

static void a_bad_file_is_named_with_its_line(void **state)
{
    (void)state;
    assert_int_equal(
        option_read_file(&set, "x.ini", VIEW_LITERAL("number = 3\nmoed = a\n"), &fault),
        STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "line 2"));
    assert_non_null(strstr(fault.text, "x.ini"));
    assert_non_null(strstr(fault.text, "mode"));
    assert_int_equal(option_read_file(&set, "x.ini", VIEW_LITERAL("just words\n"), &fault),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "line 1"));
}

static void addresses_may_be_of_every_kind(void **state)
{
    (void)state;
    static const char *const cases[] = {"--listen=127.0.0.1:0", "--listen=[::1]:80",
                                        "--listen=*:65535", "--listen=localhost:1"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char word[64];
        snprintf(word, sizeof(word), "%s", cases[i]);
        char *words[] = {word};
        assert_int_equal(flags(1, 1, words), STATUS_OK);
    }
}

static void help_shows_the_rows_of_a_command_and_no_others(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 16);
    assert_int_equal(option_append_help(&text, ROWS, ROW_COUNT, 2), STATUS_OK);
    assert_true(view_is(buf_view(&text), "  --wait TIME\n        a time (default 10s)\n"));
    buf_free(&text);
    char *words[] = {"--help"};
    assert_int_equal(flags(1, 1, words), STATUS_OK);
    assert_true(set.wants_help);
}

/* The same name in two commands, with other choices. */
static void a_value_goes_to_the_rows_of_its_name_that_it_fits(void **state)
{
    (void)state;
    static const struct option_row TWO[] = {
        {.name = "format",
         .type = OPTION_CHOICE,
         .default_text = "text",
         .offset = AT(choice),
         .choices = "text|markdown",
         .uses = 1},
        {.name = "format",
         .type = OPTION_CHOICE,
         .default_text = "table",
         .offset = AT(text),
         .choices = "text|table|json",
         .uses = 2},
    };
    static const struct {
        char *entry;
        enum status status;
        const char *first;
        const char *second;
    } CASES[] = {
        {"PIPES_FORMAT=json", STATUS_OK, "text", "json"},
        {"PIPES_FORMAT=markdown", STATUS_OK, "markdown", "table"},
        {"PIPES_FORMAT=text", STATUS_OK, "text", "text"},
        {"PIPES_FORMAT=xml", STATUS_BAD_INPUT, "text", "table"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct values two = {0};
        struct arena texts;
        struct option_set both;
        char file[64];
        char *const environment[] = {CASES[i].entry, NULL};
        arena_init(&texts, 1 << 20);
        for (int from_file = 0; from_file < 2; from_file++) {
            option_set_init(&both, TWO, 2, &two, &texts);
            assert_int_equal(option_set_defaults(&both, NULL), STATUS_OK);
            snprintf(file, sizeof(file), "format = %s\n", strchr(CASES[i].entry, '=') + 1);
            assert_int_equal(from_file ? option_read_file(&both, "f", view_from_text(file), NULL)
                                       : option_read_environment(&both, environment, NULL),
                             CASES[i].status);
            assert_string_equal(two.choice, CASES[i].status ? "text" : CASES[i].first);
            assert_string_equal(two.text, CASES[i].status ? "table" : CASES[i].second);
        }
        arena_free(&texts);
    }
}

static void distance_counts_letters(void **state)
{
    (void)state;
    assert_int_equal(option_distance("serve", "serve"), 0);
    assert_int_equal(option_distance("srve", "serve"), 1);
    assert_int_equal(option_distance("kitten", "sitting"), 3);
    assert_int_equal(option_distance("", "abc"), 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(later_sources_win_and_origins_are_kept),
        CASE(bad_values_get_a_sentence_that_says_what_is_allowed),
        CASE(a_bad_file_is_named_with_its_line),
        CASE(addresses_may_be_of_every_kind),
        CASE(help_shows_the_rows_of_a_command_and_no_others),
        CASE(a_value_goes_to_the_rows_of_its_name_that_it_fits),
        CASE(distance_counts_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
