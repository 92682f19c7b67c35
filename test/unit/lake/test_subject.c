/* Whose a row is, and what becomes of a row that only mentions somebody. */
#include "lake/subject.h"

#include "base/json.h"

#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { ROW_BYTES_MAX = 64 * 1024 };

static struct subject subject;

static int tear_down(void **state)
{
    (void)state;
    subject_free(&subject);
    return 0;
}

static void subject_is(const char *site, const char *first, const char *second)
{
    subject_free(&subject);
    subject_init(&subject, view_from_text(site));
    assert_int_equal(subject_add(&subject, view_from_text(first), NULL), STATUS_OK);
    if (second) {
        assert_int_equal(subject_add(&subject, view_from_text(second), NULL), STATUS_OK);
    }
}

static bool owns(const char *text)
{
    struct subject_row row;
    subject_row_init(&row);
    bool is_read = subject_row_read(&row, view_from_text(text));
    bool answer = is_read && subject_owns(&subject, &row);
    subject_row_free(&row);
    return answer;
}

static void a_row_is_whose_ids_it_carries(void **state)
{
    (void)state;
    subject_is("", "anna", "u-1");
    assert_true(owns("{\"type\":\"page\",\"anonymous_id\":\"anna\",\"site\":\"shop\"}"));
    assert_true(owns("{\"anonymous_id\":\"other\",\"user_id\":\"u-1\"}"));
    assert_true(owns("{\"user_id\":\"u-2\",\"previous_id\":\"anna\"}"));
    assert_false(owns("{\"anonymous_id\":\"annabel\",\"user_id\":\"u-11\"}"));
    assert_false(owns("{\"anonymous_id\":\"x\",\"properties\":{\"anonymous_id\":\"anna\"}}"));
    assert_false(owns("{\"group_id\":\"anna\"}"));
    assert_false(owns("{}"));
}

static void a_site_alone_is_meant_when_one_is_named(void **state)
{
    (void)state;
    subject_is("shop", "anna", NULL);
    assert_true(owns("{\"anonymous_id\":\"anna\",\"site\":\"shop\"}"));
    assert_false(owns("{\"anonymous_id\":\"anna\",\"site\":\"blog\"}"));
    assert_false(owns("{\"anonymous_id\":\"anna\"}"));
}

static void escapes_do_not_hide_an_id(void **state)
{
    (void)state;
    subject_is("", "an\"na", "m\xc3\xbcller");
    assert_true(owns("{\"anonymous_id\":\"an\\\"na\"}"));
    assert_true(owns("{\"anonymous_id\":\"\\u0061n\\u0022na\"}"));
    assert_true(owns("{\"user_id\":\"m\\u00fcller\"}"));
    assert_true(owns("{\"user_id\":\"m\xc3\xbcller\"}"));
}

static void redacts(const char *row, const char *expected, size_t mentions)
{
    struct buf out;
    struct arena arena;
    struct json doc;
    buf_init(&out, ROW_BYTES_MAX);
    arena_init(&arena, 1 << 20);
    assert_int_equal(subject_redact(&subject, view_from_text(row), &out), mentions);
    if (mentions > 0) {
        struct view got = buf_view(&out);
        assert_int_equal(got.len, strlen(expected));
        assert_memory_equal(got.at, expected, got.len);
        assert_int_equal(json_parse(&doc, got, &arena, NULL, NULL), STATUS_OK);
        struct buf again;
        buf_init(&again, ROW_BYTES_MAX);
        assert_int_equal(subject_redact(&subject, got, &again), 0);
        buf_free(&again);
    } else {
        assert_int_equal(out.len, 0);
    }
    arena_free(&arena);
    buf_free(&out);
}

static void a_long_id_is_replaced_wherever_people_write(void **state)
{
    (void)state;
    subject_is("", "anna-4711", "user@site/1");
    redacts("{\"type\":\"track\",\"properties\":{\"by\":\"anna-4711\",\"t\":\"from anna-4711!\"},"
            "\"url\":\"https://a/u?id=user%40site%2F1&x=1\",\"site\":\"shop\"}",
            "{\"type\":\"track\",\"properties\":{\"by\":\"erased\",\"t\":\"from erased!\"},"
            "\"url\":\"https://a/u?id=erased&x=1\",\"site\":\"shop\"}",
            3);
    redacts("{\"properties\":{\"anna-4711\":1},\"context\":{\"a\":[\"user@site/1\"]}}",
            "{\"properties\":{\"erased\":1},\"context\":{\"a\":[\"erased\"]}}", 2);
    redacts("{\"properties\":{\"a\":\"anna-471\"}}", NULL, 0);
}

