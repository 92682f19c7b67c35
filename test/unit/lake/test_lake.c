/* Journal and lake together: what was committed must be in closed parts exactly once, whatever is
 * cut off in between. */
#include "lake/lake.h"

#include "../temporary.h"
#include "base/file.h"
#include "lake/quarantine_room.h"
#include "base/hash.h"
#include "journal/data_folder.h"
#include "lake/part_writer.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { NUMBERS = 2000, WORKERS = 2 };
static const int64_t START_MS = 1763942400000; /* 2025-11-24T00:00:00Z */
static const int64_t HOUR_MS = 3600000;

struct scene {
    struct temporary folder;
    const char *path;
    int64_t now_ms;
    struct clock clock;
    struct logger log;
    struct data_folder data;
    struct journal *journal;
    struct lake *lake;
    unsigned rows[NUMBERS]; /* how often each number stands in raw */
    unsigned quarantined;
    unsigned files;
    unsigned unfinished;
    char last_folder[256];
};

static struct scene scene;

static int64_t test_now_ms(void *self)
{
    (void)self;
    return scene.now_ms;
}

static void open_all(void)
{
    struct fault fault = {0};
    scene.clock = (struct clock){.now_ms = test_now_ms, .monotonic_ms = test_now_ms};
    logger_init(&scene.log, STDERR_FILENO, LOGGER_ERROR, &scene.clock);
    assert_int_equal(data_folder_open(&scene.data, scene.path, DATA_FOLDER_WRITE, &fault),
                     STATUS_OK);
    struct journal_options journal = {.data_fd = scene.data.fd,
                                      .workers = WORKERS,
                                      .segment_bytes = 4000,
                                      .gather_bytes = 1 << 20,
                                      .clock = &scene.clock,
                                      .disk = segment_disk_real()};
    assert_int_equal(journal_open(&scene.journal, &journal, &fault), STATUS_OK);
    struct lake_options lake = {.data_fd = scene.data.fd,
                                .journal = scene.journal,
                                .workers = WORKERS,
                                .clock = &scene.clock,
                                .log = &scene.log,
                                .limits.roll_ms = 1000,
                                .limits.roll_bytes = 1 << 20,
                                .window_ms = 8 * 24 * HOUR_MS,
                                .limits.quarantine_bytes = 1000};
    if (lake_open(&scene.lake, &lake, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static void close_all(void)
{
    lake_close(scene.lake);
    journal_close(scene.journal);
    data_folder_close(&scene.data);
    scene.lake = NULL;
    scene.journal = NULL;
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){.now_ms = START_MS, .data = {.fd = -1, .lock_fd = -1}};
    if (temporary_make(&scene.folder) != 0) {
        return -1;
    }
    scene.path = scene.folder.path;
    open_all();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_all();
    return temporary_remove(&scene.folder);
}

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    const uint64_t *number = self;
    (void)ingest_seq;
    return buf_append_format(out, "%llu", (unsigned long long)(*number + index));
}

/* An event is known by its number: the same number is a re-send. */
static void append_kind(unsigned worker, uint64_t number, uint32_t count, uint32_t kind)
{
    struct frame_event events[100];
    assert_true(count <= 100);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t key = number + i;
        events[i] = (struct frame_event){.kind = kind, .received_ms = scene.now_ms};
        hash_pair_128(1, VIEW_LITERAL("shop"), view_make((const char *)&key, sizeof(key)),
                      events[i].key_hash);
    }
    struct fault fault = {0};
    assert_int_equal(
        journal_append(scene.journal, worker, events, count, write_row, &number, &fault),
        STATUS_OK);
}

static void append(unsigned worker, uint64_t number, uint32_t count)
{
    append_kind(worker, number, count, FRAME_EVENT);
}

static void commit(unsigned worker)
{
    assert_int_equal(journal_commit(scene.journal, worker, NULL), STATUS_OK);
}

