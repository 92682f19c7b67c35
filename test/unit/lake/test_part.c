/* What part_writer writes, part_reader reads, and damage is named. */
#include "lake/part_reader.h"
#include "lake/part_writer.h"

#include "../temporary.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */
static const char NAME[] = "date=2025-11-24/hour=12/part-7-1-9.ndjson.zst";

static struct temporary temporary;
static int tree;

static int set_up(void **state)
{
    (void)state;
    int made = temporary_make(&temporary);
    tree = temporary.fd;
    return made;
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&temporary);
}

static void write_part(unsigned rows, size_t row_bytes)
{
    struct part_writer *part;
    struct fault fault = {0};
    char *row = malloc(row_bytes);
    assert_int_equal(part_writer_begin(&part, tree, 7, 1, NOON_MS, &fault), STATUS_OK);
    for (unsigned i = 0; i < rows; i++) {
        memset(row, 'a' + (int)(i % 26), row_bytes);
        assert_int_equal(part_writer_row(part, view_make(row, row_bytes), &fault), STATUS_OK);
    }
    assert_int_equal(part_writer_rows(part), rows);
    assert_int_equal(part_writer_finish(part, 9, &fault), STATUS_OK);
    free(row);
}

static enum status read_part(unsigned *rows, size_t row_bytes)
{
    struct part_reader *reader;
    struct fault fault = {0};
    assert_int_equal(part_reader_open(&reader, tree, NAME, &fault), STATUS_OK);
    struct view row;
    enum status status;
    *rows = 0;
    while ((status = part_reader_next(reader, &row, &fault)) == STATUS_OK) {
        assert_int_equal(row.len, row_bytes);
        assert_int_equal(row.at[row.len - 1], 'a' + (int)(*rows % 26));
        (*rows)++;
    }
    part_reader_close(reader);
    return status;
}

static void rows_come_back_in_order_whatever_their_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1000, 2000, 300 * 1024};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned rows;
        write_part(40, sizes[i]);
        assert_int_equal(read_part(&rows, sizes[i]), STATUS_END);
        assert_int_equal(rows, 40);
    }
}

static void a_torn_file_is_named_at_every_length(void **state)
{
    (void)state;
    unsigned rows;
    write_part(50, 30);
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    assert_int_equal(file_read(tree, NAME, &bytes, NULL), STATUS_OK);
    int fd = openat(tree, NAME, O_RDWR);
    for (size_t len = bytes.len - 1; len > 0; len--) {
        assert_int_equal(ftruncate(fd, (off_t)len), 0);
        assert_int_equal(read_part(&rows, 30), STATUS_DAMAGED);
    }
    close(fd);
    buf_free(&bytes);
}

static void what_is_abandoned_leaves_nothing(void **state)
{
    (void)state;
    struct part_writer *part;
    assert_int_equal(part_writer_begin(&part, tree, 7, 1, NOON_MS, NULL), STATUS_OK);
    assert_int_equal(part_writer_row(part, VIEW_LITERAL("x"), NULL), STATUS_OK);
    assert_int_equal(faccessat(tree, "date=2025-11-24/hour=12/_part-7-1.ndjson.zst", F_OK, 0), 0);
    part_writer_abandon(part);
    assert_int_equal(faccessat(tree, "date=2025-11-24/hour=12/_part-7-1.ndjson.zst", F_OK, 0), -1);
    part_writer_abandon(NULL);
}

static void names_say_stream_and_range(void **state)
{
    (void)state;
    struct part_name name;
    assert_true(part_name_parse(VIEW_LITERAL("part-7-1-9.ndjson.zst"), &name));
    assert_int_equal(name.stream, 7);
    assert_int_equal(name.first_seq, 1);
    assert_int_equal(name.last_seq, 9);
    static const char *const others[] = {"_part-7-1.ndjson.zst",
                                         "part-7-9-1.ndjson.zst",
                                         "part-7-1.ndjson.zst",
                                         "part-7-1-9.ndjson",
                                         "part-a-1-9.ndjson.zst",
                                         "part-7-1-9-3.ndjson.zst",
                                         ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(part_name_parse(view_from_text(others[i]), &name));
    }
}

static void hours_begin_on_the_hour_before_1970_too(void **state)
{
    (void)state;
    assert_int_equal(part_hour(0), 0);
    assert_int_equal(part_hour(3599999), 0);
    assert_int_equal(part_hour(3600000), 1);
    assert_int_equal(part_hour(-1), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_come_back_in_order_whatever_their_size),
        CASE(a_torn_file_is_named_at_every_length),
        CASE(what_is_abandoned_leaves_nothing),
        CASE(names_say_stream_and_range),
        CASE(hours_begin_on_the_hour_before_1970_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
