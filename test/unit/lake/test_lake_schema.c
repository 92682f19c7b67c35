/* The statistics of a whole lake: Parquet with and without its statistics, and parts. */
#include "schema_rows.h"

#include "../temporary.h"
#include "journal/data_folder.h"
#include "lake/duck.h"
#include "lake/lake_commit.h"
#include "lake/lake_schema.h"
#include "lake/part_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PARQUET_ROWS = 3000 };
static const char HOUR[] = "lake/events/date=2025-11-24/hour=12";
static const char STATS[] = "lake/schema/date=2025-11-24/hour=12.stats";

static struct temporary temporary;
static char notes[2048];

static void make_folders(const char *path)
{
    char part[256];
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] == '/' || path[i] == 0) {
            snprintf(part, sizeof(part), "%.*s", (int)i, path);
            mkdirat(temporary.fd, part, 0700);
        }
    }
}

static void write_parquet(unsigned rows)
{
    struct duck *duck;
    struct duck_options options = {.memory_bytes = 256 << 20};
    struct fault fault = {0};
    if (duck_open(&duck, &options, &fault) != STATUS_OK ||
        duck_exec_format(
            duck, &fault,
            "copy (select 'shop' as site, 'track' as type, 'in_parquet' as name, "
            "timestamptz '2025-11-24 12:00:00+00' + to_milliseconds(i) as received_at, "
            "'{\"i\":' || i || ',\"price\":' || i || '.5,\"currency\":\"EUR\"}' as properties, "
            "case when i %% 2 = 0 then '{\"plan\":\"pro\"}' end as user_properties "
            "from range(%u) t(i)) to '%s/%s/events.parquet' (format parquet)",
            rows, temporary.path, HOUR) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    duck_close(duck);
}

/* A folder of data as the program leaves it, with an hour in Parquet. */
static int set_up(void **state)
{
    (void)state;
    struct data_folder data;
    if (temporary_make(&temporary) != 0 ||
        data_folder_open(&data, temporary.path, DATA_FOLDER_WRITE, NULL) != STATUS_OK) {
        return -1;
    }
    data_folder_close(&data);
    make_folders(HOUR);
    write_parquet(PARQUET_ROWS);
    notes[0] = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&temporary);
}

static void on_note(void *self, const char *sentence)
{
    (void)self;
    strncat(notes, sentence, sizeof(notes) - strlen(notes) - 1);
}

