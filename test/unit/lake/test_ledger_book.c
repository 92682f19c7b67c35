#include "lake/ledger_book.h"

#include "../temporary.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

enum { HOUR = 490120 };

static struct temporary temporary;
static struct ledger_book *book;

static void open_book(void)
{
    struct fault fault = {0};
    assert_int_equal(ledger_book_open(&book, temporary.fd, HOUR * INT64_C(3600000), &fault),
                     STATUS_OK);
}

static void reopen(void)
{
    ledger_book_close(book);
    open_book();
}

static int set_up(void **state)
{
    (void)state;
    if (temporary_make(&temporary) != 0) {
        return -1;
    }
    open_book();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_book_close(book);
    return temporary_remove(&temporary);
}

static void apply(const char *post)
{
    struct fault fault = {0};
    if (ledger_book_apply(book, view_from_text(post), &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

/* As it is on disk. */
static struct ledger_hour load(int64_t number)
{
    int fd;
    struct ledger_hour hour;
    struct fault fault = {0};
    assert_int_equal(ledger_open_folder(temporary.fd, &fd, &fault), STATUS_OK);
    if (ledger_hour_load(&hour, fd, number, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    close(fd);
    return hour;
}

static uint64_t counted(int64_t number, const char *site, enum ledger_count count)
{
    struct ledger_hour hour = load(number);
    const struct ledger_row *row = ledger_tally_find(&hour.tally, number, view_from_text(site));
    uint64_t found = row ? row->counts[count] : 0;
    ledger_hour_free(&hour);
    return found;
}

static void a_posting_counts_once_in_each_of_its_hours(void **state)
{
    (void)state;
    static const char POST[] = "post lake 1\n"
                               "count 490120 stored 7 shop\n"
                               "count 490121 stored 2 shop\n"
                               "count 490120 duplicate 1 \n";
    apply(POST);
    apply(POST);
    reopen();
    apply(POST);
    assert_int_equal(counted(HOUR, "shop", LEDGER_STORED), 7);
    assert_int_equal(counted(HOUR + 1, "shop", LEDGER_STORED), 2);
    assert_int_equal(counted(HOUR, "", LEDGER_DUPLICATE), 1);
    apply("post lake 2\ncount 490120 stored 1 shop\n");
    assert_int_equal(counted(HOUR, "shop", LEDGER_STORED), 8);
    apply("post compaction 1\ncount 490120 compacted 8 shop\n");
    assert_int_equal(counted(HOUR, "shop", LEDGER_COMPACTED), 8);
}

static void each_source_goes_on_with_its_own_numbers(void **state)
{
    (void)state;
    uint64_t number;
    struct fault fault = {0};
    apply("post erasure 41\ncount 490120 erased 1 shop\n");
    reopen();
    assert_int_equal(ledger_book_next(book, LEDGER_BY_ERASURE, HOUR, &number, &fault), STATUS_OK);
    assert_int_equal(number, 42);
    assert_int_equal(ledger_book_next(book, LEDGER_BY_LAKE, HOUR, &number, &fault), STATUS_OK);
    assert_int_equal(number, 1);
}

static void marks_go_up_only(void **state)
{
    (void)state;
    uint64_t seq;
    struct fault fault = {0};
    apply("post door 1\nmark 490120 5 100\n");
    apply("post door 2\nmark 490120 5 90\nmark 490120 6 7\n");
    reopen();
    assert_int_equal(ledger_book_mark(book, HOUR, 5, &seq, &fault), STATUS_OK);
    assert_int_equal(seq, 100);
    assert_int_equal(ledger_book_mark(book, HOUR, 6, &seq, &fault), STATUS_OK);
    assert_int_equal(seq, 7);
    assert_int_equal(ledger_book_mark(book, HOUR + 1, 5, &seq, &fault), STATUS_OK);
    assert_int_equal(seq, 0);
}

static void touch_part(const char *name)
{
    static const char *const FOLDERS[] = {"lake", "lake/raw", "lake/raw/date=2025-11-29",
                                          "lake/raw/date=2025-11-29/hour=16"};
    char path[128];
    for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(FOLDERS[0]); i++) {
        mkdirat(temporary.fd, FOLDERS[i], 0700);
    }
    snprintf(path, sizeof(path), "%s/%s", FOLDERS[3], name);
    close(openat(temporary.fd, path, O_CREAT | O_WRONLY, 0600));
}

static void parts_are_known_until_somebody_says_that_they_became_others(void **state)
{
    (void)state;
    touch_part("part-3-10-20.ndjson.zst");
    apply("post lake 1\npart 490120 0 3 10 20 9\npart 490120 0 3 21 30 8\n");
    struct ledger_hour hour = load(HOUR);
    assert_int_equal(hour.part_count, 2);
    ledger_hour_free(&hour);
    apply("post erasure 1\npart 490120 0 3 10 20 5\ncount 490120 erased 4 shop\n");
    hour = load(HOUR);
    assert_int_equal(hour.part_count, 1);
    assert_int_equal(hour.parts[0].name.last_seq, 20);
    assert_int_equal(hour.parts[0].rows, 5);
    ledger_hour_free(&hour);
}

static void who_was_killed_leaves_a_time_of_which_nothing_is_known(void **state)
{
    (void)state;
    struct fault fault = {0};
    int64_t begin_ms = HOUR * INT64_C(3600000);
    assert_int_equal(ledger_book_begin(book, begin_ms, &fault), STATUS_OK);
    apply("post door 1\ncount 490120 requests 1 \nflushed 490120 1764432000500\n");
    reopen();
    assert_int_equal(ledger_book_begin(book, begin_ms + 9000, &fault), STATUS_OK);
    struct ledger_hour hour = load(HOUR);
    assert_int_equal(hour.crash_count, 1);
    assert_int_equal(hour.crashes[0].from_ms, 1764432000500);
    assert_int_equal(hour.crashes[0].to_ms, begin_ms + 9000);
    ledger_hour_free(&hour);
    assert_int_equal(ledger_book_end(book, &fault), STATUS_OK);
    assert_int_equal(ledger_book_begin(book, begin_ms + 20000, &fault), STATUS_OK);
    hour = load(HOUR);
    assert_int_equal(hour.crash_count, 1);
    ledger_hour_free(&hour);
}

static void a_line_that_is_not_understood_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "count 490120 stored 7 shop\n",
        "post nobody 1\ncount 490120 stored 7 shop\n",
        "post lake 1\ncount 490120 lost 7 shop\n",
        "post lake 1\ncount 490120 stored x shop\n",
        "post lake 1\nmark 490120 1\n",
        "post lake 1\nmark 490120 1 2 3\n",
        "post lake 1\ncount 490120 stored 1 shop\nnonsense 490120 1\n",
    };
    struct fault fault;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        assert_int_equal(ledger_book_apply(book, view_from_text(WRONG[i]), &fault), STATUS_DAMAGED);
    }
    apply("post lake 1\ncount 490120 stored 1 shop\n");
    assert_int_equal(counted(HOUR, "shop", LEDGER_STORED), 1);
}

static void a_ledger_that_begins_behind_the_lake_says_so(void **state)
{
    (void)state;
    int fd;
    int64_t since;
    struct fault fault = {0};
    assert_int_equal(ledger_open_folder(temporary.fd, &fd, &fault), STATUS_OK);
    assert_int_equal(ledger_since(fd, &since, &fault), STATUS_OK);
    assert_int_equal(since, -1);
    close(fd);
    ledger_book_close(book);
    unlinkat(temporary.fd, "ledger", AT_REMOVEDIR);
    touch_part("part-3-10-20.ndjson.zst");
    open_book();
    assert_int_equal(ledger_open_folder(temporary.fd, &fd, &fault), STATUS_OK);
    assert_int_equal(ledger_since(fd, &since, &fault), STATUS_OK);
    assert_int_equal(since, HOUR);
    close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_posting_counts_once_in_each_of_its_hours),
        CASE(each_source_goes_on_with_its_own_numbers),
        CASE(marks_go_up_only),
        CASE(parts_are_known_until_somebody_says_that_they_became_others),
        CASE(who_was_killed_leaves_a_time_of_which_nothing_is_known),
        CASE(a_line_that_is_not_understood_is_refused_and_changes_nothing),
        CASE(a_ledger_that_begins_behind_the_lake_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
