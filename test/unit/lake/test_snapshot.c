/* A snapshot holds each event once, whatever moves while it is taken: from the journal to raw
 * parts, from there to Parquet. A file of rows stands for Parquet here: a snapshot only opens it.
 */
#include "lake/snapshot.h"

#include "../temporary.h"
#include "base/file.h"
#include "base/hash.h"
#include "journal/data_folder.h"
#include "lake/cursor.h"
#include "lake/lake.h"
#include "lake/part_reader.h"
#include "lake/part_writer.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { EVENTS_MAX = 200000, WORKERS = 2, HOUR_MS = 3600000 };
static const int64_t START_MS = 1763942400000; /* 2025-11-24T00:00:00Z */
static const char HOUR_FOLDER[] = "date=2025-11-24/hour=00";

struct scene {
    struct temporary folder;
    _Atomic int64_t now_ms;
    struct clock clock;
    struct logger log;
    struct data_folder data;
    struct journal *journal;
    struct lake *lake;
    unsigned char seen[EVENTS_MAX]; /* how often a snapshot held the event of that number */
    size_t rows;
    size_t sources;
    size_t files;
};

static struct scene scene;

static int64_t test_now_ms(void *self)
{
    (void)self;
    return atomic_load(&scene.now_ms);
}

static void open_lake(void)
{
    struct fault fault = {0};
    struct lake_options lake = {.data_fd = scene.data.fd,
                                .journal = scene.journal,
                                .workers = WORKERS,
                                .clock = &scene.clock,
                                .log = &scene.log,
                                .limits.roll_ms = 1000,
                                .limits.roll_bytes = 1 << 30,
                                .window_ms = 8LL * 24 * HOUR_MS};
    if (lake_open(&scene.lake, &lake, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static void open_journal(void)
{
    struct fault fault = {0};
    struct journal_options journal = {.data_fd = scene.data.fd,
                                      .workers = WORKERS,
                                      .segment_bytes = 64 * 1024,
                                      .gather_bytes = 4 << 20,
                                      .has_keeper = true,
                                      .clock = &scene.clock,
                                      .disk = segment_disk_real()};
    if (journal_open(&scene.journal, &journal, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.now_ms = START_MS;
    scene.clock = (struct clock){.now_ms = test_now_ms, .monotonic_ms = test_now_ms};
    logger_init(&scene.log, STDERR_FILENO, LOGGER_ERROR, &scene.clock);
    if (temporary_make(&scene.folder) != 0 ||
        data_folder_open(&scene.data, scene.folder.path, DATA_FOLDER_WRITE, NULL) != STATUS_OK) {
        return -1;
    }
    open_journal();
    open_lake();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lake_close(scene.lake);
    journal_close(scene.journal);
    data_folder_close(&scene.data);
    return temporary_remove(&scene.folder);
}

struct event_rows {
    uint64_t number;
    size_t padding;
};

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    const struct event_rows *rows = self;
    char at[CLOCK_TEXT_BYTES];
    clock_format(scene.now_ms, at);
    buf_append_format(out, "{\"event_id\":\"%llu\",\"title\":\"",
                      (unsigned long long)(rows->number + index));
    for (size_t i = 0; i < rows->padding; i++) {
        buf_append_byte(out, 'x');
    }
    return buf_append_format(out,
                             "\",\"received_at\":\"%s\",\"site\":\"shop\",\"ingest_seq\":%llu}", at,
                             (unsigned long long)ingest_seq);
}

/* An event is known by its number: the same number is a re-send. */
static enum status append_padded(unsigned worker, uint64_t number, uint32_t count, size_t padding)
{
    struct frame_event events[100];
    struct event_rows rows = {number, padding};
    for (uint32_t i = 0; i < count; i++) {
        char id[32];
        int len = snprintf(id, sizeof(id), "%llu", (unsigned long long)(number + i));
        events[i] = (struct frame_event){.kind = FRAME_EVENT, .received_ms = scene.now_ms};
        hash_pair_128(7, VIEW_LITERAL("shop"), view_make(id, (size_t)len), events[i].key_hash);
    }
    enum status status =
        journal_append(scene.journal, worker, events, count, write_row, &rows, NULL);
    return status == STATUS_OK ? journal_commit(scene.journal, worker, NULL) : status;
}

static void append(unsigned worker, uint64_t number, uint32_t count)
{
    assert_int_equal(append_padded(worker, number, count, 10), STATUS_OK);
}

static void step(void)
{
    struct fault fault = {0};
    if (lake_step(scene.lake, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static void roll(void)
{
    step();
    scene.now_ms += 1000;
    step();
}

static uint64_t number_of(struct view row)
{
    static const char HEAD[] = "{\"event_id\":\"";
    uint64_t number = 0;
    struct view rest = view_part(row, sizeof(HEAD) - 1, row.len);
    assert_true(view_starts_with(row, HEAD));
    assert_true(view_to_uint64(view_cut(&rest, '"'), &number));
    assert_true(number < EVENTS_MAX);
    return number;
}

static void note_row(struct view row)
{
    scene.seen[number_of(row)]++;
    scene.rows++;
}

static void note_files(const struct snapshot *snapshot)
{
    scene.files = snapshot_file_count(snapshot);
    for (size_t i = 0; i < scene.files; i++) {
        struct buf rows;
        char path[64];
        buf_init(&rows, 256 << 20);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", snapshot_file(snapshot, i)->fd);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        char *place;
        ssize_t got;
        while ((place = buf_reserve(&rows, 1 << 16)) && (got = read(fd, place, 1 << 16)) > 0) {
            buf_used(&rows, (size_t)got);
        }
        close(fd);
        struct view rest = buf_view(&rows);
        while (rest.len > 0) {
            note_row(view_cut(&rest, '\n'));
        }
        buf_free(&rows);
    }
}

static void note_sources(struct snapshot *snapshot)
{
    struct fault fault = {0};
    scene.sources = snapshot_source_count(snapshot);
    for (size_t i = 0; i < scene.sources; i++) {
        struct snapshot_rows *rows;
        struct view row;
        assert_int_equal(snapshot_rows_open(&rows, snapshot, i, &fault), STATUS_OK);
        enum status status;
        while ((status = snapshot_rows_next(rows, &row, &fault)) == STATUS_OK) {
            note_row(row);
        }
        if (status != STATUS_END) {
            fail_msg("%s", fault.text);
        }
        snapshot_rows_close(rows);
    }
}

static struct snapshot *take(const struct snapshot_options *options)
{
    struct snapshot *snapshot;
    struct fault fault = {0};
    if (snapshot_open(&snapshot, scene.data.fd, options, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return snapshot;
}

static void look_with(const struct snapshot_options *options)
{
    struct snapshot *snapshot = take(options);
    memset(scene.seen, 0, sizeof(scene.seen));
    scene.rows = 0;
    note_files(snapshot);
    note_sources(snapshot);
    snapshot_close(snapshot);
}

static void look(void)
{
    look_with(&(struct snapshot_options){0});
}

static void each_once(uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++) {
        if (scene.seen[number] != 1) {
            fail_msg("event %d was seen %d times", (int)number, scene.seen[number]);
        }
    }
}

static void an_event_is_seen_once_wherever_it_is(void **state)
{
    (void)state;
    append(0, 1, 10);
    append(1, 11, 10);
    look(); /* only in the journal */
    each_once(1, 20);
    assert_int_equal(scene.sources, 1);
    step();
    look(); /* taken, in no closed part */
    each_once(1, 20);
    roll();
    look();
    each_once(1, 20);
    assert_int_equal(scene.sources, 2);
    append(0, 21, 5);
    look(); /* in both */
    each_once(1, 25);
    assert_int_equal(scene.rows, 25);
    assert_int_equal(scene.sources, 3);
}

static void a_data_folder_without_anything_gives_nothing(void **state)
{
    (void)state;
    struct temporary empty;
    struct snapshot *snapshot;
    struct fault fault = {0};
    assert_int_equal(temporary_make(&empty), 0);
    struct snapshot_options options = {0};
    assert_int_equal(snapshot_open(&snapshot, empty.fd, &options, &fault), STATUS_OK);
    assert_int_equal(snapshot_file_count(snapshot), 0);
    assert_int_equal(snapshot_source_count(snapshot), 0);
    snapshot_close(snapshot);
    temporary_remove(&empty);
}

static void what_was_sent_again_is_seen_once(void **state)
{
    (void)state;
    append(0, 1, 10);
    roll();
    append(0, 5, 10); /* 5 to 10 are in a part by now */
    append(1, 8, 10); /* 8 to 14 are in the journal, too */
    look();
    each_once(1, 17);
    assert_int_equal(scene.rows, 17);
}

/* What the lake left on disk when it was cut off behind closing its parts. */
static void cut_off_behind_parts(bool is_journal_gone)
{
    char command[256];
    unlinkat(scene.data.fd, "lake/CURSOR", 0);
    snprintf(command, sizeof(command), "%s/lake/keys", scene.folder.path);
    DIR *folder = opendir(command);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    if (is_journal_gone) {
        uint64_t id;
        uint32_t number;
        uint64_t offset;
        journal_durable(scene.journal, 0, &id, &number, &offset);
        snprintf(command, sizeof(command), "journal/%020llu/%010u.seg", (unsigned long long)id,
                 number);
        assert_int_equal(unlinkat(scene.data.fd, command, 0), 0);
    }
}

static void names_of_parts_say_what_is_done_before_the_cursor_does(void **state)
{
    (void)state;
    append(0, 1, 10);
    roll();
    append(0, 11, 5);
    cut_off_behind_parts(false);
    look();
    each_once(1, 15);
    assert_int_equal(scene.rows, 15);
}

static void parts_whose_keys_are_not_saved_are_asked_themselves(void **state)
{
    (void)state;
    append(0, 1, 10);
    roll();
    append(1, 6, 10); /* 6 to 10 again, by another worker */
    cut_off_behind_parts(true);
    look();
    each_once(1, 15);
    assert_int_equal(scene.rows, 15);
}

static void a_range_of_time_prunes_hours_and_rows(void **state)
{
    (void)state;
    append(0, 1, 10);
    scene.now_ms += HOUR_MS / 2;
    append(0, 11, 10);
    scene.now_ms += HOUR_MS;
    append(0, 21, 10);
    roll();
    append(0, 31, 10);
    struct snapshot_options options = {
        .range = {.from_ms = START_MS + 1, .to_ms = START_MS + HOUR_MS}};
    look_with(&options);
    each_once(11, 20);
    assert_int_equal(scene.rows, 10);
    assert_int_equal(scene.sources, 1);
    options.range.to_ms = 0;
    look_with(&options);
    each_once(11, 40);
    assert_int_equal(scene.rows, 30);
}

static void a_range_of_numbers_prunes_parts_and_rows(void **state)
{
    (void)state;
    append(0, 1, 10); /* numbers are given from 2: 1 is the stream's own */
    roll();
    append(0, 11, 10);
    roll();
    append(0, 21, 10);
    struct snapshot *all = take(&(struct snapshot_options){0});
    assert_int_equal(snapshot_source_count(all), 3);
    snapshot_close(all);
    uint64_t first = journal_stable(scene.journal) - 30;
    struct snapshot_options options = {.range = {.from_seq = first + 15, .to_seq = first + 25}};
    look_with(&options);
    each_once(16, 25);
    assert_int_equal(scene.rows, 10);
    assert_int_equal(scene.sources, 2);
}

static bool is_even(void *self, struct view row)
{
    (void)self;
    return number_of(row) % 2 == 0;
}

static void the_callers_filter_leaves_rows_out_of_parts_and_tail(void **state)
{
    (void)state;
    append(0, 1, 10);
    roll();
    append(0, 11, 10);
    look_with(&(struct snapshot_options){.is_kept = is_even});
    assert_int_equal(scene.rows, 10);
    assert_int_equal(scene.seen[2] + scene.seen[20], 2);
}

static void a_tail_that_is_too_large_for_memory_is_kept_in_a_file(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 60; i++) {
        assert_int_equal(append_padded((unsigned)i % WORKERS, 1 + i * 10, 10, 40000), STATUS_OK);
    }
    look_with(&(struct snapshot_options){.spill_folder = scene.folder.path});
    each_once(1, 600);
    struct snapshot_options options = {.spill_folder = "/proc"};
    struct snapshot *snapshot;
    struct fault fault = {0};
    assert_int_equal(snapshot_open(&snapshot, scene.data.fd, &options, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "TMPDIR"));
}

static void a_torn_part_is_named(void **state)
{
    (void)state;
    append(0, 1, 100);
    roll();
    struct snapshot *snapshot = take(&(struct snapshot_options){0});
    struct snapshot_rows *rows;
    struct view row;
    struct fault fault = {0};
    assert_int_equal(snapshot_rows_open(&rows, snapshot, 0, &fault), STATUS_OK);
    char path[256];
    snprintf(path, sizeof(path), "%s/lake/raw/%s", scene.folder.path, HOUR_FOLDER);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        int fd = entry->d_name[0] == 'p' ? openat(dirfd(folder), entry->d_name, O_WRONLY) : -1;
        if (fd >= 0) {
            assert_int_equal(ftruncate(fd, 200), 0);
            close(fd);
        }
    }
    closedir(folder);
    enum status status;
    while ((status = snapshot_rows_next(rows, &row, &fault)) == STATUS_OK) {
    }
    assert_int_equal(status, STATUS_DAMAGED);
    assert_non_null(strstr(fault.text, HOUR_FOLDER));
    snapshot_rows_close(rows);
    snapshot_close(snapshot);
}

static void write_file(const char *path, const char *text)
{
    int fd = openat(scene.data.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Two parts, the first of which a compaction put into Parquet before it was cut off. */
static void a_commit_that_was_cut_off_is_told_by_what_it_renamed(void **state)
{
    (void)state;
    char first[96] = "";
    char text[512];
    char path[256];
    append(0, 1, 1);
    roll();
    snprintf(path, sizeof(path), "%s/lake/raw/%s", scene.folder.path, HOUR_FOLDER);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == 'p') {
            snprintf(first, sizeof(first), "%.90s", entry->d_name);
        }
    }
    closedir(folder);
    append(0, 2, 1);
    roll();
    mkdirat(scene.data.fd, "lake/events", 0700);
    mkdirat(scene.data.fd, "lake/events/date=2025-11-24", 0700);
    mkdirat(scene.data.fd, "lake/events/date=2025-11-24/hour=00", 0700);
    snprintf(text, sizeof(text),
             "replace events/%s/_events.parquet events/%s/events.parquet\nremove raw/%s/%s\n",
             HOUR_FOLDER, HOUR_FOLDER, HOUR_FOLDER, first);
    write_file("lake/_commit", text);
    snprintf(path, sizeof(path), "lake/events/%s/_events.parquet", HOUR_FOLDER);
    write_file(path, "{\"event_id\":\"1\"}\n");
    look(); /* cut off before the rename */
    each_once(1, 2);
    assert_int_equal(scene.sources, 2);
    char renamed[256];
    snprintf(renamed, sizeof(renamed), "lake/events/%s/events.parquet", HOUR_FOLDER);
    assert_int_equal(renameat(scene.data.fd, path, scene.data.fd, renamed), 0);
    look(); /* behind it */
    each_once(1, 2);
    assert_int_equal(scene.sources, 1);
    assert_int_equal(scene.files, 1);
}

/* --- everything at once --- */

struct commotion {
    pthread_t threads[3];
    atomic_bool is_over;
    atomic_uint failures;
    _Atomic uint64_t committed; /* all up to it is on disk */
    _Atomic uint64_t compacted; /* parts */
};

static struct commotion commotion;

static void *write_events(void *self)
{
    (void)self;
    uint64_t number = 1;
    while (!atomic_load(&commotion.is_over) && number + 20 < EVENTS_MAX) {
        enum status status = append_padded((unsigned)(number / 10) % WORKERS, number, 10, 200);
        /* And some of them again, from the other worker. */
        if (status == STATUS_OK && number % 30 == 1) {
            status = append_padded((unsigned)(number / 10 + 1) % WORKERS, number, 10, 200);
        }
        atomic_fetch_add(&commotion.failures, status != STATUS_OK);
        number += 10;
        atomic_store(&commotion.committed, number - 1);
        usleep(300);
    }
    return NULL;
}

static void *take_events(void *self)
{
    (void)self;
    struct fault fault = {0};
    for (unsigned i = 0; !atomic_load(&commotion.is_over); i++) {
        atomic_fetch_add(&scene.now_ms, 300);
        atomic_fetch_add(&commotion.failures, lake_step(scene.lake, &fault) != STATUS_OK);
        usleep(1000);
    }
    return NULL;
}

/* Parts that the cursor covers, as compaction takes them. */
static bool is_covered(const struct cursor *cursor, const struct part_name *part)
{
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->rows[i].stream == part->stream) {
            return part->last_seq <= cursor->rows[i].done[TREE_RAW];
        }
    }
    return false;
}

static bool copy_rows(int hour_fd, const char *name, FILE *out)
{
    struct part_reader *reader;
    struct view row;
    if (part_reader_open(&reader, hour_fd, name, NULL) != STATUS_OK) {
        return false;
    }
    while (part_reader_next(reader, &row, NULL) == STATUS_OK) {
        fprintf(out, "%.*s\n", VIEW_ARG(row));
    }
    part_reader_close(reader);
    return true;
}

static void compact_hour(int lake_fd, int raw_fd, int events_fd)
{
    struct cursor cursor = {0};
    char taken[64][96];
    size_t count = 0;
    int out_fd = openat(events_fd, "events.parquet", O_RDWR | O_CLOEXEC);
    struct buf before;
    buf_init(&before, 256 << 20);
    if (out_fd >= 0) {
        atomic_fetch_add(&commotion.failures,
                         file_read(events_fd, "events.parquet", &before, NULL) != STATUS_OK);
        close(out_fd);
    }
    FILE *out = fdopen(openat(events_fd, "_new", O_WRONLY | O_CREAT | O_TRUNC, 0640), "w");
    if (before.len > 0) {
        fwrite(before.at, 1, before.len, out);
    }
    buf_free(&before);
    atomic_fetch_add(&commotion.failures, cursor_load(&cursor, lake_fd, NULL) != STATUS_OK);
    DIR *folder = fdopendir(openat(raw_fd, ".", O_RDONLY | O_DIRECTORY));
    for (struct dirent *entry; count < 64 && (entry = readdir(folder)) != NULL;) {
        struct part_name part;
        if (part_name_parse(view_from_text(entry->d_name), &part) && is_covered(&cursor, &part) &&
            copy_rows(raw_fd, entry->d_name, out)) {
            snprintf(taken[count++], sizeof(taken[0]), "%.95s", entry->d_name);
        }
    }
    closedir(folder);
    cursor_free(&cursor);
    fclose(out);
    int lock_fd = openat(lake_fd, "SNAPSHOT", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    flock(lock_fd, LOCK_EX);
    renameat(events_fd, "_new", events_fd, "events.parquet");
    sched_yield();
    for (size_t i = 0; i < count; i++) {
        unlinkat(raw_fd, taken[i], 0);
    }
    close(lock_fd);
    atomic_fetch_add(&commotion.compacted, count);
}

static int enter_made(int folder_fd, const char *name)
{
    int fd;
    return data_folder_enter(folder_fd, name, true, &fd, NULL) == STATUS_OK ? fd : -1;
}

static void *compact(void *self)
{
    (void)self;
    int lake_fd = enter_made(scene.data.fd, "lake");
    int trees[2] = {enter_made(lake_fd, "raw"), enter_made(lake_fd, "events")};
    for (unsigned i = 0; !atomic_load(&commotion.is_over); i++) {
        char date[24];
        char hour[16];
        snprintf(date, sizeof(date), "date=2025-11-24");
        snprintf(hour, sizeof(hour), "hour=%02u", i % 24);
        int dates[2] = {enter_made(trees[0], date), enter_made(trees[1], date)};
        int hours[2] = {enter_made(dates[0], hour), enter_made(dates[1], hour)};
        compact_hour(lake_fd, hours[0], hours[1]);
        for (int at = 0; at < 2; at++) {
            close(dates[at]);
            close(hours[at]);
        }
        usleep(500);
    }
    close(trees[0]);
    close(trees[1]);
    close(lake_fd);
    return NULL;
}

/* Each step is a hundred times slower where every access to memory is looked at. */
#if defined(__SANITIZE_THREAD__)
enum { LOOKS_MIN = 5, COMPACTED_MIN = 2, COMMITTED_MIN = 10 };
#else
enum { LOOKS_MIN = 100, COMPACTED_MIN = 20, COMMITTED_MIN = 100 };
#endif

static void while_everything_moves_each_event_is_seen_once(void **state)
{
    (void)state;
    void *(*const works[])(void *) = {write_events, take_events, compact};
    memset(&commotion, 0, sizeof(commotion));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&commotion.threads[i], NULL, works[i], NULL), 0);
    }
    size_t looks = 0;
    uint64_t before = 0;
    /* At least some of each, and then a while. */
    while ((looks < LOOKS_MIN || atomic_load(&commotion.compacted) < COMPACTED_MIN) &&
           atomic_load(&commotion.failures) == 0 && looks < 5000) {
        before = atomic_load(&commotion.committed);
        look();
        looks++;
        uint64_t number = 1;
        while (number < EVENTS_MAX &&
               scene.seen[number] == (number <= before ? 1 : scene.seen[number] > 0)) {
            number++;
        }
        if (number < EVENTS_MAX) {
            atomic_store(&commotion.is_over, true);
            fail_msg("look %zu: event %llu of %llu was seen %d times", looks,
                     (unsigned long long)number, (unsigned long long)before, scene.seen[number]);
        }
    }
    atomic_store(&commotion.is_over, true);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(commotion.threads[i], NULL);
    }
    assert_int_equal(commotion.failures, 0);
    assert_true(commotion.compacted >= COMPACTED_MIN);
    assert_true(before > COMMITTED_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_is_seen_once_wherever_it_is, set_up, tear_down),
        cmocka_unit_test(a_data_folder_without_anything_gives_nothing),
        cmocka_unit_test_setup_teardown(what_was_sent_again_is_seen_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_parts_say_what_is_done_before_the_cursor_does,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(parts_whose_keys_are_not_saved_are_asked_themselves, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_range_of_time_prunes_hours_and_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_range_of_numbers_prunes_parts_and_rows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_callers_filter_leaves_rows_out_of_parts_and_tail,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tail_that_is_too_large_for_memory_is_kept_in_a_file,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_torn_part_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_commit_that_was_cut_off_is_told_by_what_it_renamed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(while_everything_moves_each_event_is_seen_once, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