static struct schema_stats *gather(int64_t from_ms, int64_t to_ms)
{
    struct schema_stats *stats = make_stats();
    struct fault fault = {0};
    struct lake_schema_range range = {.data_fd = temporary.fd,
                                      .data = temporary.path,
                                      .seed = SCHEMA_TEST_SEED,
                                      .from_ms = from_ms,
                                      .to_ms = to_ms,
                                      .on_note = on_note};
    notes[0] = 0;
    if (lake_schema_add(&range, stats, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return stats;
}

static void assert_all_counted(struct schema_stats *stats, unsigned rows)
{
    assert_int_equal(event_of(stats, "in_parquet")->rows, rows);
    assert_int_equal(value_of(stats, "in_parquet", "i")->counts[SCHEMA_INTEGER], rows);
    assert_int_equal(value_of(stats, "in_parquet", "i")->integer_max, rows - 1);
    assert_int_equal(value_of(stats, "in_parquet", "price")->counts[SCHEMA_DOUBLE], rows);
    assert_int_equal(value_of(stats, "in_parquet", "i")->last_ms, SCHEMA_NOON_MS + rows - 1);
    const struct schema_property *plan = schema_stats_find_property(
        stats, event_of(stats, "in_parquet"), SCHEMA_OF_USER, VIEW_LITERAL("plan"));
    assert_int_equal(plan->value.counts[SCHEMA_STRING], (rows + 1) / 2);
}

static void an_hour_without_statistics_is_counted_once_and_kept(void **state)
{
    (void)state;
    struct schema_stats *first = gather(0, 0);
    assert_all_counted(first, PARQUET_ROWS);
    assert_non_null(strstr(notes, "hour=12/events.parquet is counted again"));
    struct schema_stats *second = gather(0, 0);
    assert_string_equal(notes, "");
    struct buf a = bytes_of(first);
    struct buf b = bytes_of(second);
    assert_true(view_equal(buf_view(&a), buf_view(&b)));
    buf_free(&a);
    buf_free(&b);
    schema_stats_destroy(first);
    schema_stats_destroy(second);
}

static void an_hour_that_was_replaced_is_counted_anew(void **state)
{
    (void)state;
    schema_stats_destroy(gather(0, 0));
    write_parquet(10); /* as erasure or a second compaction would */
    struct schema_stats *stats = gather(0, 0);
    assert_all_counted(stats, 10);
    assert_non_null(strstr(notes, "counts another file"));
    schema_stats_destroy(stats);
}

static void damaged_statistics_are_named_and_made_again(void **state)
{
    (void)state;
    schema_stats_destroy(gather(0, 0));
    int fd = openat(temporary.fd, STATS, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    char byte;
    assert_int_equal(pread(fd, &byte, 1, 100), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, 100), 1);
    close(fd);
    struct schema_stats *stats = gather(0, 0);
    assert_all_counted(stats, PARQUET_ROWS);
    assert_non_null(strstr(notes, "hour=12.stats is damaged"));
    schema_stats_destroy(stats);
    schema_stats_destroy(gather(0, 0));
    assert_string_equal(notes, "");
}

static void nothing_is_written_while_somebody_else_may(void **state)
{
    (void)state;
    struct data_folder data;
    assert_int_equal(data_folder_open(&data, temporary.path, DATA_FOLDER_WRITE, NULL), STATUS_OK);
    schema_stats_destroy(gather(0, 0));
    assert_int_not_equal(faccessat(temporary.fd, STATS, F_OK, 0), 0);
    data_folder_close(&data);
}

static void write_part(int64_t received_ms, struct view row)
{
    struct part_writer *part;
    make_folders("lake/raw");
    int tree = openat(temporary.fd, "lake/raw", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(part_writer_begin(&part, tree, 7, 1, received_ms, NULL), STATUS_OK);
    assert_int_equal(part_writer_row(part, row, NULL), STATUS_OK);
    assert_int_equal(part_writer_finish(part, 9, NULL), STATUS_OK);
    close(tree);
}

static void parts_and_parquet_are_added_and_ranges_are_kept(void **state)
{
    (void)state;
    write_part(SCHEMA_NOON_MS + 3600000,
               VIEW_LITERAL("{\"event_id\":\"e\",\"type\":\"track\",\"name\":\"in_part\","
                            "\"properties\":{\"p\":1},\"received_at\":"
                            "\"2025-11-24T13:00:00.000Z\",\"site\":\"shop\",\"ingest_seq\":1}"));
    struct schema_stats *all = gather(0, 0);
    struct schema_stats *early = gather(0, SCHEMA_NOON_MS + 3600000);
    struct schema_stats *late = gather(SCHEMA_NOON_MS + 3600000, 0);
    assert_int_equal(schema_stats_totals(all).rows, PARQUET_ROWS + 1);
    assert_int_equal(event_of(all, "in_part")->rows, 1);
    assert_int_equal(schema_stats_totals(early).rows, PARQUET_ROWS);
    assert_null(event_of(early, "in_part"));
    assert_int_equal(schema_stats_totals(late).rows, 1);
    assert_non_null(event_of(late, "in_part"));
    schema_stats_destroy(all);
    schema_stats_destroy(early);
    schema_stats_destroy(late);
}

/* As compaction and erasure do. */
static void a_commit_puts_file_and_statistics_in_place(void **state)
{
    (void)state;
    char path[128];
    struct duck *duck;
    struct buf change;
    struct duck_options options = {.memory_bytes = 256 << 20};
    struct fault fault = {0};
    snprintf(path, sizeof(path), "%s/events.parquet", HOUR);
    int parquet = openat(temporary.fd, path, O_RDONLY | O_CLOEXEC);
    int seed = openat(temporary.fd, "SEED", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(seed, "42\n", 3), 3);
    close(seed);
    buf_init(&change, 1 << 20);
    assert_int_equal(duck_open(&duck, &options, &fault), STATUS_OK);
    if (lake_schema_propose(duck, temporary.fd, SCHEMA_NOON_MS / 3600000, parquet, &change,
                            &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    duck_close(duck);
    close(parquet);
    assert_true(view_is(buf_view(&change), "replace schema/date=2025-11-24/_hour=12.stats "
                                           "schema/date=2025-11-24/hour=12.stats\n"));
    assert_int_equal(lake_commit(temporary.fd, buf_view(&change), view_make(NULL, 0), NULL, &fault),
                     STATUS_OK);
    struct schema_stats *stats = gather(0, 0);
    assert_string_equal(notes, "");
    assert_all_counted(stats, PARQUET_ROWS);
    schema_stats_destroy(stats);

    buf_clear(&change);
    int lake_fd = openat(temporary.fd, "lake", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lake_schema_propose_removal(lake_fd, SCHEMA_NOON_MS / 3600000, &change);
    lake_schema_propose_removal(lake_fd, SCHEMA_NOON_MS / 3600000 + 1, &change);
    close(lake_fd);
    assert_true(view_is(buf_view(&change), "remove schema/date=2025-11-24/hour=12.stats\n"));
    assert_int_equal(lake_commit(temporary.fd, buf_view(&change), view_make(NULL, 0), NULL, &fault),
                     STATUS_OK);
    assert_int_not_equal(faccessat(temporary.fd, STATS, F_OK, 0), 0);
    buf_free(&change);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_hour_without_statistics_is_counted_once_and_kept),
        TEST(an_hour_that_was_replaced_is_counted_anew),
        TEST(damaged_statistics_are_named_and_made_again),
        TEST(nothing_is_written_while_somebody_else_may),
        TEST(parts_and_parquet_are_added_and_ranges_are_kept),
        TEST(a_commit_puts_file_and_statistics_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