static void step(void)
{
    struct fault fault = {0};
    if (lake_step(scene.lake, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static void drain(void)
{
    struct fault fault = {0};
    if (lake_drain(scene.lake, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static void read_rows(const char *path, bool is_quarantine)
{
    struct buf packed;
    buf_init(&packed, 16 << 20);
    assert_int_equal(file_read(AT_FDCWD, path, &packed, NULL), STATUS_OK);
    static char rows[1 << 20];
    size_t len = 0;
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = {packed.at, packed.len, 0};
    ZSTD_outBuffer out = {rows, sizeof(rows), 0};
    size_t left = ZSTD_decompressStream(zstd, &out, &in);
    assert_int_equal(left, 0);
    len = out.pos;
    ZSTD_freeDCtx(zstd);
    buf_free(&packed);
    struct view rest = view_make(rows, len);
    while (rest.len > 0) {
        uint64_t number;
        assert_true(view_to_uint64(view_cut(&rest, '\n'), &number));
        assert_true(number < NUMBERS);
        scene.rows[number] += !is_quarantine;
        scene.quarantined += is_quarantine;
    }
}

static int visit(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    (void)facts;
    if (kind != FTW_F) {
        return 0;
    }
    struct part_name name;
    const char *base = path + walk->base;
    if (part_name_parse(view_from_text(base), &name)) {
        scene.files++;
        snprintf(scene.last_folder, sizeof(scene.last_folder), "%.*s", walk->base - 1, path);
        read_rows(path, strstr(path, "/quarantine/") != NULL);
    } else if (strstr(path, "/raw/") && base[0] == '_') {
        scene.unfinished++;
    }
    return 0;
}

static void look(void)
{
    memset(scene.rows, 0, sizeof(scene.rows));
    scene.quarantined = scene.files = scene.unfinished = 0;
    char lake[128];
    snprintf(lake, sizeof(lake), "%s/lake", scene.path);
    assert_int_equal(nftw(lake, visit, 16, FTW_PHYS), 0);
}

static void each_of(uint64_t first, uint64_t last, unsigned times)
{
    for (uint64_t number = first; number <= last; number++) {
        if (scene.rows[number] != times) {
            fail_msg("row %d stands there %u times", (int)number, scene.rows[number]);
        }
    }
}

static unsigned journal_files(void)
{
    char folder[128];
    uint64_t ids[8];
    size_t old = journal_old_streams(scene.journal, ids, 8);
    unsigned there = 0;
    for (size_t i = 0; i < old && i < 8; i++) {
        snprintf(folder, sizeof(folder), "%s/journal/%020llu", scene.path,
                 (unsigned long long)ids[i]);
        there += access(folder, F_OK) == 0;
    }
    return there;
}

static void run(char *const argv[])
{
    extern char **environ;
    pid_t child;
    int how;
    assert_int_equal(posix_spawnp(&child, argv[0], NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
}

static void rows_appear_in_closed_files_when_they_are_due(void **state)
{
    (void)state;
    append(0, 1, 10);
    commit(0);
    step();
    look();
    assert_int_equal(scene.files, 0);
    assert_int_equal(lake_next_roll_ms(scene.lake), 1000);
    scene.now_ms += 1000;
    step();
    look();
    each_of(1, 10, 1);
    assert_int_equal(scene.files, 1);
    assert_int_equal(scene.unfinished, 0);
    assert_non_null(strstr(scene.last_folder, "/raw/date=2025-11-24/hour=00"));
    assert_int_equal(lake_next_roll_ms(scene.lake), -1);
    assert_int_equal(lake_counts(scene.lake)->stored, 10);
}

static void what_is_not_committed_stays_out(void **state)
{
    (void)state;
    append(0, 1, 5);
    drain();
    look();
    each_of(1, 5, 0);
    commit(0);
    drain();
    look();
    each_of(1, 5, 1);
}

static void re_sends_are_dropped_across_workers_rolls_and_restarts(void **state)
{
    (void)state;
    append(0, 1, 20);
    append(1, 10, 20);
    commit(1);
    commit(0);
    drain();
    append(1, 1, 40);
    commit(1);
    drain();
    close_all();
    open_all();
    append(0, 1, 50);
    commit(0);
    drain();
    look();
    each_of(1, 50, 1);
    assert_int_equal(lake_counts(scene.lake)->duplicates, 40);
}

static void nothing_is_stored_ahead_of_a_lower_number_in_flight(void **state)
{
    (void)state;
    append(0, 1, 1); /* the lower number, not yet durable */
    append(1, 1, 1);
    commit(1);
    struct fault fault = {0};
    assert_int_equal(lake_drain(scene.lake, &fault), STATUS_BUSY);
    look();
    each_of(1, 1, 0);
    commit(0);
    drain();
    look();
    each_of(1, 1, 1);
}

/* A frame was looked at and had to wait; what its stream got meanwhile must not be passed by. */
static void what_came_behind_a_frame_that_waited_is_taken_with_it(void **state)
{
    (void)state;
    append(1, 1, 1); /* in flight: holds everything back */
    append(0, 2, 1);
    commit(0);
    step();
    append(0, 3, 1);
    commit(0);
    commit(1);
    drain();
    look();
    each_of(1, 3, 1);
}

static void what_an_earlier_start_left_is_taken_and_its_streams_go(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        append(i % 2, i * 10, 10);
        commit(i % 2);
    }
    close_all();
    open_all();
    assert_int_equal(journal_files(), 2);
    drain();
    look();
    each_of(0, 999, 1);
    assert_int_equal(journal_files(), 0);
}

static void an_hour_has_its_own_file(void **state)
{
    (void)state;
    append(0, 1, 5);
    commit(0);
    scene.now_ms += HOUR_MS;
    append(0, 6, 5);
    commit(0);
    scene.now_ms -= HOUR_MS; /* the clock was set back */
    append(0, 11, 5);
    commit(0);
    drain();
    look();
    each_of(1, 15, 1);
    assert_int_equal(scene.files, 3);
}

static void quarantine_is_a_tree_of_its_own(void **state)
{
    (void)state;
    append(0, 1, 3);
    append_kind(0, 4, 3, FRAME_QUARANTINED);
    append_kind(0, 4, 3, FRAME_QUARANTINED); /* never de-duplicated: nobody knows what it is */
    commit(0);
    drain();
    look();
    each_of(1, 3, 1);
    each_of(4, 6, 0);
    assert_int_equal(scene.quarantined, 6);
}

static void a_full_quarantine_drops_and_counts_and_the_rest_goes_on(void **state)
{
    (void)state;
    scene.log.level = (enum logger_level) - 1;
    for (uint64_t i = 0; i < 60; i++) {
        append_kind(0, 1000 + i * 10, 10, FRAME_QUARANTINED);
        append(0, i, 1);
        commit(0);
    }
    drain();
    look();
    each_of(0, 59, 1);
    assert_true(scene.quarantined > 200 && scene.quarantined < 600);
    assert_int_equal(scene.quarantined + lake_counts(scene.lake)->quarantine_dropped, 600);
}

static void what_is_taken_out_of_a_full_quarantine_is_room_again(void **state)
{
    (void)state;
    char quarantine[128];
    uint64_t number = 1000;
    scene.log.level = (enum logger_level) - 1;
    snprintf(quarantine, sizeof(quarantine), "%s/lake/quarantine", scene.path);
    for (size_t i = 0; i < 2; i++) {
        uint64_t dropped = lake_counts(scene.lake)->quarantine_dropped;
        for (size_t n = 0; n < 60; n++, number += 10) {
            append_kind(0, number, 10, FRAME_QUARANTINED);
            commit(0);
        }
        drain();
        look();
        assert_true(lake_counts(scene.lake)->quarantine_dropped > dropped);
        assert_true(scene.quarantined > 0);
        /* Hours of it, as retention and replay do; the folder itself stays. */
        run((char *[]){"find", quarantine, "-mindepth", "1", "-delete", NULL});
        scene.now_ms += QUARANTINE_ROOM_LOOK_MS;
    }
}

static void cut_off_before_a_part_is_closed_repeats_it_whole(void **state)
{
    (void)state;
    append(0, 1, 30);
    commit(0);
    step();
    lake_close(scene.lake); /* nothing was closed */
    scene.lake = NULL;
    close_all();
    open_all();
    drain();
    look();
    each_of(1, 30, 1);
    assert_int_equal(scene.unfinished, 0);
}

/* Puts the journal back as it was before the lake took it, and removes what is saved after parts:
 * the state of a power cut between closing parts and saving keys and cursor. */
static void cut_off_after_parts_were_closed_repeats_nothing(void **state)
{
    (void)state;
    append(0, 1, 30);
    append_kind(0, 31, 2, FRAME_QUARANTINED);
    append(1, 101, 30);
    commit(0);
    commit(1);
    char journal[128];
    char copy[128];
    char cursor[128];
    char keys[128];
    char quarantine[128];
    snprintf(journal, sizeof(journal), "%s/journal", scene.path);
    snprintf(copy, sizeof(copy), "%s/copy", scene.path);
    snprintf(cursor, sizeof(cursor), "%s/lake/CURSOR", scene.path);
    snprintf(keys, sizeof(keys), "%s/lake/keys", scene.path);
    snprintf(quarantine, sizeof(quarantine), "%s/lake/quarantine", scene.path);
    close_all();
    run((char *[]){"cp", "-r", journal, copy, NULL});
    open_all();
    drain();
    close_all();
    run((char *[]){"rm", "-r", journal, cursor, keys, quarantine, NULL});
    run((char *[]){"mv", copy, journal, NULL});

    open_all();
    append(0, 1, 65); /* all of them once more, and some new ones: only those are stored */
    append(0, 66, 65);
    commit(0);
    drain();
    look();
    each_of(1, 130, 1);
    assert_int_equal(scene.quarantined, 2);
}

static void the_cursor_forgets_streams_that_are_gone(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 16);
    for (uint64_t start = 0; start < 20; start++) {
        append(0, start, 1);
        commit(0);
        close_all();
        open_all();
        drain();
    }
    assert_int_equal(file_read(scene.data.fd, "lake/CURSOR", &text, NULL), STATUS_OK);
    size_t lines = 0;
    struct view rest = buf_view(&text);
    while (rest.len > 0) {
        view_cut(&rest, '\n');
        lines++;
    }
    assert_true(lines <= 2 * WORKERS);
    buf_free(&text);
    look();
    each_of(0, 19, 1);
}

static void damage_in_the_journal_is_counted_and_the_rest_stored(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        append(0, i * 10, 10);
        commit(0);
    }
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    close_all();
    char file[160];
    snprintf(file, sizeof(file), "%s/journal/%020llu/0000000001.seg", scene.path,
             (unsigned long long)stream);
    int fd = open(file, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, (off_t)offset / 2), 1);
    close(fd);
    open_all();
    scene.log.level = (enum logger_level) - 1;
    drain();
    look();
    each_of(0, 9, 1);
    each_of(10, 19, 0);
    each_of(20, 29, 1);
    assert_int_equal(lake_counts(scene.lake)->damaged, 1);
}

static void a_lake_that_cannot_write_goes_back_and_loses_nothing(void **state)
{
    (void)state;
    char raw[128];
    char away[128];
    snprintf(raw, sizeof(raw), "%s/lake/raw/date=2025-11-24", scene.path);
    snprintf(away, sizeof(away), "%s/away", scene.path);
    append(0, 1, 10);
    commit(0);
    drain();
    /* A file stands where the folder of the day was. */
    assert_int_equal(rename(raw, away), 0);
    int fd = open(raw, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    append(0, 11, 10);
    commit(0);
    struct fault fault = {0};
    for (int i = 0; i < 3; i++) {
        assert_true(lake_drain(scene.lake, &fault) != STATUS_OK);
        assert_true(fault.text[0] != 0);
    }
    append(0, 21, 10);
    commit(0);
    assert_int_equal(unlink(raw), 0);
    assert_int_equal(rename(away, raw), 0);
    drain();
    look();
    each_of(1, 30, 1);
}

static bool has_reserve(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/lake/_reserve", scene.path);
    return access(path, F_OK) == 0;
}

/* A disk of its own, as small as that; false where this process may not mount one. */
static bool mount_small_disk(const char *size)
{
    char options[32];
    snprintf(options, sizeof(options), "size=%s", size);
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", scene.path, "tmpfs", 0, options) == 0;
}

static void fill_disk(const char *path)
{
    static const char block[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof(block)) > 0) {
    }
    close(fd);
}

static void a_disk_that_something_else_filled_is_left_by_the_reserve(void **state)
{
    (void)state;
    char junk[128];
    close_all();
    if (!mount_small_disk("64m")) {
        print_message("skipped: a disk of its own cannot be mounted here\n");
        open_all();
        return;
    }
    open_all();
    assert_true(has_reserve());
    append(0, 1, 100);
    commit(0);
    snprintf(junk, sizeof(junk), "%s/junk", scene.path);
    fill_disk(junk);
    drain();
    look();
    each_of(1, 100, 1);
    assert_false(has_reserve());
    assert_int_equal(unlink(junk), 0);
    append(0, 101, 100);
    commit(0);
    drain();
    look();
    each_of(1, 200, 1);
    assert_true(has_reserve());
    close_all();
    assert_int_equal(umount(scene.path), 0);
    open_all();
}

static void how_long_something_waits_for_a_closed_part_is_told(void **state)
{
    (void)state;
    const struct lake_counts *counts = lake_counts(scene.lake);
    step();
    assert_int_equal(counts->behind_since_ms, 0);
    append(0, 1, 10);
    commit(0);
    scene.now_ms += 5;
    step();
    assert_int_equal(counts->behind_since_ms, START_MS + 5);
    scene.now_ms += 100;
    step();
    assert_int_equal(counts->behind_since_ms, START_MS + 5);
    scene.now_ms += 1000;
    step();
    assert_int_equal(counts->behind_since_ms, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_appear_in_closed_files_when_they_are_due),
        CASE(what_is_not_committed_stays_out),
        CASE(re_sends_are_dropped_across_workers_rolls_and_restarts),
        CASE(nothing_is_stored_ahead_of_a_lower_number_in_flight),
        CASE(what_came_behind_a_frame_that_waited_is_taken_with_it),
        CASE(what_an_earlier_start_left_is_taken_and_its_streams_go),
        CASE(an_hour_has_its_own_file),
        CASE(quarantine_is_a_tree_of_its_own),
        CASE(a_full_quarantine_drops_and_counts_and_the_rest_goes_on),
        CASE(what_is_taken_out_of_a_full_quarantine_is_room_again),
        CASE(cut_off_before_a_part_is_closed_repeats_it_whole),
        CASE(cut_off_after_parts_were_closed_repeats_nothing),
        CASE(the_cursor_forgets_streams_that_are_gone),
        CASE(damage_in_the_journal_is_counted_and_the_rest_stored),
        CASE(a_lake_that_cannot_write_goes_back_and_loses_nothing),
        CASE(how_long_something_waits_for_a_closed_part_is_told),
        CASE(a_disk_that_something_else_filled_is_left_by_the_reserve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
