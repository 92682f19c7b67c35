#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { CEILING_BYTES = 16 << 20 };

/* Parses a heap copy of the exact size, so that the sanitizer sees a read past the end. */
struct sample {
    struct arena arena;
    struct json doc;
    struct fault fault;
    enum status status;
    char *copy;
};

static void sample_init(struct sample *s, struct view text)
{
    *s = (struct sample){0};
    arena_init(&s->arena, CEILING_BYTES);
    s->copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(s->copy);
    if (text.len > 0) {
        memcpy(s->copy, text.at, text.len);
    }
    s->status = json_parse(&s->doc, view_make(s->copy, text.len), &s->arena, NULL, &s->fault);
}

static void sample_free(struct sample *s)
{
    free(s->copy);
    arena_free(&s->arena);
}

static void sample_of(struct sample *s, const char *text)
{
    sample_init(s, view_from_text(text));
    if (s->status != STATUS_OK) {
        print_error("%s: %s\n", text, s->fault.text);
    }
    assert_int_equal(s->status, STATUS_OK);
}

static void assert_view(struct view v, const char *text)
{
    if (!view_is(v, text)) {
        print_error("have '%.*s', want '%s'\n", VIEW_ARG(v), text);
    }
    assert_true(view_is(v, text));
}

static void assert_compact(const char *text, const char *wanted)
{
    struct sample s;
    struct buf out;
    sample_of(&s, text);
    buf_init(&out, 1 << 20);
    assert_int_equal(json_append_compact(&out, &s.doc, JSON_ROOT), STATUS_OK);
    assert_view(buf_view(&out), wanted);
    buf_clear(&out);
    char *to = buf_reserve(&out, json_raw(&s.doc, JSON_ROOT).len);
    assert_int_equal(json_put_compact(to, &s.doc, JSON_ROOT) - to, strlen(wanted));
    assert_memory_equal(to, wanted, strlen(wanted));
    buf_free(&out);
    sample_free(&s);
}

static void accepts_every_form_of_the_grammar(void **state)
{
    static const char *const cases[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-1.5e+10",
        "0.0E-1",
        "1e5",
        "\"\"",
        "\"a\"",
        "{}",
        "[]",
        "[[]]",
        "[{}]",
        "{\"\":{}}",
        " \t\r\n[ 1 , 2 ] ",
        "{\"a\":[1,{}]}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"",
        "\"\x7f\"",
        "\"\xC3\xA4\xE2\x82\xAC\"",
        "\"\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\"",
        "\"sixteen bytes and a bit more than that\"",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        sample_of(&s, cases[i]);
        sample_free(&s);
    }
}

static void rejects_what_is_not_json(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "\"",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "\"\n\"",
        "\"\x1f\"",
        "[",
        "]",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{",
        "{]",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1",
        "{\"a\" 1}",
        "1 2",
        "[]]",
        "{}}",
        "\xEF\xBB\xBF{}",
        "'a'",
        "[1,\v2]",
        "\"\x80\"",
        "\"\xC0\xAF\"",
        "\"\xC1\xBF\"",
        "\"\xE0\x9F\xBF\"",
        "\"\xED\xA0\x80\"",
        "\"\xED\xBF\xBF\"",
        "\"\xF0\x8F\xBF\xBF\"",
        "\"\xF4\x90\x80\x80\"",
        "\"\xF5\x80\x80\x80\"",
        "\"\xC3\"",
        "\"\xE2\x82\"",
        "\"\xF0\x9F\x98\"",
        "\"\xC3",
        "\"\xFF\"",
        "[//\n1]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        sample_init(&s, view_from_text(cases[i]));
        if (s.status != STATUS_BAD_INPUT) {
            print_error("accepted: %s\n", cases[i]);
        }
        assert_int_equal(s.status, STATUS_BAD_INPUT);
        assert_true(view_starts_with(view_from_text(s.fault.text), "not JSON: "));
        assert_int_equal(s.doc.node_count, 0);
        assert_int_equal(json_kind(&s.doc, JSON_ROOT), JSON_NONE);
        sample_free(&s);
    }
}

static void rejects_a_bad_byte_at_every_place_of_a_long_string(void **state)
{
    static const char bad[] = {'\0', '\x1f', '\n', '\x80', '\xff', '\\'};
    (void)state;
    for (size_t place = 1; place < 51; ++place) {
        for (size_t i = 0; i < COUNT(bad); ++i) {
            char text[52];
            struct sample s;
            memset(text, 'x', sizeof(text));
            text[0] = text[51] = '"';
            text[place] = bad[i];
            /* A backslash before the closing quote opens an escape that never ends. */
            sample_init(&s, view_make(text, sizeof(text)));
            assert_int_equal(s.status, STATUS_BAD_INPUT);
            sample_free(&s);
        }
    }
}

