/* Statistics on disk: they come back as they were, and what does not belong or is damaged is named.
 */
#include "schema_rows.h"

#include "../temporary.h"
#include "base/file.h"
#include "lake/schema_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct temporary temporary;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&temporary);
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&temporary);
}

static void write_file(const char *name, const char *bytes, size_t len)
{
    assert_int_equal(file_replace(temporary.fd, name, view_make(bytes, len), NULL), STATUS_OK);
}

static const struct schema_file *place(bool is_unfinished)
{
    static struct schema_file file;
    file = (struct schema_file){
        .lake_fd = temporary.fd, .hour = SCHEMA_NOON_MS / 3600000, .is_unfinished = is_unfinished};
    return &file;
}

static const char FOLDER[] = "schema/date=2025-11-24";
static const char PATH[] = "schema/date=2025-11-24/hour=12.stats";

/* Bytes in the place of the file. */
static void put_file(const char *bytes, size_t len)
{
    int folder = openat(temporary.fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_replace(folder, "hour=12.stats", view_make(bytes, len), NULL), STATUS_OK);
    close(folder);
}

/* Something of every kind. */
static struct schema_stats *make_example(void)
{
    struct schema_stats *stats = make_stats();
    for (int i = 0; i < 200; i++) {
        char properties[256];
        snprintf(properties, sizeof(properties),
                 "{\"n\":%d,\"d\":%d.5,\"s\":\"v%d\",\"t\":\"2025-11-24T12:00:00Z\",\"l\":[%d],"
                 "\"o\":{\"b\":true},\"none\":null,\"some\":%d}",
                 i, i, i, i, i % 3);
        feed_track(stats, i % 2 ? "odd" : "even", i, properties);
    }
    feed_track(stats,
               "a name that is so long that it finds no place, for it has over two hundred "
               "and fifty six characters: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
               0, "{\"p\":1}");
    schema_feed_row(stats, VIEW_LITERAL("no row"));
    return stats;
}

static enum status load(struct schema_stats **stats, uint64_t seed, struct fault *fault)
{
    int parquet = openat(temporary.fd, "events.parquet", O_RDONLY | O_CLOEXEC);
    assert_true(parquet >= 0);
    enum status status = schema_file_load(stats, seed, place(false), parquet, fault);
    close(parquet);
    return status;
}

static void save(struct schema_stats *stats, bool is_unfinished, const char *parquet_name)
{
    int parquet = openat(temporary.fd, parquet_name, O_RDONLY | O_CLOEXEC);
    assert_true(parquet >= 0);
    assert_int_equal(schema_file_save(stats, place(is_unfinished), parquet, NULL), STATUS_OK);
    close(parquet);
}

static void comes_back_as_it_was_saved(void **state)
{
    (void)state;
    struct schema_stats *stats = make_example();
    struct schema_stats *loaded;
    write_file("events.parquet", "rows", 4);
    save(stats, false, "events.parquet");
    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_OK);
    struct buf before = bytes_of(stats);
    struct buf after = bytes_of(loaded);
    assert_true(before.len > 1000);
    assert_true(view_equal(buf_view(&before), buf_view(&after)));
    assert_int_equal(schema_stats_totals(loaded).rows, 202);
    assert_int_equal(schema_stats_totals(loaded).unreadable, 1);
    buf_free(&before);
    buf_free(&after);
    schema_stats_destroy(loaded);
    schema_stats_destroy(stats);
}

static void no_text_of_a_value_is_in_the_file(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    feed_track(stats, "a", 0, "{\"mail\":\"ada@example.org\",\"list\":[\"ada@example.org\"]}");
    struct buf bytes = bytes_of(stats);
    assert_null(memmem(bytes.at, bytes.len, "ada@", 4));
    assert_non_null(memmem(bytes.at, bytes.len, "mail", 4));
    buf_free(&bytes);
    schema_stats_destroy(stats);
}

