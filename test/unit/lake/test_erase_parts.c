/* A subject's rows go from closed parts, all others stay byte for byte, under the same names. */
#include "lake/erase_parts.h"

#include "../temporary.h"
#include "lake/part_reader.h"
#include "lake/part_writer.h"

#include <dirent.h>
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { ROWS = 500 };
static const int64_t NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */
static const char FOLDER[] = "date=2025-11-24/hour=12";

static struct temporary temporary;
static struct subject subject;
static struct erase_counts counts;

static int set_up(void **state)
{
    (void)state;
    memset(&counts, 0, sizeof(counts));
    subject_init(&subject, view_make(NULL, 0));
    assert_int_equal(subject_add(&subject, VIEW_LITERAL("anna-4711"), NULL), STATUS_OK);
    return temporary_make(&temporary);
}

static int tear_down(void **state)
{
    (void)state;
    subject_free(&subject);
    return temporary_remove(&temporary);
}

/* `hits` of the rows are the subject's. */
static void write_part(uint64_t first, unsigned hits, unsigned mentions)
{
    struct part_writer *part;
    assert_int_equal(part_writer_begin(&part, temporary.fd, 7, first, NOON_MS, NULL), STATUS_OK);
    for (unsigned i = 0; i < ROWS; i++) {
        char row[256];
        const char *who = i < hits ? "anna-4711" : "bert";
        const char *by = i >= ROWS - mentions ? "anna-4711" : "nobody";
        int len = snprintf(row, sizeof(row),
                           "{\"properties\":{\"by\":\"%s\"},\"anonymous_id\":\"%s\",\"ingest_seq\":"
                           "%llu}",
                           by, who, (unsigned long long)first + i);
        assert_int_equal(part_writer_row(part, view_make(row, (size_t)len), NULL), STATUS_OK);
    }
    assert_int_equal(part_writer_finish(part, first + ROWS - 1, NULL), STATUS_OK);
}

static void part_path(uint64_t first, char path[128])
{
    snprintf(path, 128, "%s/part-7-%llu-%llu.ndjson.zst", FOLDER, (unsigned long long)first,
             (unsigned long long)first + ROWS - 1);
}

static unsigned rows_of(uint64_t first, unsigned *of_subject)
{
    char path[128];
    struct part_reader *reader;
    struct view row;
    unsigned rows = 0;
    part_path(first, path);
    *of_subject = 0;
    assert_int_equal(part_reader_open(&reader, temporary.fd, path, NULL), STATUS_OK);
    enum status status;
    while ((status = part_reader_next(reader, &row, NULL)) == STATUS_OK) {
        *of_subject += memmem(row.at, row.len, "anna", 4) != NULL;
        rows++;
    }
    assert_int_equal(status, STATUS_END);
    part_reader_close(reader);
    return rows;
}

static ino_t inode_of(uint64_t first)
{
    char path[128];
    struct stat facts;
    part_path(first, path);
    assert_int_equal(fstatat(temporary.fd, path, &facts, 0), 0);
    return facts.st_ino;
}

static unsigned files_in_hour(void)
{
    int fd = openat(temporary.fd, FOLDER, O_RDONLY | O_DIRECTORY);
    DIR *folder = fdopendir(fd);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        files += entry->d_name[0] != '.';
    }
    closedir(folder);
    return files;
}

static char posts[4096];

/* As lake_commit() does with "replace TREE/FROM TREE/TO". */
static enum status commit(void *self, const struct erase_change *change, struct fault *fault)
{
    struct view line = change->files;
    struct view word = view_cut(&line, ' ');
    char from[256];
    char to[256];
    (void)self;
    assert_true(view_is(word, "replace"));
    struct view names[] = {view_cut(&line, ' '), view_cut(&line, '\n')};
    view_cut(&names[0], '/');
    view_cut(&names[1], '/');
    snprintf(from, sizeof(from), "%.*s", VIEW_ARG(names[0]));
    snprintf(to, sizeof(to), "%.*s", VIEW_ARG(names[1]));
    assert_int_equal(line.len, 0);
    snprintf(posts, sizeof(posts), "%.*s", VIEW_ARG(change->posts));
    return renameat(temporary.fd, from, temporary.fd, to) == 0
               ? STATUS_OK
               : fault_set(fault, STATUS_IO, "no rename");
}

static void erase(enum tree tree, bool is_dry)
{
    struct erase_job job = {.subject = &subject, .is_dry = is_dry, .commit = commit};
    struct fault fault = {0};
    counts = (struct erase_counts){0};
    assert_int_equal(erase_parts(temporary.fd, tree, &job, &counts, &fault), STATUS_OK);
}