static void says_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text;
        const char *sentence;
    } cases[] = {
        {"{\"a\":1 \"b\":2}", "not JSON: expected ',' or '}' at byte 7"},
        {"[1", "not JSON: expected ',' or ']' at byte 2"},
        {"{\"a\" 1}", "not JSON: expected ':' at byte 5"},
        {"{,", "not JSON: expected a key at byte 1"},
        {"\"a\\q\"", "not JSON: unknown escape in a string at byte 2"},
        {"\"a\x01\"", "not JSON: control character in a string at byte 2"},
        {"\"a\xff\"", "not JSON: invalid UTF-8 at byte 2"},
        {"1 x", "not JSON: expected the end at byte 2"},
        {"", "not JSON: expected a value at byte 0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        sample_init(&s, view_from_text(cases[i].text));
        assert_string_equal(s.fault.text, cases[i].sentence);
        sample_free(&s);
    }
}

static void rejects_every_truncation(void **state)
{
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e4\xC3\xA4\\ud83d\\ude00\",true,null],"
                               "\"b\":{\"c\":{\"long key to pass sixteen\":[[],{}]}},\"d\":false}";
    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; ++len) {
        struct sample s;
        sample_init(&s, view_make(text, len));
        assert_int_equal(s.status, STATUS_BAD_INPUT);
        sample_free(&s);
    }
    struct sample s;
    sample_of(&s, text);
    sample_free(&s);
}

static void keeps_the_bytes_of_values(void **state)
{
    static const char *const cases[] = {
        "123456789012345678901234567890.10e+0099",
        "-0.000",
        "\"\\u00e4 \xC3\xA4\"",
        "[ 1, {\"x\" : \"y\"} ]",
        "{ \"deep\" : [[[ ]]] }",
        "\"\\/\"",
        "null",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        char text[128];
        snprintf(text, sizeof(text), " [ 0, %s ,\"z\" ] ", cases[i]);
        sample_of(&s, text);
        json_value second = json_next(&s.doc, json_first(&s.doc, JSON_ROOT));
        assert_view(json_raw(&s.doc, second), cases[i]);
        json_value third = json_next(&s.doc, second);
        assert_view(json_raw(&s.doc, third), "\"z\"");
        assert_int_equal(json_next(&s.doc, third), JSON_NO_VALUE);
        sample_free(&s);
    }
}

static void walks_objects_and_arrays(void **state)
{
    struct sample s;
    (void)state;
    sample_of(&s, "{\"a\":{\"x\":[]},\"b\":[1,[2,3],{}],\"c\":null}");
    const struct json *doc = &s.doc;
    json_value a = json_first(doc, JSON_ROOT);
    json_value b = json_next(doc, a);
    json_value c = json_next(doc, b);
    assert_true(json_text_is(doc, a, VIEW_LITERAL("a")) && json_text_is(doc, b, VIEW_LITERAL("b")));
    assert_int_equal(json_kind(doc, json_key_value(doc, a)), JSON_OBJECT);
    assert_int_equal(json_kind(doc, json_key_value(doc, c)), JSON_NULL);
    assert_int_equal(json_next(doc, c), JSON_NO_VALUE);
    json_value one = json_first(doc, json_key_value(doc, b));
    json_value two = json_next(doc, one);
    json_value three = json_next(doc, two);
    assert_int_equal(json_kind(doc, two), JSON_ARRAY);
    assert_view(json_raw(doc, json_next(doc, json_first(doc, two))), "3");
    assert_int_equal(json_first(doc, three), JSON_NO_VALUE);
    assert_int_equal(json_next(doc, three), JSON_NO_VALUE);
    assert_int_equal(json_next(doc, JSON_ROOT), JSON_NO_VALUE);
    assert_int_equal(json_first(doc, one), JSON_NO_VALUE);
    assert_int_equal(json_key_value(doc, one), JSON_NO_VALUE);
    assert_int_equal(json_kind(doc, JSON_NO_VALUE), JSON_NONE);
    assert_int_equal(json_raw(doc, JSON_NO_VALUE).len, 0);
    sample_free(&s);
}

