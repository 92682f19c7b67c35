#include "event/event.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* Takes every member of the object into the column of its name and gives the row. */
static void assert_row(const char *object, const char *row)
{
    struct json doc;
    struct fault fault = {0};
    struct event event = {0};
    assert_int_equal(json_parse(&doc, view_from_text(object), &arena, NULL, &fault), STATUS_OK);
    for (json_value key = json_first(&doc, JSON_ROOT); key != JSON_NO_VALUE;
         key = json_next(&doc, key)) {
        struct view name;
        assert_int_equal(json_text(&doc, key, &arena, &name), STATUS_OK);
        enum column column = column_find(name);
        assert_true(column < COLUMN_COUNT);
        enum status status = event_take(&event, column, &doc, json_key_value(&doc, key), &arena);
        assert_true(status == STATUS_OK || status == STATUS_BAD_INPUT);
    }
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(event_append_row(&out, &event), STATUS_OK);
    if (!view_is(buf_view(&out), row)) {
        print_error("row: %.*s\n", VIEW_ARG(buf_view(&out)));
    }
    assert_true(view_is(buf_view(&out), row));
    buf_free(&out);
}

static void properties_keep_their_bytes_but_for_whitespace(void **state)
{
    (void)state;
    assert_row("{\"properties\": {\"n\" : 12345678901234567890.0100, \"s\":\"a\\u00e9 \\/ \",\n"
               "\"l\":[ 1 , 2 ]} }",
               "{\"properties\":{\"n\":12345678901234567890.0100,\"s\":\"a\\u00e9 \\/ \","
               "\"l\":[1,2]}}");
}

static void rows_follow_the_order_of_the_table(void **state)
{
    (void)state;
    assert_row("{\"url\":\"https://a.example/\",\"name\":\"x\",\"type\":\"track\"}",
               "{\"type\":\"track\",\"name\":\"x\",\"url\":\"https://a.example/\"}");
    assert_row("{}", "{}");
}

static void values_are_brought_to_the_type_of_their_column(void **state)
{
    (void)state;
    assert_row("{\"user_id\":17,\"seq\":\"3\",\"is_test\":true,\"density\":1.50}",
               "{\"user_id\":\"17\",\"seq\":3,\"is_test\":true,\"density\":1.50}");
    assert_row("{\"created_at\":1763942400123,\"sent_at\":\"2025-11-24T01:00:00+01:00\"}",
               "{\"created_at\":\"2025-11-24T00:00:00.123Z\","
               "\"sent_at\":\"2025-11-24T00:00:00.000Z\"}");
}

static void what_does_not_fit_or_is_null_stays_absent(void **state)
{
    (void)state;
    assert_row("{\"name\":{\"a\":1},\"seq\":1.5,\"is_test\":\"yes\",\"density\":\"2\","
               "\"created_at\":-1,\"sent_at\":\"yesterday\",\"properties\":3,\"title\":null}",
               "{}");
}

static void text_is_quoted_again(void **state)
{
    (void)state;
    assert_row("{\"title\":\"a\\\"b\\\\c\\n\\u0000\"}", "{\"title\":\"a\\\"b\\\\c\\n\\u0000\"}");
}

static void assert_written(const struct event *event, const char *row)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(event_append_row(&out, event), STATUS_OK);
    if (!view_is(buf_view(&out), row)) {
        print_error("row: %.*s\n", VIEW_ARG(buf_view(&out)));
    }
    assert_true(view_is(buf_view(&out), row));
    buf_free(&out);
}

/* Bytes of no meaning where nothing was set, as in memory from an arena. */
static void only_what_is_present_counts(void **state)
{
    (void)state;
    struct event event;
    struct event copy;
    int64_t number;
    memset(&event, 0xA5, sizeof(event));
    memset(&copy, 0x5A, sizeof(copy));
    event_clear(&event);
    assert_written(&event, "{}");
    assert_false(event_has(&event, COLUMN_SEQ));
    assert_false(event_number(&event, COLUMN_SEQ, &number));
    assert_int_equal(event_text(&event, COLUMN_NAME).len, 0);
    event_set_integer(&event, COLUMN_INGEST_SEQ, INT64_MIN);
    event_set_plain(&event, COLUMN_EVENT_ID, VIEW_LITERAL("e"));
    event_set_boolean(&event, COLUMN_IS_BOT, false);
    event_copy(&copy, &event);
    event_remove(&event, COLUMN_INGEST_SEQ);
    assert_written(&event, "{\"event_id\":\"e\",\"is_bot\":false}");
    assert_written(&copy,
                   "{\"event_id\":\"e\",\"is_bot\":false,\"ingest_seq\":-9223372036854775808}");
    assert_true(event_number(&copy, COLUMN_INGEST_SEQ, &number) && number == INT64_MIN);
    assert_false(event_number(&copy, COLUMN_EVENT_ID, &number));
}

