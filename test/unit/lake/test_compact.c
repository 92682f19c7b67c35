/* Parts become Parquet: every row once, as it was; damage stays where it is and is named. */
#include "lake/compact.h"

#include "../temporary.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "lake/lake_check.h"
#include "lake/lake_commit.h"
#include "lake/lake_work.h"
#include "lake/part_reader.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t NOON_MS = 1763985600000; /* 2025-11-24T12:00:00Z */
static const int64_t HOUR_MS = 3600000;
static const char HOUR[] = "date=2025-11-24/hour=12";

static struct temporary temporary;
static int raw_fd;
static struct logger quiet;
static struct clock wall;

static int set_up(void **state)
{
    (void)state;
    int lake_fd = -1;
    if (temporary_make(&temporary) != 0) {
        return -1;
    }
    wall = clock_system();
    logger_init(&quiet, open("/dev/null", O_WRONLY | O_CLOEXEC), LOGGER_ERROR, &wall);
    if (data_folder_enter(temporary.fd, "lake", true, &lake_fd, NULL) != STATUS_OK ||
        data_folder_enter(lake_fd, "raw", true, &raw_fd, NULL) != STATUS_OK) {
        return -1;
    }
    close(lake_fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(raw_fd);
    return temporary_remove(&temporary);
}

/* Writes rows from..to of a made-up stream: event e-N of visitor a-(N % 7), number N. */
static void write_part(int64_t hour_ms, unsigned from, unsigned to, const char *properties)
{
    struct part_writer *part;
    struct fault fault = {0};
    char row[2048];
    assert_int_equal(part_writer_begin(&part, raw_fd, 7, from, hour_ms, &fault), STATUS_OK);
    for (unsigned i = from; i <= to; i++) {
        char time[CLOCK_TEXT_BYTES];
        clock_format(hour_ms + (i * 37) % HOUR_MS, time);
        int len = snprintf(row, sizeof(row),
                           "{\"event_id\":\"e-%u\",\"type\":\"track\",\"properties\":%s,"
                           "\"anonymous_id\":\"visitor-%u\",\"time\":\"%s\",\"received_at\":\"%s\","
                           "\"site\":\"shop\",\"ingest_seq\":%u}",
                           i, properties, i % 7, time, time, i);
        assert_int_equal(part_writer_row(part, view_make(row, (size_t)len), &fault), STATUS_OK);
    }
    assert_int_equal(part_writer_finish(part, to, &fault), STATUS_OK);
}

static void write_rows_at(int64_t hour_ms, unsigned first, const char *const *rows, size_t count)
{
    struct part_writer *part;
    struct fault fault = {0};
    assert_int_equal(part_writer_begin(&part, raw_fd, 7, first, hour_ms, &fault), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(part_writer_row(part, view_from_text(rows[i]), &fault), STATUS_OK);
    }
    assert_int_equal(part_writer_finish(part, first + count - 1, &fault), STATUS_OK);
}

static void write_rows(unsigned first, const char *const *rows, size_t count)
{
    write_rows_at(NOON_MS, first, rows, count);
}

static enum status compact_with(uint64_t memory, int64_t hour_ms, bool has_variant,
                                struct compact_outcome *outcome, struct fault *fault)
{
    struct compact *compact;
    struct compact_options options = {
        .memory_bytes = memory, .has_variant = has_variant, .log = &quiet};
    if (compact_open(&compact, temporary.fd, &options, fault) != STATUS_OK) {
        fail_msg("%s", fault->text);
    }
    enum status status = compact_hour(compact, part_hour(hour_ms), outcome, fault);
    compact_close(compact);
    if (status == STATUS_OK) {
        status =
            lake_commit(temporary.fd, buf_view(&outcome->change), view_make(NULL, 0), NULL, fault);
    }
    return status;
}

static void compact_noon(struct compact_outcome *outcome)
{
    struct fault fault = {0};
    if (compact_with(512u << 20, NOON_MS, false, outcome, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    compact_outcome_free(outcome);
}

/* One text out of a question about the files: FILES stands for all of them. */
static void answers(const char *sql, const char *expected)
{
    char whole[4096];
    struct duck *duck;
    struct duck_options options = {.memory_bytes = 256u << 20};
    struct fault fault = {0};
    struct duck_result *result = NULL;
    duckdb_data_chunk chunk;
    if (duck_open(&duck, &options, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    snprintf(whole, sizeof(whole),
             "with files as (select * from read_parquet('%s/lake/events/*/*/*.parquet')) %s",
             temporary.path, sql);
    if (duck_query(duck, whole, &result, &fault) != STATUS_OK ||
        duck_result_next(result, &chunk, &fault) != STATUS_OK) {
        fail_msg("%s: %s", sql, fault.text);
    }
    duckdb_vector vector = duck_api(duck)->data_chunk_get_vector(chunk, 0);
    bool has = duck_is_valid(duck_api(duck)->vector_get_validity(vector), 0);
    struct view text =
        has ? duck_text(duck_api(duck)->vector_get_data(vector), 0) : VIEW_LITERAL("NULL");
    if (!view_is(text, expected)) {
        fail_msg("%s: %.*s instead of %s", sql, VIEW_ARG(text), expected);
    }
    duck_result_close(result);
    duck_close(duck);
}

static void on_problem(void *self, const char *sentence)
{
    snprintf(self, 512, "%s", sentence);
}

/* What `pipes verify` says last; empty when all is sound. */
static void verify(char said[512])
{
    struct lake_check_report report = {0};
    struct fault fault = {0};
    struct lake_check_listener listener = {.on_problem = on_problem, .self = said};
    said[0] = 0;
    assert_int_equal(lake_check(temporary.fd, NULL, &listener, &report, &fault), STATUS_OK);
}

static bool is_there(const char *name)
{
    return faccessat(temporary.fd, name, F_OK, 0) == 0;
}

static void keeps_every_row_as_it_was(void **state)
{
    static const char *const ROWS[] = {
        "{\"event_id\":\"1\",\"type\":\"track\",\"properties\":{\"n\":12345678901234567890.10,"
        "\"s\":\"\\ud800\",\"price\":12.50},\"anonymous_id\":\"b\","
        "\"time\":\"2025-11-24T12:00:00.001Z\",\"received_at\":\"2025-11-24T12:00:01.000Z\","
        "\"site\":\"shop\",\"density\":1.25,\"is_bot\":false,\"ingest_seq\":11}",
        "{\"event_id\":\"2 "
        "\\\"\\u00e9\\\"\",\"type\":\"track\",\"properties\":{\"price\":\"free\"},"
        "\"anonymous_id\":\"a\",\"time\":\"2025-11-24T12:30:00.000Z\","
        "\"received_at\":\"2025-11-24T12:30:01.000Z\",\"site\":\"shop\",\"ingest_seq\":12}",
        "{\"event_id\":\"3\",\"time\":\"2025-11-24T12:10:00.000Z\","
        "\"received_at\":\"2025-11-24T12:30:02.000Z\",\"site\":\"shop\",\"ingest_seq\":13}",
    };
    struct compact_outcome outcome;
    (void)state;
    write_rows(11, ROWS, 3);
    compact_noon(&outcome);
    assert_int_equal(outcome.sums.rows, 3);
    answers("select string_agg(event_id, ',') from files", "3,2 \"é\",1");
    answers("select properties from files where event_id = '1'",
            "{\"n\":12345678901234567890.10,\"s\":\"\\ud800\",\"price\":12.50}");
    answers("select concat_ws(' ', epoch_ms(time), density, is_bot, ingest_seq, typeof(time)) "
            "from files where event_id = '1'",
            "1763985600001 1.25 false 11 TIMESTAMP WITH TIME ZONE");
    answers("select properties from files where event_id = '3'", "NULL");
    char said[512];
    verify(said);
    assert_string_equal(said, "");
    assert_false(is_there("lake/raw/date=2025-11-24/hour=12/part-7-11-13.ndjson.zst"));
}

static void compact_at(int64_t hour_ms)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    if (compact_with(512u << 20, hour_ms, false, &outcome, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    compact_outcome_free(&outcome);
}

/* The file of noon becomes one of ten o'clock that a version without `dropped` wrote, which knew of
 * no lake/COLUMNS. */
static void make_old_hour(void)
{
    struct duck *duck;
    struct duck_options options = {.memory_bytes = 256u << 20};
    struct fault fault = {0};
    assert_int_equal(mkdirat(temporary.fd, "lake/events/date=2025-11-24/hour=10", 0700), 0);
    assert_int_equal(duck_open(&duck, &options, &fault), STATUS_OK);
    if (duck_exec_format(duck, &fault,
                         "copy (select * exclude (dropped) from "
                         "'%s/lake/events/date=2025-11-24/hour=12/events.parquet') to "
                         "'%s/lake/events/date=2025-11-24/hour=10/events.parquet'",
                         temporary.path, temporary.path) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    duck_close(duck);
    unlinkat(temporary.fd, "lake/events/date=2025-11-24/hour=12/events.parquet", 0);
    unlinkat(temporary.fd, "lake/manifest/2025-11-24", 0);
    assert_int_equal(unlinkat(temporary.fd, "lake/COLUMNS", 0), 0);
}

static void says_which_hours_have_the_column(const char *expected)
{
    char sql[512];
    snprintf(sql, sizeof(sql),
             "select string_agg(file_name[-17:-16], ' ' order by file_name) from "
             "parquet_schema('%s/lake/events/*/*/*.parquet') where name = 'dropped'",
             temporary.path);
    answers(sql, expected);
}

static void a_newer_column_stands_in_the_files_of_newer_hours(void **state)
{
    static const char *const WITH_VALUE[] = {
        "{\"event_id\":\"v\",\"time\":\"2025-11-24T08:10:00.000Z\","
        "\"received_at\":\"2025-11-24T08:30:02.000Z\",\"site\":\"shop\",\"dropped\":{\"full\":2},"
        "\"ingest_seq\":41}",
    };
    (void)state;
    write_part(NOON_MS, 1, 5, "{}");
    compact_at(NOON_MS);
    make_old_hour();
    write_part(NOON_MS, 6, 9, "{}");
    compact_at(NOON_MS);
    write_part(NOON_MS - 3 * HOUR_MS, 20, 22, "{}");
    compact_at(NOON_MS - 3 * HOUR_MS);
    write_part(NOON_MS - HOUR_MS, 30, 31, "{}");
    compact_at(NOON_MS - HOUR_MS);
    says_which_hours_have_the_column("11 12");
    /* By everybody who takes the first file's columns for all. */
    answers("select count(*) || ' ' || count(event_id) from files", "14 14");
    write_rows_at(NOON_MS - 4 * HOUR_MS, 41, WITH_VALUE, 1);
    compact_at(NOON_MS - 4 * HOUR_MS);
    says_which_hours_have_the_column("08 11 12");
    /* And it stays, when more comes. */
    write_part(NOON_MS - 4 * HOUR_MS, 42, 44, "{}");
    compact_at(NOON_MS - 4 * HOUR_MS);
    says_which_hours_have_the_column("08 11 12");
    char sql[512];
    snprintf(sql, sizeof(sql),
             "select dropped from '%s/lake/events/date=2025-11-24/hour=08/events.parquet' "
             "where event_id = 'v'",
             temporary.path);
    answers(sql, "{\"full\":2}");
}

static void an_hour_that_is_parquet_leaves_no_folder_among_the_parts(void **state)
{
    (void)state;
    write_part(NOON_MS, 1, 5, "{}");
    write_part(NOON_MS - HOUR_MS, 6, 9, "{}");
    compact_at(NOON_MS);
    assert_false(is_there("lake/raw/date=2025-11-24/hour=12"));
    assert_true(is_there("lake/raw/date=2025-11-24/hour=11/part-7-6-9.ndjson.zst"));
    compact_at(NOON_MS - HOUR_MS);
    assert_false(is_there("lake/raw/date=2025-11-24"));
    assert_true(is_there("lake/raw"));
}

static void keeps_the_first_of_two_with_the_same_id(void **state)
{
    struct compact_outcome outcome;
    (void)state;
    write_part(NOON_MS, 1, 100, "{\"turn\":1}");
    static const char *const AGAIN[] = {
        "{\"event_id\":\"e-5\",\"properties\":{\"turn\":2},\"time\":\"2025-11-24T12:00:00.000Z\","
        "\"received_at\":\"2025-11-24T12:30:01.000Z\",\"site\":\"shop\",\"ingest_seq\":101}",
        "{\"event_id\":\"e-5\",\"properties\":{\"turn\":3},\"time\":\"2025-11-24T12:00:00.000Z\","
        "\"received_at\":\"2025-11-24T12:30:01.000Z\",\"site\":\"blog\",\"ingest_seq\":102}",
    };
    write_rows(101, AGAIN, 2);
    compact_noon(&outcome);
    assert_int_equal(outcome.duplicates, 1);
    answers("select string_agg(site || properties, ' ' order by site) from files "
            "where event_id = 'e-5'",
            "blog{\"turn\":3} shop{\"turn\":1}");
}

static void takes_late_parts_into_the_hours_file(void **state)
{
    struct compact_outcome outcome;
    (void)state;
    write_part(NOON_MS, 10, 200, "{\"a\":1}");
    compact_noon(&outcome);
    static const char *const LATE[] = {
        /* A lower number than the one that is there: it was first. */
        "{\"event_id\":\"e-150\",\"properties\":{\"a\":2},\"time\":\"2025-11-24T12:00:00.000Z\","
        "\"received_at\":\"2025-11-24T12:00:01.000Z\",\"site\":\"shop\",\"ingest_seq\":1}",
        "{\"event_id\":\"new\",\"properties\":{\"a\":3},\"time\":\"2025-11-24T12:00:00.000Z\","
        "\"received_at\":\"2025-11-24T12:00:01.000Z\",\"site\":\"shop\",\"ingest_seq\":2}",
    };
    write_rows(1, LATE, 2);
    compact_noon(&outcome);
    assert_int_equal(outcome.duplicates, 1);
    assert_int_equal(outcome.sums.rows, 192);
    answers("select concat_ws(' ', count(*), count(distinct event_id), min(ingest_seq), "
            "sum(p_a)) from files",
            "192 192 1 195.0");
    answers("select properties from files where event_id = 'e-150'", "{\"a\":2}");
    char said[512];
    verify(said);
    assert_string_equal(said, "");
}

static void sorts_more_rows_than_fit_into_memory(void **state)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    char padding[600];
    (void)state;
    memset(padding, 'x', sizeof(padding));
    memcpy(padding, "{\"p\":\"", 6);
    memcpy(padding + sizeof(padding) - 3, "\"}", 3);
    write_part(NOON_MS, 1, 20000, padding);
    write_part(NOON_MS, 20001, 40000, "{}");
    if (compact_with(128u << 20, NOON_MS, false, &outcome, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    compact_outcome_free(&outcome);
    answers("select concat_ws(' ', count(*), count(distinct ingest_seq), sum(ingest_seq)) from "
            "files",
            "40000 40000 800020000");
    char said[512];
    verify(said); /* also that rows stand in order */
    assert_string_equal(said, "");
    assert_false(is_there("lake/events/date=2025-11-24/hour=12/_run-0.ndjson.zst"));
}

static void leaves_a_damaged_part_where_it_is(void **state)
{
    struct compact_outcome outcome;
    char said[512];
    (void)state;
    write_part(NOON_MS, 1, 50, "{}");
    write_part(NOON_MS, 51, 9000, "{\"b\":\"some text to fill it with\"}");
    char name[] = "lake/raw/date=2025-11-24/hour=12/part-7-51-9000.ndjson.zst";
    int fd = openat(temporary.fd, name, O_WRONLY);
    assert_int_equal(pwrite(fd, "damage", 6, 3000), 6);
    close(fd);
    compact_noon(&outcome);
    assert_int_equal(outcome.damaged, 1);
    assert_true(is_there(name));
    assert_false(is_there("lake/raw/date=2025-11-24/hour=12/part-7-1-50.ndjson.zst"));
    answers("select count(*)::varchar from files", "50");
    verify(said);
    assert_non_null(strstr(said, "part-7-51-9000.ndjson.zst"));
    struct fault fault = {0};
    assert_int_equal(compact_with(512u << 20, NOON_MS, false, &outcome, &fault), STATUS_END);
    compact_outcome_free(&outcome);
    assert_true(is_there(name));
}

static void does_not_cover_damage_of_the_file_before(void **state)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    char said[512];
    (void)state;
    write_part(NOON_MS, 1, 50, "{}");
    compact_noon(&outcome);
    write_part(NOON_MS, 51, 60, "{}");
    int fd = openat(temporary.fd, "lake/events/date=2025-11-24/hour=12/events.parquet", O_RDWR);
    char byte = 0;
    assert_int_equal(pread(fd, &byte, 1, 500), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, 500), 1);
    close(fd);
    assert_int_equal(compact_with(512u << 20, NOON_MS, false, &outcome, &fault), STATUS_DAMAGED);
    compact_outcome_free(&outcome);
    assert_non_null(strstr(fault.text, HOUR));
    assert_true(is_there("lake/raw/date=2025-11-24/hour=12/part-7-51-60.ndjson.zst"));
    verify(said);
    assert_non_null(strstr(said, "its checksum is not what the manifest says"));
}

static void waits_with_parts_whose_names_are_still_needed(void **state)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    (void)state;
    write_part(NOON_MS, 1, 50, "{}");
    assert_int_equal(mkdirat(temporary.fd, "journal", 0700), 0);
    assert_int_equal(mkdirat(temporary.fd, "journal/00000000000000000007", 0700), 0);
    assert_int_equal(compact_with(512u << 20, NOON_MS, false, &outcome, &fault), STATUS_END);
    compact_outcome_free(&outcome);
    int lake_fd = openat(temporary.fd, "lake", O_RDONLY);
    assert_int_equal(file_replace(lake_fd, "CURSOR", VIEW_LITERAL("7 50 50 50\n"), &fault),
                     STATUS_OK);
    close(lake_fd);
    compact_noon(&outcome);
    assert_int_equal(outcome.sums.rows, 50);
}

static void gives_frequent_properties_columns_of_their_own(void **state)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    (void)state;
    write_part(NOON_MS, 1, 100,
               "{\"price\":12.50,\"in "
               "stock\":true,\"sku\":\"a\\u00e9\",\"big\":12345678901234567,"
               "\"list\":[1],\"nothing\":null}");
    compact_noon(&outcome);
    answers("select string_agg(column_name, ' ') from (describe from files) where column_name "
            "like 'p\\_%' escape '\\'",
            "p_big p_in_stock p_price p_sku");
    answers("select concat_ws(' ', max(p_price), typeof(max(p_price)), max(p_sku), "
            "typeof(any_value(p_in_stock)), count(p_big)) from files",
            "12.5 DOUBLE aé BOOLEAN 0");
    /* An hour later: one more, and one that has another type now. */
    write_part(NOON_MS + HOUR_MS, 101, 200, "{\"price\":\"free\",\"color\":\"red\",\"Color\":1}");
    assert_int_equal(compact_with(512u << 20, NOON_MS + HOUR_MS, false, &outcome, &fault),
                     STATUS_OK);
    compact_outcome_free(&outcome);
    /* An hour before: only columns that all have. */
    write_part(NOON_MS - HOUR_MS, 201, 300, "{\"older\":1,\"price\":3}");
    assert_int_equal(compact_with(512u << 20, NOON_MS - HOUR_MS, false, &outcome, &fault),
                     STATUS_OK);
    compact_outcome_free(&outcome);
    answers("select concat_ws(' ', count(*), count(properties)) from files", "300 300");
    struct buf columns_kept;
    buf_init(&columns_kept, 65536);
    int lake_fd = openat(temporary.fd, "lake", O_RDONLY);
    assert_int_equal(file_read(lake_fd, "PROMOTED", &columns_kept, &fault), STATUS_OK);
    close(lake_fd);
    assert_null(memmem(columns_kept.at, columns_kept.len, "older", 5));
    buf_free(&columns_kept);
    char file[128];
    snprintf(file, sizeof(file), "%s/lake/events/date=2025-11-24/hour=13/events.parquet",
             temporary.path);
    char sql[512];
    snprintf(sql, sizeof(sql),
             "select concat_ws(' ', count(p_price), count(p_Color), typeof(any_value(p_color)), "
             "count(*)) from "
             "read_parquet('%s')",
             file);
    answers(sql, "0 100 DOUBLE 100");
}

static void writes_properties_as_variant_when_asked(void **state)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    (void)state;
    write_part(NOON_MS, 1, 10, "{\"price\":12.5,\"tags\":[\"a\",\"b\"]}");
    assert_int_equal(compact_with(512u << 20, NOON_MS, true, &outcome, &fault), STATUS_OK);
    compact_outcome_free(&outcome);
    answers("select any_value(properties_variant)::json->>'$.tags[1]' from files", "b");
    write_part(NOON_MS, 11, 12, "{\"price\":13.5}");
    compact_noon(&outcome);
    answers("select concat_ws(' ', count(*), sum((properties_variant::json->>'$.price')::double)) "
            "from files",
            "12 152.0");
}

/* Does the first `count` renames of a change, as a holder that is killed behind them. */
static size_t rename_some(int lake_fd, struct view change, size_t count)
{
    struct lake_change_line line;
    size_t done = 0;
    while (done < count && lake_change_next(&change, &line)) {
        char from[256];
        char to[256];
        snprintf(from, sizeof(from), "%.*s", VIEW_ARG(line.from));
        snprintf(to, sizeof(to), "%.*s", VIEW_ARG(line.to));
        if (line.is_replace) {
            assert_int_equal(renameat(lake_fd, from, lake_fd, to), 0);
            done++;
        }
    }
    return done;
}

static void finishes_a_commit_that_was_cut_off(void **state)
{
    struct compact_outcome outcome;
    struct fault fault = {0};
    bool is_over = false;
    (void)state;
    for (size_t cut = 0; !is_over; cut++) {
        char said[512];
        char expected[16];
        unsigned first = (unsigned)cut * 100 + 1;
        struct compact *compact;
        struct compact_options options = {.memory_bytes = 512u << 20, .log = &quiet};
        write_part(NOON_MS, first, first + 49, "{}");
        assert_int_equal(compact_open(&compact, temporary.fd, &options, &fault), STATUS_OK);
        assert_int_equal(compact_hour(compact, part_hour(NOON_MS), &outcome, &fault), STATUS_OK);
        compact_close(compact);
        int lake_fd = openat(temporary.fd, "lake", O_RDONLY);
        struct view change = buf_view(&outcome.change);
        assert_int_equal(file_replace(lake_fd, "_commit", change, &fault), STATUS_OK);
        is_over = rename_some(lake_fd, change, cut) < cut;
        compact_outcome_free(&outcome);
        close(lake_fd);
        verify(said);
        assert_string_equal(said, "");
        assert_int_equal(lake_commit_recover(temporary.fd, NULL, &fault), STATUS_OK);
        assert_false(is_there("lake/_commit"));
        verify(said);
        assert_string_equal(said, "");
        snprintf(expected, sizeof(expected), "%zu", (cut + 1) * 50);
        answers("select count(*)::varchar from files", expected);
        assert_true(cut < 10);
    }
}

static void refuses_changes_that_lead_elsewhere(void **state)
{
    static const char *const CHANGES[] = {
        "remove ../SEED\n",
        "remove raw/../../SEED\n",
        "remove /etc/passwd\n",
        "remove CURSOR\n",
        "replace events/_a manifest/a\n",
        "replace events/a events/b\n",
        "remove raw/nothing\n",
        "",
    };
    (void)state;
    assert_int_equal(close(openat(temporary.fd, "SEED", O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(close(openat(temporary.fd, "lake/CURSOR", O_CREAT | O_WRONLY, 0600)), 0);
    for (size_t i = 0; i < sizeof(CHANGES) / sizeof(CHANGES[0]); i++) {
        struct fault fault = {0};
        /* "raw/nothing" alone would be a change that was made before. */
        char change[256];
        write_part(NOON_MS, 1, 2, "{}");
        snprintf(change, sizeof(change), "%s%s", CHANGES[i],
                 CHANGES[i][0] ? "remove raw/date=2025-11-24/hour=12/part-7-1-2.ndjson.zst\n" : "");
        assert_int_equal(
            lake_commit(temporary.fd, view_from_text(change), view_make(NULL, 0), NULL, &fault),
            CHANGES[i][0] ? STATUS_BAD_INPUT : STATUS_OK);
        assert_true(is_there("lake/raw/date=2025-11-24/hour=12/part-7-1-2.ndjson.zst"));
    }
}

static void lets_one_process_work_at_a_time(void **state)
{
    struct lake_work one;
    struct lake_work two;
    struct fault fault = {0};
    (void)state;
    assert_int_equal(lake_work_begin(&one, temporary.fd, temporary.path, &fault), STATUS_OK);
    assert_int_equal(lake_work_begin(&two, temporary.fd, temporary.path, &fault), STATUS_BUSY);
    lake_work_end(&one);
    assert_int_equal(lake_work_begin(&two, temporary.fd, temporary.path, &fault), STATUS_OK);
    lake_work_end(&two);
}

struct waiting {
    struct logger log;
    struct lake_work work;
    struct fault fault;
    enum status status;
    atomic_bool is_over;
};

static void *wait_for_work(void *argument)
{
    struct waiting *waiting = argument;
    waiting->status = lake_work_wait(&waiting->work, temporary.fd, temporary.path, &waiting->log,
                                     &waiting->fault);
    atomic_store(&waiting->is_over, true);
    return NULL;
}

static void waits_for_whoever_works_and_says_for_whom(void **state)
{
    struct lake_work one;
    struct waiting waiting = {.is_over = false};
    struct fault fault = {0};
    pthread_t thread;
    char line[256] = "";
    char expected[64];
    int ends[2];
    (void)state;
    snprintf(expected, sizeof(expected), "waits for process %ld,", (long)getpid());
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    logger_init(&waiting.log, ends[1], LOGGER_INFO, &wall);
    assert_int_equal(lake_work_begin(&one, temporary.fd, temporary.path, &fault), STATUS_OK);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_work, &waiting), 0);
    assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    assert_non_null(strstr(line, expected));
    assert_false(atomic_load(&waiting.is_over));
    lake_work_end(&one);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(waiting.status, STATUS_OK);
    assert_int_equal(lake_work_begin(&one, temporary.fd, temporary.path, &fault), STATUS_BUSY);
    lake_work_end(&waiting.work);
    close(ends[0]);
    close(ends[1]);
}

static void never_carries_out_what_a_killed_worker_proposed_once_another_began(void **state)
{
    const struct lake_work_hand hand = {.data_fd = temporary.fd};
    struct lake_work work;
    struct fault fault = {0};
    (void)state;
    write_part(NOON_MS, 1, 2, "{}");
    assert_int_equal(lake_work_begin(&work, temporary.fd, temporary.path, &fault), STATUS_OK);
    int lake_fd = openat(temporary.fd, "lake", O_RDONLY);
    assert_int_equal(
        file_replace(lake_fd, "_proposal",
                     VIEW_LITERAL("worker 1-2\nremove "
                                  "raw/date=2025-11-24/hour=12/part-7-1-2.ndjson.zst\n"),
                     &fault),
        STATUS_OK);
    close(lake_fd);
    assert_int_equal(lake_work_serve(&hand, NULL, &fault), STATUS_BAD_INPUT);
    assert_true(is_there("lake/raw/date=2025-11-24/hour=12/part-7-1-2.ndjson.zst"));
    assert_int_equal(lake_work_serve(&hand, NULL, &fault), STATUS_END);
    lake_work_end(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(keeps_every_row_as_it_was),
        TEST(a_newer_column_stands_in_the_files_of_newer_hours),
        TEST(an_hour_that_is_parquet_leaves_no_folder_among_the_parts),
        TEST(keeps_the_first_of_two_with_the_same_id),
        TEST(takes_late_parts_into_the_hours_file),
        TEST(sorts_more_rows_than_fit_into_memory),
        TEST(leaves_a_damaged_part_where_it_is),
        TEST(does_not_cover_damage_of_the_file_before),
        TEST(waits_with_parts_whose_names_are_still_needed),
        TEST(gives_frequent_properties_columns_of_their_own),
        TEST(writes_properties_as_variant_when_asked),
        TEST(finishes_a_commit_that_was_cut_off),
        TEST(refuses_changes_that_lead_elsewhere),
        TEST(lets_one_process_work_at_a_time),
        TEST(waits_for_whoever_works_and_says_for_whom),
        TEST(never_carries_out_what_a_killed_worker_proposed_once_another_began),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
