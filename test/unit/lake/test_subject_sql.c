/* What SQL takes for a mention of a subject is what subject.h says. */
#include "lake/subject_sql.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

struct row {
    const char *column;
    const char *value; /* as it stands between SQL's quotes */
    bool is_mention;
};

static struct duck *duck;

static int set_up(void **state)
{
    struct duck_options options = {.memory_bytes = 256u << 20};
    struct fault fault = {0};
    (void)state;
    if (duck_open(&duck, &options, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    duck_close(duck);
    return 0;
}

static bool is_mentioned(const struct subject *subject, const struct row *row)
{
    static struct subject_sql_columns columns; /* large for a stack */
    struct fault fault = {0};
    struct buf sql;
    int64_t count;
    buf_init(&sql, 1 << 20);
    enum status status = duck_exec_format(
        duck, &fault,
        "create or replace table rows as select null::varchar as anonymous_id, null::varchar as "
        "user_id, null::varchar as previous_id, 'shop' as site, '%s' as %s",
        row->value, row->column);
    status = status == STATUS_OK ? subject_sql_columns(&columns, duck, "rows", &fault) : status;
    buf_append_text(&sql, "select count(*) from rows where ");
    subject_sql_mentions(&sql, subject, &columns);
    buf_append_byte(&sql, 0);
    status = status == STATUS_OK ? duck_query_int64(duck, sql.at, &count, &fault) : status;
    buf_free(&sql);
    if (status != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return count == 1;
}

static void check(const char *id, const struct row *rows, size_t count)
{
    struct subject *subject = malloc(sizeof(*subject));
    struct fault fault = {0};
    assert_non_null(subject);
    subject_init(subject, view_make(NULL, 0));
    assert_int_equal(subject_add(subject, view_from_text(id), &fault), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        if (is_mentioned(subject, &rows[i]) != rows[i].is_mention) {
            fail_msg("%s: %s is%s taken for a mention of %s", rows[i].column, rows[i].value,
                     rows[i].is_mention ? " not" : "", id);
        }
    }
    subject_free(subject);
    free(subject);
}

static void a_short_id_is_mentioned_where_it_is_all_of_a_text(void **state)
{
    static const struct row ROWS[] = {
        {"title", "42", true},
        {"title", "4242", false},
        {"title", "room 42", false},
        {"properties", "{\"a\":\"42\"}", true},
        {"properties", "{\"a\":\"{\\\"b\\\":\\\"42\\\"}\"}", true},
        {"properties", "{\"a\":\"4242\"}", false},
        {"properties", "{\"a\":\"142\",\"b\":42}", false},
    };
    (void)state;
    check("42", ROWS, sizeof(ROWS) / sizeof(ROWS[0]));
}

static void a_long_id_is_mentioned_wherever_it_stands(void **state)
{
    static const struct row ROWS[] = {
        {"title", "visitor-4711", true},
        {"url", "https://a.example/visitor-4711visitor-4711", true},
        {"title", "visitor-471", false},
        {"properties", "{\"a\":\"of visitor-4711!\"}", true},
    };
    (void)state;
    check("visitor-4711", ROWS, sizeof(ROWS) / sizeof(ROWS[0]));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_short_id_is_mentioned_where_it_is_all_of_a_text),
        CASE(a_long_id_is_mentioned_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
