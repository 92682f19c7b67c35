/* The one mark is set, everything else in a footer stays as it is. */
#include "lake/parquet_instants.h"

#include <stdlib.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* FileMetaData by hand: version 1, a schema of three (root with two children, a time, an instant),
 * no rows. Each field's first byte: how far its number is from the one before, and its type. */
static const unsigned char FOOTER[] = {
    0x15, 0x02,                         /* 1: version, i32 1 */
    0x19, 0x3c,                         /* 2: schema, list of 3 structs */
    0x48, 0x01, 'r',  0x15, 0x04, 0x00, /* 4: name "r"; 5: 2 children */
    0x15, 0x04, 0x38, 0x01, 't',        /* 1: INT64; 4: name "t" */
    0x6c, 0x8c, 0x12, 0x1c, 0x1c, 0x00,
    0x00, 0x00,                  /* 10: logical, 8: timestamp, 1: false, millis */
    0x00, 0x00,                  /* ends of logical type and element */
    0x15, 0x04, 0x38, 0x01, 'i', /* the same of "i", */
    0x6c, 0x8c, 0x11, 0x1c, 0x1c, 0x00,
    0x00, 0x00,             /* which is an instant already */
    0x00, 0x00, 0x16, 0x00, /* 3: rows, i64 0 */
    0x00,
};
enum { MARK = 17 };

static void marks_what_is_no_instant(void **state)
{
    char footer[sizeof(FOOTER)];
    unsigned count = 0;
    (void)state;
    memcpy(footer, FOOTER, sizeof(FOOTER));
    assert_true(parquet_instants_mark(footer, sizeof(FOOTER), &count));
    assert_int_equal(count, 1);
    for (size_t i = 0; i < sizeof(FOOTER); i++) {
        assert_int_equal((unsigned char)footer[i], i == MARK ? 0x11 : FOOTER[i]);
    }
    assert_true(parquet_instants_mark(footer, sizeof(FOOTER), &count));
    assert_int_equal(count, 0);
}

static void refuses_a_footer_that_is_cut_off(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(FOOTER); len++) {
        unsigned count;
        char *footer = malloc(len > 0 ? len : 1);
        memcpy(footer, FOOTER, len);
        assert_false(parquet_instants_mark(footer, len, &count));
        free(footer);
    }
}

/* Found by the fuzzer: it went through 2^60 elements that take no room. */
static void refuses_a_schema_of_no_structs(void **state)
{
    char footer[] = {0x29,       (char)0xf0, (char)0xff, (char)0xff, (char)0xff, (char)0xff,
                     (char)0xff, (char)0xff, (char)0xff, 0x7f,       0x00};
    unsigned count;
    (void)state;
    assert_false(parquet_instants_mark(footer, sizeof(footer), &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_what_is_no_instant),
        cmocka_unit_test(refuses_a_footer_that_is_cut_off),
        cmocka_unit_test(refuses_a_schema_of_no_structs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