static void finds_members(void **state)
{
    struct sample s;
    (void)state;
    sample_of(&s, "{\"a\":1,\"n\\u0061me\":2,\"a\":{\"b\":9},\"\":4,\"a\\u0000\":5,\"a\":3,"
                  "\"\\ud83d\\ude00\":6,\"\xC3\xA4\":7,\"s\":\"a\"}");
    static const struct {
        const char *name;
        const char *raw;
    } cases[] = {
        {"a", "3"}, {"name", "2"}, {"", "4"},     {"\xF0\x9F\x98\x80", "6"}, {"\xC3\xA4", "7"},
        {"b", ""},  {"nam", ""},   {"names", ""}, {"n\\u0061me", ""},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        assert_view(json_raw(&s.doc, json_member(&s.doc, JSON_ROOT, cases[i].name)), cases[i].raw);
    }
    json_value text = json_member(&s.doc, JSON_ROOT, "s");
    assert_int_equal(json_member(&s.doc, text, "a"), JSON_NO_VALUE);
    assert_int_equal(json_member(&s.doc, JSON_NO_VALUE, "a"), JSON_NO_VALUE);
    sample_free(&s);
}

static void finds_several_members_in_one_walk(void **state)
{
    struct sample s;
    (void)state;
    sample_of(&s, "{\"a\":1,\"b\":2,\"\\u0061\":3,\"other\":4,\"c\":{\"a\":5}}");
    const struct view names[] = {VIEW_LITERAL("c"), VIEW_LITERAL("a"), VIEW_LITERAL("none"),
                                 VIEW_LITERAL("b"), VIEW_LITERAL("a")};
    static const char *const raws[COUNT(names)] = {"{\"a\":5}", "3", "", "2", "3"};
    json_value values[COUNT(names)] = {0};
    json_members(&s.doc, JSON_ROOT, names, COUNT(names), values);
    for (size_t i = 0; i < COUNT(names); ++i) {
        assert_view(json_raw(&s.doc, values[i]), raws[i]);
    }
    json_members(&s.doc, json_member(&s.doc, JSON_ROOT, "b"), names, COUNT(names), values);
    for (size_t i = 0; i < COUNT(names); ++i) {
        assert_int_equal(values[i], JSON_NO_VALUE);
    }
    sample_free(&s);
}

static void knows_what_stands_there_without_escapes(void **state)
{
    static const struct {
        const char *json;
        const char *unquoted;
        bool is_plain;
    } cases[] = {
        {"\"\"", "", true},
        {"\"a \xC3\xA4\"", "a \xC3\xA4", true},
        {"\"a\\nb\"", "a\\nb", false},
        {"\"\\u0061\"", "\\u0061", false},
        {"17", "17", false},
        {"[ 1]", "[ 1]", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        sample_of(&s, cases[i].json);
        assert_int_equal(json_is_plain(&s.doc, JSON_ROOT), cases[i].is_plain);
        assert_view(json_unquoted(&s.doc, JSON_ROOT), cases[i].unquoted);
        assert_false(json_is_plain(&s.doc, JSON_NO_VALUE));
        sample_free(&s);
    }
}

static void resolves_escapes_in_text(void **state)
{
    static const struct {
        const char *json;
        struct view text;
    } cases[] = {
        {"\"plain\"", {"plain", 5}},
        {"\"\"", {"", 0}},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", {"\"\\/\b\f\n\r\t", 8}},
        {"\"a\\u0000b\"", {"a\0b", 3}},
        {"\"\\u007f\\u00E4\\u20ac\"", {"\x7f\xC3\xA4\xE2\x82\xAC", 6}},
        {"\"\\ud83d\\ude00\\uDBFF\\uDFFF\"", {"\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", 8}},
        {"\"x\\ud800y\"", {"x\xEF\xBF\xBDy", 5}},
        {"\"\\udc00\\ud800\"", {"\xEF\xBF\xBD\xEF\xBF\xBD", 6}},
        {"\"\\ud800\\ud83d\\ude00\"", {"\xEF\xBF\xBD\xF0\x9F\x98\x80", 7}},
        {"\"\\ud800\\u0041\"",
         {"\xEF\xBF\xBD"
          "A",
          4}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        struct view text;
        sample_of(&s, cases[i].json);
        assert_int_equal(json_text(&s.doc, JSON_ROOT, &s.arena, &text), STATUS_OK);
        assert_true(view_equal(text, cases[i].text));
        bool has_zero = memchr(text.at, 0, text.len) != NULL;
        char name[16] = {0};
        memcpy(name, text.at, text.len);
        assert_int_equal(json_text_is(&s.doc, JSON_ROOT, view_from_text(name)), !has_zero);
        sample_free(&s);
    }
}