static void a_value_is_repeated_in_another_column(void **state)
{
    (void)state;
    struct event event = {0};
    event_set_time(&event, COLUMN_SENT_AT, 1763942400123);
    event_set_time(&event, COLUMN_RECEIVED_AT, 5);
    event_repeat(&event, COLUMN_CREATED_AT, COLUMN_SENT_AT);
    event_repeat(&event, COLUMN_RECEIVED_AT, COLUMN_EVENT_TIME);
    assert_written(&event, "{\"created_at\":\"2025-11-24T00:00:00.123Z\","
                           "\"sent_at\":\"2025-11-24T00:00:00.123Z\"}");
}

static void text_that_may_not_be_plain_is_quoted_with_escapes(void **state)
{
    (void)state;
    struct event event = {0};
    event_set_string(&event, COLUMN_URL, VIEW_LITERAL("a\"\xFF\n"));
    event_set_like(&event, COLUMN_HOST, VIEW_LITERAL("\""), COLUMN_URL);
    event_set_like(&event, COLUMN_PATH, VIEW_LITERAL("\\"), COLUMN_TITLE);
    event_set_plain(&event, COLUMN_TITLE, VIEW_LITERAL("\xC3\xA4"));
    event_set_like(&event, COLUMN_REFERRER, VIEW_LITERAL("plain"), COLUMN_TITLE);
    assert_true(view_is(event_text(&event, COLUMN_TITLE), "\xC3\xA4"));
    assert_written(&event, "{\"url\":\"a\\\"\xEF\xBF\xBD\\n\",\"host\":\"\\\"\",\"path\":\"\\\\\","
                           "\"title\":\"\xC3\xA4\",\"referrer\":\"plain\"}");
}

/* Nothing is written, and the buffer is marked, when the row would not fit. */
static void a_row_goes_in_whole_or_not_at_all(void **state)
{
    (void)state;
    struct event event = {0};
    struct buf out;
    event_set_plain(&event, COLUMN_TITLE,
                    VIEW_LITERAL("a text of some length, more than the rest"));
    buf_init(&out, 40);
    buf_append_text(&out, "before");
    assert_int_equal(event_append_row(&out, &event), STATUS_TOO_BIG);
    assert_int_equal(buf_status(&out), STATUS_TOO_BIG);
    assert_true(view_is(buf_view(&out), "before"));
    buf_free(&out);
}

static void every_column_is_complete_and_found_by_its_name(void **state)
{
    (void)state;
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        assert_non_null(columns[i].name);
        assert_true(columns[i].meaning[0] != 0 && columns[i].example[0] != 0);
        assert_int_equal(column_find(view_from_text(columns[i].name)), i);
    }
    static const char *const OTHERS[] = {"",
                                         "nothing",
                                         "e",
                                         "even_id",
                                         "typ",
                                         "names",
                                         "nbme",
                                         "user_propertie",
                                         "sent_aT",
                                         "library_versioN",
                                         "campaign_contenT",
                                         "campaign_content_",
                                         "an even longer name of a column"};
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        assert_int_equal(column_find(view_from_text(OTHERS[i])), COLUMN_COUNT);
    }
}

/* docs/event.md is made from the table: PIPES_GOLDEN_WRITE=1 writes it anew. */
static void the_document_of_columns_is_the_table(void **state)
{
    (void)state;
    struct buf made;
    struct buf there;
    buf_init(&made, 1 << 16);
    buf_init(&there, 1 << 16);
    buf_append_text(&made, "# The columns of an event\n\nMade from `src/event/columns.c`; a column "
                           "without a value is left out of a row. `client` says whether\na client "
                           "may set it.\n\n| column | type | client | meaning | example |\n"
                           "|---|---|---|---|---|\n");
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        buf_append_format(&made, "| `%s` | %s | %s | %s | `%s` |\n", columns[i].name,
                          column_type_name(columns[i].type), columns[i].is_from_client ? "yes" : "",
                          columns[i].meaning, columns[i].example);
    }
    if (getenv("PIPES_GOLDEN_WRITE")) {
        int folder = open("docs", O_RDONLY | O_DIRECTORY);
        assert_int_equal(file_replace(folder, "event.md", buf_view(&made), NULL), STATUS_OK);
        close(folder);
    }
    assert_int_equal(file_read(AT_FDCWD, "docs/event.md", &there, NULL), STATUS_OK);
    assert_true(view_equal(buf_view(&made), buf_view(&there)));
    buf_free(&made);
    buf_free(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_keep_their_bytes_but_for_whitespace),
        cmocka_unit_test(rows_follow_the_order_of_the_table),
        cmocka_unit_test(values_are_brought_to_the_type_of_their_column),
        cmocka_unit_test(what_does_not_fit_or_is_null_stays_absent),
        cmocka_unit_test(text_is_quoted_again),
        cmocka_unit_test(only_what_is_present_counts),
        cmocka_unit_test(a_value_is_repeated_in_another_column),
        cmocka_unit_test(text_that_may_not_be_plain_is_quoted_with_escapes),
        cmocka_unit_test(a_row_goes_in_whole_or_not_at_all),
        cmocka_unit_test(the_document_of_columns_is_the_table),
        cmocka_unit_test(every_column_is_complete_and_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