static void statistics_of_another_file_are_not_taken(void **state)
{
    (void)state;
    struct schema_stats *stats = make_example();
    struct schema_stats *loaded;
    write_file("events.parquet", "rows", 4);
    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_NOT_FOUND);
    save(stats, false, "events.parquet");
    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED + 1, NULL), STATUS_NOT_FOUND);
    write_file("events.parquet", "rowz", 4); /* as long, but another */
    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_NOT_FOUND);
    assert_null(loaded);
    schema_stats_destroy(stats);
}

/* Around a commit that puts both in place, one after the other. */
static void at_every_step_of_a_commit_other_statistics_are_passed_over(void **state)
{
    (void)state;
    struct schema_stats *first = make_stats();
    struct schema_stats *second = make_stats();
    struct schema_stats *loaded;
    feed_track(first, "first", 0, "{}");
    feed_track(second, "second", 0, "{}");
    write_file("events.parquet", "one", 3);
    save(first, false, "events.parquet");
    write_file("_events.parquet", "two!", 4);
    save(second, true, "_events.parquet");

    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_OK);
    assert_non_null(event_of(loaded, "first"));
    schema_stats_destroy(loaded);
    assert_int_equal(renameat(temporary.fd, "_events.parquet", temporary.fd, "events.parquet"), 0);
    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_NOT_FOUND);
    assert_int_equal(
        renameat(temporary.fd, "schema/date=2025-11-24/_hour=12.stats", temporary.fd, PATH), 0);
    assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_OK);
    assert_non_null(event_of(loaded, "second"));
    assert_null(event_of(loaded, "first"));
    schema_stats_destroy(loaded);
    schema_stats_destroy(first);
    schema_stats_destroy(second);
}

static void every_bit_that_flips_and_every_cut_is_seen(void **state)
{
    (void)state;
    struct schema_stats *stats = make_stats();
    struct buf file;
    feed_track(stats, "a", 0, "{\"p\":1,\"q\":\"x\"}");
    write_file("events.parquet", "rows", 4);
    save(stats, false, "events.parquet");
    buf_init(&file, 1 << 20);
    assert_int_equal(file_read(temporary.fd, PATH, &file, NULL), STATUS_OK);
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        struct schema_stats *loaded;
        struct fault fault = {0};
        file.at[bit / 8] = (char)(file.at[bit / 8] ^ (1 << bit % 8));
        put_file(file.at, file.len);
        file.at[bit / 8] = (char)(file.at[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, &fault), STATUS_DAMAGED);
        assert_non_null(strstr(fault.text, PATH));
        assert_null(loaded);
    }
    for (size_t len = 0; len < file.len; len++) {
        struct schema_stats *loaded;
        put_file(file.at, len);
        assert_int_equal(load(&loaded, SCHEMA_TEST_SEED, NULL), STATUS_DAMAGED);
    }
    buf_free(&file);
    schema_stats_destroy(stats);
}

static void bytes_that_are_no_statistics_are_refused(void **state)
{
    (void)state;
    struct schema_stats *stats = make_example();
    struct buf bytes = bytes_of(stats);
    for (size_t len = 0; len < bytes.len; len += 7) {
        struct schema_stats *read = make_stats();
        assert_int_equal(schema_codec_read(view_part(buf_view(&bytes), 0, len), read, NULL),
                         STATUS_DAMAGED);
        schema_stats_destroy(read);
    }
    buf_append_byte(&bytes, 0);
    struct schema_stats *read = make_stats();
    assert_int_equal(schema_codec_read(buf_view(&bytes), read, NULL), STATUS_DAMAGED);
    schema_stats_destroy(read);
    schema_stats_destroy(stats);
    buf_free(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(comes_back_as_it_was_saved),
        TEST(no_text_of_a_value_is_in_the_file),
        TEST(statistics_of_another_file_are_not_taken),
        TEST(at_every_step_of_a_commit_other_statistics_are_passed_over),
        TEST(every_bit_that_flips_and_every_cut_is_seen),
        TEST(bytes_that_are_no_statistics_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
