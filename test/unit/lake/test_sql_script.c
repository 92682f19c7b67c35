#include "lake/sql_script.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* The statements with a bar between them. */
static void cut(const char *script, const char *expected)
{
    char made[256];
    size_t len = 0;
    struct view rest = view_from_text(script);
    struct view statement;
    while (sql_script_next(&rest, &statement)) {
        statement = view_trim(statement);
        assert_true(len + statement.len + 1 < sizeof(made));
        memcpy(made + len, statement.at, statement.len);
        len += statement.len;
        made[len++] = '|';
    }
    made[len] = 0;
    assert_string_equal(made, expected);
}

static void statements_end_at_semicolons(void **state)
{
    (void)state;
    cut("", "");
    cut("select 1", "select 1|");
    cut("select 1; select 2;", "select 1|select 2|");
    cut(" ; ;select 1;;", "select 1|");
}

static void texts_names_and_comments_hide_them(void **state)
{
    (void)state;
    cut("select 'a;b'; x", "select 'a;b'|x|");
    cut("select 'it''s;'; x", "select 'it''s;'|x|");
    cut("select e'it\\';'; x", "select e'it\\';'|x|");
    cut("select like'\\'; x", "select like'\\'|x|");
    cut("select \"a;\"\"b\"; x", "select \"a;\"\"b\"|x|");
    cut("select $$a;b$$; x", "select $$a;b$$|x|");
    cut("select $t$a;$$;$t$; x", "select $t$a;$$;$t$|x|");
    cut("select $1; x", "select $1|x|");
    cut("select 1 -- a;b\n; x", "select 1 -- a;b\n|x|");
    cut("select /* a;b */ 1; x", "select /* a;b */ 1|x|");
    cut("select 1 - -1 / 2; x", "select 1 - -1 / 2|x|");
}

static void comments_alone_are_no_statement(void **state)
{
    (void)state;
    cut("-- nothing", "");
    cut("/* nothing */ ; select 1; -- more", "select 1|");
}

static void what_is_not_closed_ends_with_the_script(void **state)
{
    (void)state;
    cut("select 'a; b", "select 'a; b|");
    cut("select e'a\\", "select e'a\\|");
    cut("select \"a; b", "select \"a; b|");
    cut("select $x$a; b", "select $x$a; b|");
    cut("select 1 /* ; x", "select 1 /* ; x|");
    cut("select $", "select $|");
    cut("/*", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_at_semicolons),
        cmocka_unit_test(texts_names_and_comments_hide_them),
        cmocka_unit_test(comments_alone_are_no_statement),
        cmocka_unit_test(what_is_not_closed_ends_with_the_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
