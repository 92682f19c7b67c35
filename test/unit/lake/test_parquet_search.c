/* What stands in a column is found, wherever it stands; a file that is not understood is said to be
 * none. */
#include "lake/parquet_search.h"

#include "../temporary.h"
#include "lake/duck.h"

#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { FILE_BYTES_MAX = 8 << 20, NAMES_BYTES = 256 };

static struct temporary temporary;
static struct duck *duck;
static char *bytes;
static struct view file;
static char names[NAMES_BYTES]; /* of columns found, each with a space */

static int set_up(void **state)
{
    struct duck_options options = {.memory_bytes = 256u << 20};
    struct fault fault = {0};
    (void)state;
    bytes = malloc(FILE_BYTES_MAX);
    if (duck_open(&duck, &options, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return bytes ? temporary_make(&temporary) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    duck_close(duck);
    free(bytes);
    return temporary_remove(&temporary);
}

static void write_file(const char *select, const char *how)
{
    struct fault fault = {0};
    if (duck_exec_format(duck, &fault, "copy (%s) to '%s/file' (format parquet, compression %s)",
                         select, temporary.path, how) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    int fd = openat(temporary.fd, "file", O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, bytes, FILE_BYTES_MAX);
    close(fd);
    assert_in_range(len, 16, FILE_BYTES_MAX - 1);
    file = view_make(bytes, (size_t)len);
}

static bool wants(void *self, struct view column)
{
    const char *not_wanted = self;
    return !not_wanted || !view_is(column, not_wanted);
}

static void found(void *self, struct view column)
{
    size_t len = strlen(names);
    (void)self;
    snprintf(names + len, sizeof(names) - len, "%.*s ", VIEW_ARG(column));
}

static enum status search(struct view text, const double *number, const char *not_wanted)
{
    struct view numbers = view_make((const char *)number, number ? sizeof(*number) : 0);
    const struct parquet_search options = {.texts = {&text, text.len > 0},
                                           .numbers = {&numbers, number ? 1 : 0},
                                           .self = (void *)not_wanted,
                                           .wants = wants,
                                           .found = found};
    names[0] = 0;
    return parquet_search(&options, file, NULL);
}

static void finds(const char *text, const char *expected)
{
    assert_int_equal(search(view_from_text(text), NULL, NULL), STATUS_OK);
    assert_string_equal(names, expected);
}

static void finds_texts_in_dictionaries_and_in_values(void **state)
{
    static const char *const HOW[] = {"zstd", "uncompressed", "zstd, row_group_size 2048"};
    (void)state;
    for (size_t i = 0; i < sizeof(HOW) / sizeof(HOW[0]); i++) {
        write_file("select case when i = 9000 then 'needle-one' when i % 3 = 0 then null else "
                   "'often' end as few, md5(i::varchar) || case when i = 7 then 'needle-two' else "
                   "'' end as many, i as number from range(10000) t(i)",
                   HOW[i]);
        finds("needle-one", "few ");
        finds("needle-two", "many ");
        finds("needle-t", "many ");
        finds("needle-three", "");
    }
}

/* Pages are searched piece by piece: at every place of a text of megabytes it is found. */
static void finds_a_text_across_the_ends_of_pieces(void **state)
{
    (void)state;
    for (unsigned at = 262144 - 40; at < 262144 + 40; at += 8) {
        char select[256];
        snprintf(select, sizeof(select),
                 "select repeat('0123456789abcdef', %u) || repeat('x', %u) || 'the-needle' || "
                 "repeat('fedcba9876543210', 30000) as long",
                 at / 16, at % 16);
        write_file(select, "zstd");
        finds("the-needle", "long ");
        finds("the-needlf", "");
    }
}

static void finds_numbers_among_doubles_only(void **state)
{
    const double there = 4711123412341234;
    const double absent = 4711123412341500;
    (void)state;
    write_file("select (4711123412341000 + i)::double as p_number, (4711123412341000 + i)::bigint "
               "as other, 'text' as text from range(500) t(i)",
               "zstd");
    assert_int_equal(search(view_make(NULL, 0), &there, NULL), STATUS_OK);
    assert_string_equal(names, "p_number ");
    assert_int_equal(search(view_make(NULL, 0), &absent, NULL), STATUS_OK);
    assert_string_equal(names, "");
}

static void asks_for_columns_that_are_wanted_only(void **state)
{
    (void)state;
    write_file("select 'same' as here, 'same' as there", "zstd");
    finds("same", "here there ");
    assert_int_equal(search(VIEW_LITERAL("same"), NULL, "here"), STATUS_OK);
    assert_string_equal(names, "there ");
}

/* It cannot say no of what it cannot read. */
static void says_yes_of_other_compressions_and_encodings(void **state)
{
    (void)state;
    write_file("select 'text' as text from range(100)", "snappy");
    finds("absent", "text ");
    write_file("select md5(i::varchar) as text from range(10000) t(i)",
               "zstd, parquet_version v2, dictionary_size_limit 1");
    finds("absent", "text ");
}

static void an_empty_file_of_rows_holds_nothing(void **state)
{
    (void)state;
    write_file("select 'text' as text where false", "zstd");
    finds("text", "");
}

/* Whole, it has the text: so whatever is said of a damaged one, a silent no would be wrong. */
static void never_says_no_of_a_file_that_is_cut_off(void **state)
{
    (void)state;
    write_file("select md5(i::varchar) || 'needle' as text from range(200) t(i)", "zstd");
    struct view whole = file;
    for (size_t len = 0; len < whole.len; len++) {
        file = view_make(malloc(len > 0 ? len : 1), len);
        memcpy((char *)file.at, whole.at, len);
        enum status status = search(VIEW_LITERAL("needle"), NULL, NULL);
        free((char *)file.at);
        assert_int_equal(status, STATUS_DAMAGED);
    }
}

static void reads_nothing_beyond_a_file_whose_bytes_are_others(void **state)
{
    (void)state;
    write_file("select md5(i::varchar) as text, i::double as number from range(200) t(i)", "zstd");
    struct view whole = file;
    const double number = 1e9;
    for (size_t i = 0; i < whole.len; i++) {
        char *copy = malloc(whole.len);
        memcpy(copy, whole.at, whole.len);
        copy[i] = (char)(copy[i] ^ (char)(1 << (i % 8)));
        file = view_make(copy, whole.len);
        enum status status = search(VIEW_LITERAL("needle"), &number, NULL);
        free(copy);
        assert_true(status == STATUS_OK || status == STATUS_DAMAGED);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(finds_texts_in_dictionaries_and_in_values),
        TEST(finds_a_text_across_the_ends_of_pieces),
        TEST(finds_numbers_among_doubles_only),
        TEST(asks_for_columns_that_are_wanted_only),
        TEST(says_yes_of_other_compressions_and_encodings),
        TEST(an_empty_file_of_rows_holds_nothing),
        TEST(never_says_no_of_a_file_that_is_cut_off),
        TEST(reads_nothing_beyond_a_file_whose_bytes_are_others),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