static void a_column_of_fixed_words_is_let_be(void **state)
{
    (void)state;
    subject_is("", "production", NULL);
    redacts("{\"environment\":\"production\",\"site\":\"production\"}", NULL, 0);
    redacts("{\"properties\":{\"a\":\"production\"},\"environment\":\"production\"}",
            "{\"properties\":{\"a\":\"erased\"},\"environment\":\"production\"}", 1);
}

static void a_short_id_is_replaced_only_as_a_whole_text(void **state)
{
    (void)state;
    subject_is("", "bob", "42");
    redacts("{\"properties\":{\"by\":\"bob\",\"x\":\"bobsleigh\",\"n\":42,\"m\":\"42\"},"
            "\"title\":\"bob\"}",
            "{\"properties\":{\"by\":\"erased\",\"x\":\"bobsleigh\",\"n\":42,\"m\":\"0\"},"
            "\"title\":\"erased\"}",
            3);
    redacts("{\"title\":\"call bob 42\"}", NULL, 0);
}

static void numbers_stay_numbers(void **state)
{
    (void)state;
    subject_is("", "123456789", NULL);
    redacts("{\"properties\":{\"by\":123456789,\"x\":-123456789.5,\"s\":\"a123456789\"}}",
            "{\"properties\":{\"by\":0,\"x\":-0.5,\"s\":\"a0\"}}", 3);
}

static void what_begins_within_an_escape_is_no_mention(void **state)
{
    (void)state;
    subject_is("", "nnnnnnnn", NULL);
    redacts("{\"properties\":{\"a\":\"\\nnnnnnnn\"}}", NULL, 0);
    redacts("{\"properties\":{\"a\":\"\\\\nnnnnnnn\"}}", "{\"properties\":{\"a\":\"\\\\erased\"}}",
            1);
}

static void other_ways_to_write_letters_are_known(void **state)
{
    (void)state;
    subject_is("", "m\xc3\xbcller-\xf0\x9f\x98\x80", NULL);
    redacts("{\"properties\":{\"a\":\"m\\u00fcller-\\ud83d\\ude00\",\"b\":\"m\\u00FCller-"
            "\\uD83D\\uDE00\",\"c\":\"m\xc3\xbcller-\xf0\x9f\x98\x80\"},\"url\":\"/m%C3%BCller-"
            "%F0%9F%98%80\"}",
            "{\"properties\":{\"a\":\"erased\",\"b\":\"erased\",\"c\":\"erased\"},\"url\":"
            "\"/erased\"}",
            4);
}

static void ids_have_bounds(void **state)
{
    (void)state;
    struct fault fault = {0};
    static char longer[SUBJECT_ID_BYTES_MAX + 1];
    memset(longer, 'a', sizeof(longer));
    subject_is("", "a", NULL);
    assert_int_equal(subject_add(&subject, view_make("", 0), &fault), STATUS_BAD_INPUT);
    assert_int_equal(subject_add(&subject, view_make(longer, sizeof(longer)), &fault),
                     STATUS_TOO_BIG);
    assert_int_equal(subject_add(&subject, view_make("a", 1), &fault), STATUS_OK);
    assert_int_equal(subject.count, 1);
    for (int i = 1; i < SUBJECT_IDS_MAX; i++) {
        char id[16];
        int len = snprintf(id, sizeof(id), "id-%d", i);
        assert_int_equal(subject_add(&subject, view_make(id, (size_t)len), &fault), STATUS_OK);
    }
    assert_int_equal(subject_add(&subject, view_make("one more", 8), &fault), STATUS_TOO_BIG);
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_row_is_whose_ids_it_carries),
        CASE(a_site_alone_is_meant_when_one_is_named),
        CASE(escapes_do_not_hide_an_id),
        CASE(a_long_id_is_replaced_wherever_people_write),
        CASE(a_column_of_fixed_words_is_let_be),
        CASE(a_short_id_is_replaced_only_as_a_whole_text),
        CASE(numbers_stay_numbers),
        CASE(what_begins_within_an_escape_is_no_mention),
        CASE(other_ways_to_write_letters_are_known),
        CASE(ids_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
