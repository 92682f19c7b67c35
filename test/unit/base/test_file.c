#include "base/file.h"

#include "../temporary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct temporary temporary;
static int folder;

static int set_up(void **state)
{
    (void)state;
    int made = temporary_make(&temporary);
    folder = temporary.fd;
    return made;
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&temporary);
}

static void a_file_is_replaced_as_a_whole(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct buf text;
    struct stat facts;
    buf_init(&text, 100);
    assert_int_equal(file_replace(folder, "a", VIEW_LITERAL("longer text"), &fault), STATUS_OK);
    assert_int_equal(file_replace(folder, "a", VIEW_LITERAL("new"), &fault), STATUS_OK);
    assert_int_equal(file_read(folder, "a", &text, &fault), STATUS_OK);
    assert_true(view_is(buf_view(&text), "new"));
    assert_int_equal(fstatat(folder, "a", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0640);
    assert_int_equal(faccessat(folder, "_a", F_OK, 0), -1);
    buf_free(&text);
}

static void the_old_file_stands_when_the_new_one_cannot_be_written(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct buf text;
    buf_init(&text, 100);
    assert_int_equal(file_replace(folder, "a", VIEW_LITERAL("old"), &fault), STATUS_OK);
    assert_int_equal(mkdirat(folder, "_a", 0700), 0); /* stands in the way */
    assert_int_equal(file_replace(folder, "a", VIEW_LITERAL("new"), &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "_a"));
    assert_int_equal(file_read(folder, "a", &text, &fault), STATUS_OK);
    assert_true(view_is(buf_view(&text), "old"));
    buf_free(&text);
}

static void no_file_is_larger_than_the_reader_allows(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct buf text;
    buf_init(&text, 3);
    assert_int_equal(file_replace(folder, "a", VIEW_LITERAL("abc"), &fault), STATUS_OK);
    assert_int_equal(file_read(folder, "a", &text, &fault), STATUS_OK);
    assert_int_equal(file_replace(folder, "a", VIEW_LITERAL("abcd"), &fault), STATUS_OK);
    buf_clear(&text);
    assert_int_equal(file_read(folder, "a", &text, &fault), STATUS_TOO_BIG);
    assert_int_equal(file_read(folder, "none", &text, &fault), STATUS_NOT_FOUND);
    buf_free(&text);
}

static void a_full_device_is_told_from_other_trouble(void **state)
{
    (void)state;
    struct fault fault = {0};
    int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) {
        print_message("skipped: there is no /dev/full here\n");
        skip();
    }
    assert_int_equal(file_write_at(fd, VIEW_LITERAL("x"), 0, &fault), STATUS_FULL);
    close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_file_is_replaced_as_a_whole),
        CASE(the_old_file_stands_when_the_new_one_cannot_be_written),
        CASE(no_file_is_larger_than_the_reader_allows),
        CASE(a_full_device_is_told_from_other_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
