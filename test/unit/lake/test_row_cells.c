/* Rows are cut into columns as the checking reader cuts them, and nothing outside is read. */
#include "lake/row_cells.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const ROWS[] = {
    "{}",
    "{\"event_id\":\"a\",\"site\":\"b\",\"ingest_seq\":17}",
    "{\"ingest_seq\":17,\"site\":\"out of order\",\"event_id\":\"a\"}",
    "{\"event_id\":\"with \\\" quote and "
    "\\\\\",\"properties\":{\"a\":\"}\",\"b\":[1,{\"c\":\"]\\\"\"}]},"
    "\"site\":\"x\"}",
    "{\"properties\":[],\"context\":{},\"user_properties\":{\"long text that is more than sixteen "
    "bytes\":\"and another one, with \\\\ in it at the end \\\\\"}}",
    "{\"unknown\":{\"event_id\":\"inner\"},\"time\":\"2026-11-24T02:03:04.005Z\",\"is_bot\":true,"
    "\"density\":1.5e3,\"name\":null}",
    "{\"event_id\":\"twice\",\"event_id\":\"the last one counts\"}",
    "{\"event_id\":\"a\",\"typ\":\"no column\",\"type\":\"page\",\"types\":1,\"name\": \"a space\","
    "\"session_index\":2,\"site\":\"b\",\"campaign_source\":\"c\",\"is_bot\":false}",
    " { \"event_id\" : \"spaced\" , \"seq\" : 3 } ",
};

static void agree(const struct row_cells *cells, const struct json *doc, const char *row)
{
    for (enum column i = 0; i < COLUMN_COUNT; i++) {
        json_value value = json_member(doc, JSON_ROOT, columns[i].name);
        if ((json_kind(doc, value) == JSON_NONE) != (cells->kinds[i] == CELL_NONE)) {
            fail_msg("%s: %s", row, columns[i].name);
        }
        struct view expected = json_unquoted(doc, value);
        if (cells->kinds[i] != CELL_NONE && !view_equal(expected, cells->text[i])) {
            fail_msg("%s: %s is %.*s", row, columns[i].name, VIEW_ARG(cells->text[i]));
        }
    }
}

static void cuts_rows_as_the_checking_reader_does(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct json doc;
        struct row_cells cells;
        struct row_cells again;
        struct row_packed packed;
        struct view row = view_from_text(ROWS[i]);
        assert_int_equal(json_parse(&doc, row, &arena, NULL, NULL), STATUS_OK);
        assert_true(row_cells_read(&cells, row));
        agree(&cells, &doc, ROWS[i]);
        size_t bytes = row_cells_pack(&cells, row, &packed);
        /* What is in use, alone: a tool sees when more of it is read. */
        void *kept = memcpy(malloc(bytes), &packed, bytes);
        row_cells_unpack(kept, row, &again);
        agree(&again, &doc, ROWS[i]);
        free(kept);
    }
    arena_free(&arena);
}

static void refuses_what_is_cut_off(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof(ROWS) / sizeof(ROWS[0]) - 1; i++) {
        struct row_cells cells;
        for (size_t len = 0; len < strlen(ROWS[i]); len++) {
            /* A copy of its own: a tool sees when what lies behind it is read. */
            char *copy = malloc(len + 1);
            memcpy(copy, ROWS[i], len);
            char *exact = realloc(copy, len > 0 ? len : 1);
            if (row_cells_read(&cells, view_make(exact, len))) {
                fail_msg("%.*s was taken for whole", (int)len, ROWS[i]);
            }
            free(exact);
        }
    }
}

static void reads_times_as_the_clock_does(void **state)
{
    static const char *const TIMES[] = {
        "1970-01-01T00:00:00.000Z", "2000-02-28T23:59:59.999Z",  "2000-02-29T12:00:00.000Z",
        "2026-12-31T23:59:59.001Z", "2100-03-01T00:00:00.000Z",  "2024-02-30T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z", "2026-01-32T00:00:00.000Z",  "2026-01-01T24:00:00.000Z",
        "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00+01:00", "9999-12-31T23:59:59.999Z",
        "2026-04-31T00:00:00.000Z", "2026-0a-01T00:00:00.000Z",  "",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(TIMES) / sizeof(TIMES[0]); i++) {
        struct row_cells cells = {0};
        int64_t expected = 0;
        int64_t found = 0;
        cells.kinds[COLUMN_EVENT_TIME] = CELL_PLAIN;
        cells.text[COLUMN_EVENT_TIME] = view_from_text(TIMES[i]);
        bool is_one = clock_parse(TIMES[i], strlen(TIMES[i]), &expected);
        assert_int_equal(row_cells_time(&cells, COLUMN_EVENT_TIME, &found), is_one);
        assert_int_equal(found, expected);
    }
    /* Every day of eight hundred years. */
    for (int64_t day = 0; day < 292194; day++) {
        char text[CLOCK_TEXT_BYTES];
        struct row_cells cells = {0};
        int64_t found = 0;
        clock_format(day * 86400000 + day, text);
        cells.kinds[COLUMN_EVENT_TIME] = CELL_PLAIN;
        cells.text[COLUMN_EVENT_TIME] = view_from_text(text);
        assert_true(row_cells_time(&cells, COLUMN_EVENT_TIME, &found));
        assert_int_equal(found, day * 86400000 + day);
    }
}

static void reads_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_one;
        double number;
    } CASES[] = {
        {"0", true, 0},      {"-1.5", true, -1.5}, {"123456789012345", true, 123456789012345.0},
        {"1e3", true, 1000}, {"1e999", false, 0},  {"nan", false, 0},
        {"-", false, 0},     {"1x", false, 0},     {"true", false, 0},
        {"", false, 0},      {"+1", false, 0},     {"0x10", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        double number = 0;
        bool is_one = row_number(view_from_text(CASES[i].text), &number);
        if (is_one != CASES[i].is_one || (is_one && memcmp(&number, &CASES[i].number, 8) != 0)) {
            fail_msg("%s", CASES[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_rows_as_the_checking_reader_does),
        cmocka_unit_test(refuses_what_is_cut_off),
        cmocka_unit_test(reads_times_as_the_clock_does),
        cmocka_unit_test(reads_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