static void gives_no_text_of_other_kinds(void **state)
{
    struct sample s;
    struct view text;
    int64_t whole = 7;
    double real = 7;
    (void)state;
    sample_of(&s, "[1]");
    assert_int_equal(json_text(&s.doc, JSON_ROOT, &s.arena, &text), STATUS_BAD_INPUT);
    assert_int_equal(json_text(&s.doc, JSON_NO_VALUE, &s.arena, &text), STATUS_BAD_INPUT);
    assert_false(json_text_is(&s.doc, JSON_ROOT, VIEW_LITERAL("[1]")));
    assert_false(json_to_int64(&s.doc, JSON_ROOT, &whole));
    assert_false(json_to_double(&s.doc, JSON_NO_VALUE, &real));
    sample_free(&s);
}

static void compacts_only_insignificant_space(void **state)
{
    static const struct {
        const char *json;
        const char *compact;
    } cases[] = {
        {" 1.50 ", "1.50"},
        {" { \"a b\" : [ 1 ,\t\"c  d\\n\" , { } ] ,\r\n\"e\":null } ",
         "{\"a b\":[1,\"c  d\\n\",{}],\"e\":null}"},
        {"[\"\\u00e4\",1E+2]", "[\"\\u00e4\",1E+2]"},
        {"[ \"\\u00e4 \xC3\xA4\" ]", "[\"\\u00e4 \xC3\xA4\"]"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        assert_compact(cases[i].json, cases[i].compact);
    }
}

static void compacts_a_value_inside(void **state)
{
    struct sample s;
    struct buf out;
    (void)state;
    sample_of(&s, "{ \"a\" : [ 1 , \" \" ] , \"b\" : \"x\" }");
    buf_init(&out, 100);
    buf_append_text(&out, ">");
    json_value a = json_member(&s.doc, JSON_ROOT, "a");
    assert_int_equal(json_append_compact(&out, &s.doc, a), STATUS_OK);
    assert_view(buf_view(&out), ">[1,\" \"]");
    assert_int_equal(json_append_compact(&out, &s.doc, JSON_NO_VALUE), STATUS_OK);
    assert_view(buf_view(&out), ">[1,\" \"]");
    buf_free(&out);
    buf_init(&out, 5);
    assert_int_equal(json_append_compact(&out, &s.doc, JSON_ROOT), STATUS_TOO_BIG);
    assert_int_equal(out.len, 0);
    buf_free(&out);
    sample_free(&s);
}

static void counts_and_repairs_lone_surrogates(void **state)
{
    static const struct {
        const char *json;
        uint32_t count;
        const char *compact;
    } cases[] = {
        {"\"\\ud83d\\ude00\"", 0, "\"\\ud83d\\ude00\""},
        {"\"\\ud800\"", 1, "\"\\ufffd\""},
        {"\"\\uDFFF\"", 1, "\"\\ufffd\""},
        {"\"\\ud800\\ud800\"", 2, "\"\\ufffd\\ufffd\""},
        {"\"\\ud800\\ud83d\\ude00\"", 1, "\"\\ufffd\\ud83d\\ude00\""},
        {"\"\\ude00\\ud83d\"", 2, "\"\\ufffd\\ufffd\""},
        {"\"\\\\ud800\"", 0, "\"\\\\ud800\""},
        {"\"\\\\ud800\\ud800\\\\\"", 1, "\"\\\\ud800\\ufffd\\\\\""},
        {"{\"\\udc00\":\"a\\ud800b\"}", 2, "{\"\\ufffd\":\"a\\ufffdb\"}"},
        {"\"\\ud800 \\udc00\"", 2, "\"\\ufffd \\ufffd\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        sample_of(&s, cases[i].json);
        assert_int_equal(s.doc.lone_surrogates, cases[i].count);
        sample_free(&s);
        assert_compact(cases[i].json, cases[i].compact);
    }
}

static void keeps_to_the_depth_limit(void **state)
{
    char text[140];
    (void)state;
    for (size_t depth = 63; depth <= 66; ++depth) {
        struct sample s;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        sample_init(&s, view_make(text, 2 * depth));
        assert_int_equal(s.status, depth <= 64 ? STATUS_OK : STATUS_TOO_BIG);
        assert_int_equal(s.doc.node_count, depth <= 64 ? depth : 0);
        sample_free(&s);
    }
    struct arena arena;
    struct json doc;
    arena_init(&arena, CEILING_BYTES);
    static const struct json_limits flat = {.depth = 0};
    static const struct json_limits one = {.depth = 1};
    assert_int_equal(json_parse(&doc, view_from_text("1"), &arena, &flat, NULL), STATUS_OK);
    assert_int_equal(json_parse(&doc, view_from_text("[]"), &arena, &flat, NULL), STATUS_TOO_BIG);
    assert_int_equal(json_parse(&doc, view_from_text("[1,2]"), &arena, &one, NULL), STATUS_OK);
    assert_int_equal(json_parse(&doc, view_from_text("[{}]"), &arena, &one, NULL), STATUS_TOO_BIG);
    arena_free(&arena);
}

static void refuses_a_text_over_the_position_limit(void **state)
{
    struct json doc;
    struct arena arena;
    (void)state;
    arena_init(&arena, CEILING_BYTES);
    struct view text = view_make("1", (size_t)JSON_BYTES_MAX + 1);
    assert_int_equal(json_parse(&doc, text, &arena, NULL, NULL), STATUS_TOO_BIG);
    arena_free(&arena);
}

static void reads_whole_numbers_that_fit(void **state)
{
    static const struct {
        const char *json;
        bool fits;
        int64_t number;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"1", true, 1},
        {"-17", true, -17},
        {"1.0", true, 1},
        {"1e3", true, 1000},
        {"1.5", false, 0},
        {"1.5e1", true, 15},
        {"1e30", false, 0},
        {"1200e-2", true, 12},
        {"1e-1", false, 0},
        {"0e999999999999", true, 0},
        {"0.000e-99999999999999999999", true, 0},
        {"1e99999999999999999999", false, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"9223372036854775807.000", true, INT64_MAX},
        {"9.223372036854775807e18", true, INT64_MAX},
        {"18446744073709551616", false, 0},
        {"92233720368547758070", false, 0},
        {"0.0001e4", true, 1},
        {"1000000000000000000000000e-24", true, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        int64_t number = 0;
        sample_of(&s, cases[i].json);
        bool fits = json_to_int64(&s.doc, JSON_ROOT, &number);
        if (fits != cases[i].fits || number != cases[i].number) {
            print_error("%s gave %d, %lld\n", cases[i].json, fits, (long long)number);
        }
        assert_int_equal(fits, cases[i].fits);
        assert_true(number == cases[i].number);
        sample_free(&s);
    }
}

static void reads_doubles(void **state)
{
    static const struct {
        const char *json;
        bool fits;
        double number;
    } cases[] = {
        {"0", true, 0},
        {"-1.5", true, -1.5},
        {"1e308", true, 1e308},
        {"1e309", false, 0},
        {"1e-400", true, 0},
        {"0.1", true, 0.1},
        {"0.10000000000000000000000000000000000000000000000000000000000000000000000", true, 0.1},
        {"-10000000000000000000000000000000000000000000000000000000000000000000000e-70", true, -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct sample s;
        double number = 0;
        sample_of(&s, cases[i].json);
        assert_int_equal(json_to_double(&s.doc, JSON_ROOT, &number), cases[i].fits);
        assert_true(number == cases[i].number);
        sample_free(&s);
    }
}

static void writes_strings(void **state)
{
    static const struct {
        struct view text;
        const char *json;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {{"plain", 5}, "\"plain\""},
        {{"a\"b\\c/", 6}, "\"a\\\"b\\\\c/\""},
        {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
        {{"\0\x01\x1f\x7f", 4}, "\"\\u0000\\u0001\\u001f\x7f\""},
        {{"\xC3\xA4\xF0\x9F\x98\x80", 6}, "\"\xC3\xA4\xF0\x9F\x98\x80\""},
        {{"a\xff"
          "b",
          3},
         "\"a\xEF\xBF\xBD"
         "b\""},
        {{"\xC3", 1}, "\"\xEF\xBF\xBD\""},
        {{"a string of more than sixteen\nbytes", 35}, "\"a string of more than sixteen\\nbytes\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct buf out;
        buf_init(&out, 1000);
        assert_int_equal(json_append_string(&out, cases[i].text), STATUS_OK);
        assert_view(buf_view(&out), cases[i].json);
        assert_int_equal(json_string_bytes(cases[i].text), out.len);
        buf_free(&out);
    }
}

static void leaves_the_buffer_as_it_was_when_a_string_does_not_fit(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 8);
    buf_append_text(&out, "ab");
    assert_int_equal(json_append_string(&out, view_from_text("12\n456")), STATUS_TOO_BIG);
    assert_view(buf_view(&out), "ab");
    buf_free(&out);
}

static void says_no_memory_at_every_ceiling(void **state)
{
    char text[4002] = "[";
    (void)state;
    for (size_t i = 1; i < 4001; i += 2) {
        memcpy(text + i, i < 3999 ? "1," : "1]", 2);
    }
    struct view all = view_make(text, 4001);
    bool parsed = false;
    for (size_t ceiling = 0; !parsed; ceiling += 512) {
        struct arena arena;
        struct json doc;
        struct fault fault = {0};
        arena_init(&arena, ceiling);
        enum status status = json_parse(&doc, all, &arena, NULL, &fault);
        parsed = status == STATUS_OK;
        if (!parsed) {
            assert_int_equal(status, STATUS_NO_MEMORY);
            assert_int_equal(doc.node_count, 0);
            assert_true(fault.text[0] != '\0');
        } else {
            assert_int_equal(doc.node_count, 2001);
        }
        arena_free(&arena);
        assert_true(ceiling < CEILING_BYTES);
    }
}

static void says_no_memory_for_a_text(void **state)
{
    struct sample s;
    struct arena none;
    struct view text;
    (void)state;
    sample_of(&s, "\"\\n\"");
    arena_init(&none, 0);
    assert_int_equal(json_text(&s.doc, JSON_ROOT, &none, &text), STATUS_NO_MEMORY);
    assert_int_equal(text.len, 0);
    arena_free(&none);
    sample_free(&s);
}

static struct view read_file(const char *path, char *room, size_t len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t got = fread(room, 1, len, file);
    fclose(file);
    return view_make(room, got);
}

static void judges_like_json_test_suite(void **state)
{
    static char room[1 << 20];
    const char *data = getenv("PIPES_TEST_DATA");
    char folder[512];
    (void)state;
    snprintf(folder, sizeof(folder), "%s/JSONTestSuite/test_parsing",
             data ? data : "../shared/data");
    DIR *dir = opendir(folder);
    if (!dir) {
        print_message("no folder %s: JSONTestSuite is left out\n", folder);
        skip();
        return;
    }
    size_t wrong = 0;
    size_t count = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (!view_ends_with(view_from_text(entry->d_name), ".json")) {
            continue;
        }
        char path[1024];
        struct sample s;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        sample_init(&s, read_file(path, room, sizeof(room)));
        bool accepted = s.status == STATUS_OK;
        bool is_wrong = entry->d_name[0] == (accepted ? 'n' : 'y');
        if (is_wrong) {
            print_error("%s: %s\n", entry->d_name, accepted ? "accepted" : s.fault.text);
        }
        wrong += is_wrong;
        ++count;
        sample_free(&s);
    }
    closedir(dir);
    print_message("%zu files of JSONTestSuite\n", count);
    assert_int_equal(wrong, 0);
    assert_true(count > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_form_of_the_grammar),
        cmocka_unit_test(rejects_what_is_not_json),
        cmocka_unit_test(rejects_a_bad_byte_at_every_place_of_a_long_string),
        cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(rejects_every_truncation),
        cmocka_unit_test(keeps_the_bytes_of_values),
        cmocka_unit_test(walks_objects_and_arrays),
        cmocka_unit_test(finds_members),
        cmocka_unit_test(finds_several_members_in_one_walk),
        cmocka_unit_test(knows_what_stands_there_without_escapes),
        cmocka_unit_test(resolves_escapes_in_text),
        cmocka_unit_test(gives_no_text_of_other_kinds),
        cmocka_unit_test(compacts_only_insignificant_space),
        cmocka_unit_test(compacts_a_value_inside),
        cmocka_unit_test(counts_and_repairs_lone_surrogates),
        cmocka_unit_test(keeps_to_the_depth_limit),
        cmocka_unit_test(refuses_a_text_over_the_position_limit),
        cmocka_unit_test(reads_whole_numbers_that_fit),
        cmocka_unit_test(reads_doubles),
        cmocka_unit_test(writes_strings),
        cmocka_unit_test(leaves_the_buffer_as_it_was_when_a_string_does_not_fit),
        cmocka_unit_test(says_no_memory_at_every_ceiling),
        cmocka_unit_test(says_no_memory_for_a_text),
        cmocka_unit_test(judges_like_json_test_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
