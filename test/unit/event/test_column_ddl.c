#include "event/column_ddl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const ENGINES[] = {"athena", "spark", "clickhouse", "duckdb"};

/* Zero-terminated. */
static void make(struct buf *out, const char *engine)
{
    const struct column_ddl *ddl = column_ddl_find(view_from_text(engine));
    assert_non_null(ddl);
    buf_clear(out);
    assert_int_equal(column_ddl_append(out, ddl), STATUS_OK);
    buf_append_byte(out, 0);
}

static void every_engine_gets_every_column_in_its_order(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof(ENGINES) / sizeof(ENGINES[0]); i++) {
        make(&out, ENGINES[i]);
        const char *at = out.at;
        const char quote = ENGINES[i][0] == 'd' ? '"' : '`';
        for (enum column column = 0; column < COLUMN_COUNT; column++) {
            char name[64];
            snprintf(name, sizeof(name), "%c%s%c", quote, columns[column].name, quote);
            at = strstr(at, name);
            assert_non_null(at);
        }
    }
    buf_free(&out);
}

static void times_are_instants_and_json_is_text(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 16);
    make(&out, "athena");
    assert_non_null(strstr(out.at, "  `time` timestamp,\n"));
    assert_non_null(strstr(out.at, "  `properties` string,\n"));
    make(&out, "spark");
    assert_non_null(strstr(out.at, "  `ingest_seq` BIGINT,\n  `date` STRING"));
    make(&out, "clickhouse");
    assert_non_null(strstr(out.at, "  `time` Nullable(DateTime64(6, 'UTC')),\n"));
    make(&out, "duckdb");
    assert_non_null(strstr(out.at, "  \"time\": 'TIMESTAMPTZ',\n"));
    buf_free(&out);
}

static void another_engine_is_unknown(void **state)
{
    (void)state;
    assert_null(column_ddl_find(VIEW_LITERAL("oracle")));
    assert_null(column_ddl_find(VIEW_LITERAL("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_engine_gets_every_column_in_its_order),
        cmocka_unit_test(times_are_instants_and_json_is_text),
        cmocka_unit_test(another_engine_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
