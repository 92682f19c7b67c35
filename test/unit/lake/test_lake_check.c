/* Lakes with something wrong in them: each kind must be named, and a sound one must not be. */
#include "lake/lake_check.h"

#include "../temporary.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/part_writer.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */

static struct temporary folder;
static int raw;
static char sentences[2000];
static struct lake_check_report report;

static int set_up(void **state)
{
    (void)state;
    if (temporary_make(&folder) != 0 || mkdirat(folder.fd, "lake", 0700) != 0 ||
        mkdirat(folder.fd, "lake/raw", 0700) != 0) {
        return -1;
    }
    raw = openat(folder.fd, "lake/raw", O_RDONLY | O_DIRECTORY);
    return raw >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    close(raw);
    return temporary_remove(&folder);
}

static void on_problem(void *self, const char *sentence)
{
    (void)self;
    strncat(sentences, sentence, sizeof(sentences) - strlen(sentences) - 1);
    strncat(sentences, "\n", sizeof(sentences) - strlen(sentences) - 1);
}

static void check(void)
{
    struct fault fault = {0};
    struct lake_check_listener listener = {.on_problem = on_problem};
    report = (struct lake_check_report){0};
    sentences[0] = 0;
    assert_int_equal(lake_check(folder.fd, NULL, &listener, &report, &fault), STATUS_OK);
}

static void write_part(uint64_t stream, uint64_t first, uint64_t last, const char *const *rows)
{
    struct part_writer *part;
    struct fault fault = {0};
    assert_int_equal(part_writer_begin(&part, raw, stream, first, NOON_MS, &fault), STATUS_OK);
    for (; *rows; rows++) {
        assert_int_equal(part_writer_row(part, view_from_text(*rows), &fault), STATUS_OK);
    }
    assert_int_equal(part_writer_finish(part, last, &fault), STATUS_OK);
}

#define ROW(seq, id)                                                                        \
    "{\"event_id\":\"" id "\",\"site\":\"s\",\"received_at\":\"2025-11-24T12:30:00.000Z\"," \
    "\"ingest_seq\":" seq "}"

static void expect(const char *word)
{
    check();
    if (report.problems == 0 || !strstr(sentences, word)) {
        fail_msg("expected a complaint about \"%s\", got: %s", word, sentences);
    }
}

static void a_sound_lake_is_counted_and_not_complained_of(void **state)
{
    (void)state;
    write_part(1, 1, 9, (const char *[]){ROW("1", "a"), ROW("5", "b"), NULL});
    write_part(2, 3, 3, (const char *[]){ROW("3", "c"), NULL});
    check();
    assert_int_equal(report.problems, 0);
    assert_int_equal(report.rows, 3);
    assert_int_equal(report.parts, 2);
}

static void an_empty_folder_is_sound(void **state)
{
    (void)state;
    check();
    assert_int_equal(report.problems, 0);
}

static void every_kind_of_wrong_row_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *rows[3];
        const char *word;
    } cases[] = {
        {{"{\"half\":", NULL}, "is not JSON"},
        {{"{}", NULL}, "no ingest_seq"},
        {{ROW("10", "a"), NULL}, "does not belong there"},
        {{ROW("5", "a"), ROW("5", "b"), NULL}, "does not belong there"},
        {{ROW("5", "a"), ROW("4", "b"), NULL}, "does not belong there"},
        {{ROW("5", "a"), ROW("6", "a"), NULL}, "more than once"},
        {{"{\"ingest_seq\":5,\"received_at\":\"2025-11-24T13:00:00.000Z\",\"site\":\"s\","
          "\"event_id\":\"a\"}",
          NULL},
         "another hour"},
        {{"{\"ingest_seq\":5,\"received_at\":\"2025-11-24T12:00:00.000Z\"}", NULL}, "no event_id"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_part(1, 1, 9, cases[i].rows);
        expect(cases[i].word);
    }
}

static void the_same_event_in_two_files_is_named(void **state)
{
    (void)state;
    write_part(1, 1, 1, (const char *[]){ROW("1", "same"), NULL});
    write_part(2, 2, 2, (const char *[]){ROW("2", "same"), NULL});
    expect("more than once");
}

