#include "lake/duck.h"
#include "lake/duck_rows.h"

#include "base/buf.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct lines {
    const char *const *rows;
    size_t count;
    size_t given;
};

static enum status next_line(void *self, struct view *row, struct fault *fault)
{
    struct lines *lines = self;
    (void)fault;
    if (lines->given == lines->count) {
        return STATUS_END;
    }
    *row = view_from_text(lines->rows[lines->given++]);
    return STATUS_OK;
}

static enum status rewind_lines(void *self, void **scan, struct fault *fault)
{
    struct lines *lines = self;
    (void)fault;
    lines->given = 0;
    *scan = lines;
    return STATUS_OK;
}

static int open_duck(void **state)
{
    struct duck_options options = {.memory_bytes = 256u << 20};
    struct fault fault = {0};
    struct duck *duck;
    if (duck_open(&duck, &options, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    *state = duck;
    return 0;
}

static int close_duck(void **state)
{
    duck_close(*state);
    return 0;
}

static void has_text(struct duck *duck, const char *sql, const char *expected)
{
    struct fault fault = {0};
    struct duck_result *result;
    duckdb_data_chunk chunk;
    if (duck_query(duck, sql, &result, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(duck_result_next(result, &chunk, &fault), STATUS_OK);
    duckdb_vector vector = duck_api(duck)->data_chunk_get_vector(chunk, 0);
    if (!expected) {
        assert_false(duck_is_valid(duck_api(duck)->vector_get_validity(vector), 0));
    } else {
        assert_true(duck_is_valid(duck_api(duck)->vector_get_validity(vector), 0));
        struct view text = duck_text(duck_api(duck)->vector_get_data(vector), 0);
        assert_int_equal(text.len, strlen(expected));
        assert_memory_equal(text.at, expected, text.len);
    }
    duck_result_close(result);
}

static void says_where_the_library_was_looked_for(void **state)
{
    (void)state;
    const struct duck_api *api;
    struct fault fault = {0};
    /* Before the others: a library that was found once is kept. */
    assert_int_equal(duck_library_load(&api, "/nowhere/libduckdb.so", &fault), STATUS_NOT_FOUND);
    assert_string_equal(fault.text, "there is no DuckDB at /nowhere/libduckdb.so");
}

static void answers_a_question(void **state)
{
    int64_t number = 0;
    struct fault fault = {0};
    assert_int_equal(duck_query_int64(*state, "select 6 * 7::bigint", &number, &fault), STATUS_OK);
    assert_int_equal(number, 42);
}

static void says_in_one_line_what_is_wrong_with_sql(void **state)
{
    struct fault fault = {0};
    assert_int_equal(duck_exec(*state, "select nothing from nowhere", &fault), STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "nowhere"));
    assert_null(strchr(fault.text, '\n'));
}

/* The caret stands below the word, whatever line its author wrote it on. */
static void shows_the_place_of_a_mistake_on_the_line_that_it_was_written_on(void **state)
{
    static const int LINES[] = {1, 99, 1000};
    for (size_t i = 0; i < sizeof(LINES) / sizeof(LINES[0]); i++) {
        char head[32];
        struct fault fault = {0};
        duck_begin_at(*state, LINES[i]);
        assert_int_equal(duck_exec(*state, "select 1,\n  wrong from (select 1 as strong)", &fault),
                         STATUS_BAD_INPUT);
        assert_null(strchr(fault.text, '\n'));
        int head_len = snprintf(head, sizeof(head), "LINE %d: ", LINES[i] + 1);
        const char *place = strstr(duck_detail(*state), head);
        assert_non_null(place);
        const char *caret_line = strchr(place, '\n');
        assert_non_null(caret_line);
        const char *word = strstr(place, "wrong");
        assert_true(word && word < caret_line && word >= place + head_len);
        assert_int_equal(strchr(caret_line, '^') - (caret_line + 1), word - place);
        assert_non_null(strstr(duck_detail(*state), "strong"));
    }
}

static void shows_no_place_where_there_is_none_and_nothing_that_a_terminal_acts_on(void **state)
{
    struct fault fault = {0};
    assert_int_equal(duck_exec(*state, "select wrong", &fault), STATUS_BAD_INPUT);
    assert_int_not_equal(duck_detail(*state)[0], 0);
    assert_int_equal(duck_exec(*state, "select (chr(27) || '[2J' || chr(155))::integer", &fault),
                     STATUS_BAD_INPUT);
    assert_null(strchr(fault.text, 27));
    assert_null(strstr(fault.text, "\xc2\x9b"));
    assert_non_null(strstr(fault.text, "?[2J"));
    assert_int_equal(duck_exec(*state, "set memory_limit = '20MB'", &fault), STATUS_OK);
    assert_int_equal(duck_exec(*state, "select list(i || 'x') from range(10000000) t(i)", &fault),
                     STATUS_NO_MEMORY);
    assert_string_equal(duck_detail(*state), "");
}

static void binds_texts_with_any_byte(void **state)
{
    struct duck_statement *statement;
    struct duck_result *result;
    struct fault fault = {0};
    duckdb_data_chunk chunk;
    assert_int_equal(duck_prepare(*state, "select $1 || '.' || $2", &statement, &fault), STATUS_OK);
    assert_int_equal(duck_bind_text(statement, 1, VIEW_LITERAL("it's"), &fault), STATUS_OK);
    assert_int_equal(duck_bind_int64(statement, 2, 7, &fault), STATUS_OK);
    assert_int_equal(duck_bind_int64(statement, 3, 7, &fault), STATUS_BAD_INPUT);
    assert_int_equal(duck_run(statement, &result, &fault), STATUS_OK);
    assert_int_equal(duck_result_next(result, &chunk, &fault), STATUS_OK);
    const struct duck_api *api = duck_api(*state);
    struct view text = duck_text(api->vector_get_data(api->data_chunk_get_vector(chunk, 0)), 0);
    assert_true(view_is(text, "it's.7"));
    assert_int_equal(duck_result_next(result, &chunk, &fault), STATUS_END);
    duck_result_close(result);
    duck_statement_close(statement);
}

static void keeps_rows_as_they_were_sent(void **state)
{
    static const char *const ROWS[] = {
        "{\"event_id\":\"a\",\"properties\":{\"n\":12345678901234567890.10,\"x\":\"\\ud800\"},"
        "\"seq\":3,\"time\":\"2026-11-24T02:03:04.005Z\",\"is_bot\":true,\"density\":1.25}",
        "{\"event_id\":\"caf\\u00e9 \\\"and\\\" more\",\"seq\":1.5,\"time\":\"later\",\"is_bot\":1,"
        "\"density\":\"x\",\"properties\":\"text\"}",
    };
    struct lines lines = {.rows = ROWS, .count = 2};
    struct duck_rows rows = {
        .name = "lines", .self = &lines, .open = rewind_lines, .next = next_line};
    struct fault fault = {0};
    assert_int_equal(duck_rows_register(*state, &rows, &fault), STATUS_OK);
    has_text(*state, "select properties from lines() where event_id = 'a'",
             "{\"n\":12345678901234567890.10,\"x\":\"\\ud800\"}");
    has_text(*state, "select event_id from lines() where event_id <> 'a'", "café \"and\" more");
    has_text(*state, "select properties from lines() where event_id <> 'a'", "\"text\"");
    has_text(*state, "select user_properties from lines() where event_id = 'a'", NULL);
    has_text(*state,
             "select strftime(time at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%g') || ' ' || "
             "seq || ' ' || is_bot || ' ' || density from lines() where event_id = 'a'",
             "2026-11-24 02:03:04.005 3 true 1.25");
    has_text(*state,
             "select coalesce(seq::varchar, time::varchar, is_bot::varchar, "
             "density::varchar) from lines() where event_id <> 'a'",
             NULL);
    int64_t count = 0;
    assert_int_equal(
        duck_query_int64(*state, "select count(*) from lines() a, lines() b", &count, &fault),
        STATUS_OK);
    assert_int_equal(count, 4);
}

static void hands_on_what_a_source_complains_of(void **state)
{
    static const char *const ROWS[] = {"{\"event_id\":\"a\"}", "{\"event_id\":\"b"};
    struct lines lines = {.rows = ROWS, .count = 2};
    struct duck_rows rows = {.name = "torn", .self = &lines, .next = next_line};
    struct fault fault = {0};
    assert_int_equal(duck_rows_register(*state, &rows, &fault), STATUS_OK);
    assert_int_not_equal(duck_exec(*state, "select count(*) from torn()", &fault), STATUS_OK);
    assert_non_null(strstr(fault.text, "a row is no JSON object: {\"event_id\":\"b"));
}

/* A table without an end, and somebody who waits for its first row. */
struct endless {
    struct duck *duck;
    pthread_mutex_t lock;
    pthread_cond_t begun;
    bool has_begun;
};

static enum status next_of_endless(void *self, struct view *row, struct fault *fault)
{
    struct endless *endless = self;
    (void)fault;
    pthread_mutex_lock(&endless->lock);
    endless->has_begun = true;
    pthread_cond_signal(&endless->begun);
    pthread_mutex_unlock(&endless->lock);
    *row = VIEW_LITERAL("{}");
    return STATUS_OK;
}

static void *interrupt_once_begun(void *self)
{
    struct endless *endless = self;
    pthread_mutex_lock(&endless->lock);
    while (!endless->has_begun) {
        pthread_cond_wait(&endless->begun, &endless->lock);
    }
    pthread_mutex_unlock(&endless->lock);
    duck_interrupt(endless->duck);
    return NULL;
}

static void stops_when_another_thread_says_so(void **state)
{
    pthread_t thread;
    struct fault fault = {0};
    struct endless endless = {
        .duck = *state, .lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER};
    struct duck_rows rows = {.name = "endless", .self = &endless, .next = next_of_endless};
    assert_int_equal(duck_rows_register(*state, &rows, &fault), STATUS_OK);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_once_begun, &endless), 0);
    assert_int_equal(duck_exec(*state, "select count(*) from endless()", &fault), STATUS_BUSY);
    pthread_join(thread, NULL);
    answers_a_question(state);
}

static void does_not_use_more_than_its_memory(void **state)
{
    struct fault fault = {0};
    assert_int_equal(duck_exec(*state, "set memory_limit = '20MB'", &fault), STATUS_OK);
    assert_int_equal(duck_exec(*state, "select list(i || 'x') from range(10000000) t(i)", &fault),
                     STATUS_NO_MEMORY);
}

static void quotes_what_goes_into_sql(void **state)
{
    (void)state;
    struct buf sql;
    buf_init(&sql, 4096);
    duck_append_literal(&sql, VIEW_LITERAL("it's"));
    duck_append_name(&sql, VIEW_LITERAL("a\"b"));
    assert_true(view_is(buf_view(&sql), "'it''s'\"a\"\"b\""));
    buf_free(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_the_library_was_looked_for),
        cmocka_unit_test_setup_teardown(answers_a_question, open_duck, close_duck),
        cmocka_unit_test_setup_teardown(says_in_one_line_what_is_wrong_with_sql, open_duck,
                                        close_duck),
        cmocka_unit_test_setup_teardown(
            shows_the_place_of_a_mistake_on_the_line_that_it_was_written_on, open_duck, close_duck),
        cmocka_unit_test_setup_teardown(
            shows_no_place_where_there_is_none_and_nothing_that_a_terminal_acts_on, open_duck,
            close_duck),
        cmocka_unit_test_setup_teardown(binds_texts_with_any_byte, open_duck, close_duck),
        cmocka_unit_test_setup_teardown(keeps_rows_as_they_were_sent, open_duck, close_duck),
        cmocka_unit_test_setup_teardown(hands_on_what_a_source_complains_of, open_duck, close_duck),
        cmocka_unit_test_setup_teardown(stops_when_another_thread_says_so, open_duck, close_duck),
        cmocka_unit_test_setup_teardown(does_not_use_more_than_its_memory, open_duck, close_duck),
        cmocka_unit_test(quotes_what_goes_into_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