static void the_subjects_rows_go_and_all_others_stay(void **state)
{
    (void)state;
    unsigned left;
    write_part(1, 20, 3);
    write_part(1001, 0, 0);
    ino_t untouched = inode_of(1001);
    erase(TREE_RAW, true);
    assert_int_equal(counts.rows, 20);
    assert_int_equal(rows_of(1, &left), ROWS); /* only looked at */
    assert_int_equal(left, 23);
    erase(TREE_RAW, false);
    assert_int_equal(counts.files, 2);
    assert_int_equal(counts.rewritten, 1);
    assert_int_equal(counts.rows, 20);
    assert_int_equal(counts.rows_redacted, 3);
    assert_int_equal(rows_of(1, &left), ROWS - 20);
    assert_int_equal(left, 0);
    assert_non_null(strstr(posts, " erased 20 "));
    assert_non_null(strstr(posts, " 7 1 500 480\n")); /* the part, with its rows now */
    assert_int_equal(rows_of(1001, &left), ROWS);
    assert_true(inode_of(1001) == untouched);
    assert_int_equal(files_in_hour(), 2);
    erase(TREE_RAW, false); /* there is nothing left to do */
    assert_int_equal(counts.rewritten, 0);
}

static void a_part_of_nothing_else_stays_as_an_empty_one(void **state)
{
    (void)state;
    unsigned left;
    write_part(1, ROWS, 0);
    erase(TREE_RAW, false);
    assert_int_equal(counts.rows, ROWS);
    assert_int_equal(rows_of(1, &left), 0);
}

static void mentions_stay_when_they_are_to(void **state)
{
    (void)state;
    unsigned left;
    write_part(1, 20, 3);
    subject.keeps_mentions = true;
    erase(TREE_RAW, false);
    assert_int_equal(rows_of(1, &left), ROWS - 20);
    assert_int_equal(left, 3);
}

static void quarantined_bytes_that_hold_the_id_go(void **state)
{
    (void)state;
    static const char *const RAW[] = {"{\\\"anonymousId\\\":\\\"anna-4711\\\"",
                                      "{\\\"anonymousId\\\":\\\"bert\\\"", "who=anna-4711",
                                      "{\\\"id\\\":\\\"an\\\\\\\"na\\\"}"};
    struct part_writer *part;
    unsigned left;
    assert_int_equal(subject_add(&subject, VIEW_LITERAL("an\"na"), NULL), STATUS_OK);
    assert_int_equal(part_writer_begin(&part, temporary.fd, 7, 1, NOON_MS, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof(RAW) / sizeof(RAW[0]); i++) {
        char row[256];
        int len = snprintf(row, sizeof(row), "{\"reason\":\"not JSON\",\"raw\":\"%s\"}", RAW[i]);
        assert_int_equal(part_writer_row(part, view_make(row, (size_t)len), NULL), STATUS_OK);
    }
    assert_int_equal(part_writer_finish(part, ROWS, NULL), STATUS_OK);
    erase(TREE_QUARANTINE, false);
    assert_int_equal(counts.rows, 3);
    assert_int_equal(rows_of(1, &left), 1);
    assert_int_equal(left, 0);
}

static void a_damaged_part_is_named_and_left(void **state)
{
    (void)state;
    unsigned left;
    char path[128];
    write_part(1, 20, 0);
    write_part(1001, 20, 0);
    part_path(1, path);
    int fd = openat(temporary.fd, path, O_RDWR);
    struct stat facts;
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(ftruncate(fd, facts.st_size / 2), 0);
    close(fd);
    erase(TREE_RAW, false);
    assert_int_equal(counts.unreadable, 1);
    assert_string_equal(counts.unreadable_name, path);
    assert_int_equal(rows_of(1001, &left), ROWS - 20);
}

static void what_a_stop_left_unfinished_is_removed(void **state)
{
    (void)state;
    write_part(1, 0, 0);
    char path[128];
    snprintf(path, sizeof(path), "%s/_part-7-501.ndjson.zst", FOLDER);
    close(openat(temporary.fd, path, O_WRONLY | O_CREAT, 0640));
    assert_int_equal(files_in_hour(), 2);
    assert_int_equal(erase_unfinished(temporary.fd, NULL), STATUS_OK);
    assert_int_equal(files_in_hour(), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_subjects_rows_go_and_all_others_stay),
        CASE(a_part_of_nothing_else_stays_as_an_empty_one),
        CASE(mentions_stay_when_they_are_to),
        CASE(quarantined_bytes_that_hold_the_id_go),
        CASE(a_damaged_part_is_named_and_left),
        CASE(what_a_stop_left_unfinished_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