static void names_that_do_not_belong_are_named_and_unfinished_ones_left_out(void **state)
{
    (void)state;
    write_part(1, 1, 1, (const char *[]){ROW("1", "a"), NULL});
    int hour = openat(raw, "date=2025-11-24/hour=12", O_RDONLY | O_DIRECTORY);
    assert_int_equal(file_replace(hour, "part-9.ndjson.zst", VIEW_LITERAL("x"), NULL), STATUS_OK);
    expect("no name of a part");
    assert_int_equal(renameat(hour, "part-9.ndjson.zst", hour, "_part-9.ndjson.zst"), 0);
    check();
    assert_int_equal(report.problems, 0);
    close(hour);
}

static void a_file_that_is_no_zstd_is_named(void **state)
{
    (void)state;
    write_part(1, 1, 1, (const char *[]){ROW("1", "a"), NULL});
    int hour = openat(raw, "date=2025-11-24/hour=12", O_RDONLY | O_DIRECTORY);
    assert_int_equal(file_replace(hour, "part-1-1-1.ndjson.zst", VIEW_LITERAL("nonsense"), NULL),
                     STATUS_OK);
    close(hour);
    expect("part-1-1-1.ndjson.zst");
}

/* Of a row of the first part: then the lock is asked for, and the second part taken away. */
struct meanwhile {
    unsigned problems;
    bool was_free;
    const struct rlimit *files; /* that may be open again by then; NULL: as they were */
};

static void change_the_lake(void *self, const char *sentence)
{
    struct meanwhile *meanwhile = self;
    (void)sentence;
    if (meanwhile->files) {
        setrlimit(RLIMIT_NOFILE, meanwhile->files);
    }
    int fd = openat(folder.fd, "lake/SNAPSHOT", O_RDWR);
    assert_true(fd >= 0);
    if (meanwhile->problems++ == 0) {
        meanwhile->was_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
    }
    if (meanwhile->problems == 1 && !meanwhile->files) {
        unlinkat(raw, "date=2025-11-24/hour=12/part-2-2-2.ndjson.zst", 0);
        unlinkat(raw, "date=2025-11-24/hour=12/part-1-1-1.ndjson.zst", 0);
    }
    close(fd);
}

static void write_two_wrong_parts(void)
{
    write_part(1, 1, 1, (const char *[]){ROW("7", "a"), NULL});
    write_part(2, 2, 2, (const char *[]){ROW("7", "b"), NULL});
    report = (struct lake_check_report){0};
}

static void files_may_change_places_while_they_are_read(void **state)
{
    (void)state;
    struct meanwhile meanwhile = {0};
    struct fault fault = {0};
    write_two_wrong_parts();
    struct lake_check_listener listener = {.on_problem = change_the_lake, .self = &meanwhile};
    assert_int_equal(lake_check(folder.fd, NULL, &listener, &report, &fault), STATUS_OK);
    assert_true(meanwhile.was_free);
    assert_int_equal(report.parts, 2);
    assert_int_equal(meanwhile.problems, 2);
}

static void files_stay_when_there_are_more_than_may_be_open(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct rlimit before;
    struct meanwhile meanwhile = {.files = &before};
    write_two_wrong_parts();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* The tree's folders (each twice while it is listed), the lock, and room for one part. */
    int next = dup(folder.fd);
    close(next);
    bool was_held = false;
    for (rlim_t room = 1; room < 32 && !was_held; room++) {
        struct rlimit few = {.rlim_cur = (rlim_t)next + room, .rlim_max = before.rlim_max};
        struct lake_check_listener listener = {.on_problem = change_the_lake, .self = &meanwhile};
        meanwhile = (struct meanwhile){.files = &before};
        report = (struct lake_check_report){0};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        enum status status = lake_check(folder.fd, NULL, &listener, &report, &fault);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        /* With fewer than it needs to look at all it says so. */
        was_held = meanwhile.problems == 2 && !meanwhile.was_free && report.parts == 2;
        assert_true(status == STATUS_OK || status == STATUS_IO);
    }
    assert_true(was_held);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_sound_lake_is_counted_and_not_complained_of),
        CASE(an_empty_folder_is_sound),
        CASE(every_kind_of_wrong_row_is_named),
        CASE(the_same_event_in_two_files_is_named),
        CASE(names_that_do_not_belong_are_named_and_unfinished_ones_left_out),
        CASE(a_file_that_is_no_zstd_is_named),
        CASE(files_may_change_places_while_they_are_read),
        CASE(files_stay_when_there_are_more_than_may_be_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
