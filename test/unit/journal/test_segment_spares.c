/* Spare segments by themselves, and a writer and a reader that meet recycled ones. */
#include "journal/segment_spares.h"
#include "journal/segment_writer.h"

#include "../temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stream_seen.h"

enum { SEGMENT_BYTES = 4096 };

struct scene {
    struct temporary folder;
    struct clock clock;
    int64_t now_ms;
    int64_t ms_a_look; /* how much later it is each time somebody asks */
    struct segment_spares *spares;
    struct segment_writer *writer;
    struct stream_seen seen;
};

static struct scene scene;

static int64_t held_now(void *self)
{
    (void)self;
    scene.now_ms += scene.ms_a_look;
    return scene.now_ms;
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){.now_ms = 1};
    scene.clock = (struct clock){.now_ms = held_now, .monotonic_ms = held_now};
    if (temporary_make(&scene.folder) != 0 ||
        segment_spares_create(&scene.spares, SEGMENT_BYTES, &scene.clock, NULL) != STATUS_OK) {
        return -1;
    }
    struct segment_writer_options options = {
        .stream = 5,
        .segment_bytes = SEGMENT_BYTES,
        .gather_bytes = 64 * 1024,
        .clock = &scene.clock,
        .spares = scene.spares,
        .disk = segment_disk_real(),
    };
    if (segment_writer_open(&scene.writer, &options, NULL) != STATUS_OK) {
        return -1;
    }
    segment_spares_set_folder(scene.spares, scene.folder.fd);
    segment_writer_set_folder(scene.writer, scene.folder.fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    segment_writer_close(scene.writer);
    segment_spares_destroy(scene.spares);
    return temporary_remove(&scene.folder);
}

static off_t size_of(const char *name)
{
    struct stat facts;
    return fstatat(scene.folder.fd, name, &facts, 0) == 0 ? facts.st_size : -1;
}

static void append(uint64_t seq)
{
    char row[300];
    snprintf(row, sizeof(row), "{\"ingest_seq\":%d,\"pad\":\"%0200d\"}", (int)seq, (int)seq);
    struct frame_event event = {.ingest_seq = seq, .kind = FRAME_EVENT, .row = view_from_text(row)};
    assert_int_equal(segment_writer_append(scene.writer, &event, 1, NULL), STATUS_OK);
}

static void keep(uint64_t seq)
{
    append(seq);
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
}

static void read_stream(void)
{
    stream_seen_read(&scene.seen, scene.folder.fd);
}

static void prepare(void)
{
    assert_int_equal(segment_spares_prepare(scene.spares, NULL), STATUS_OK);
}

static bool take(uint32_t number)
{
    bool is_safe;
    bool is_taken = segment_spares_take(scene.spares, number, &is_safe);
    assert_true(is_safe || !is_taken);
    return is_taken;
}

static void a_prepared_file_is_as_long_as_a_segment(void **state)
{
    (void)state;
    assert_true(segment_spares_wants(scene.spares));
    prepare();
    assert_false(segment_spares_has(scene.spares, 1));
    prepare();
    assert_true(segment_spares_has(scene.spares, 1));
    assert_int_equal(size_of("0000000001.seg"), SEGMENT_BYTES);
    assert_true(take(1));
    assert_false(take(1));
}

static void one_file_with_the_next_name_and_one_more_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(segment_spares_wants(scene.spares));
        prepare();
    }
    assert_false(segment_spares_wants(scene.spares));
    assert_true(take(1));
    assert_true(segment_spares_wants(scene.spares));
    prepare();
    assert_true(segment_spares_has(scene.spares, 2));
}

static void a_number_the_writer_made_itself_is_never_given_away(void **state)
{
    (void)state;
    prepare();
    assert_false(take(7));
    prepare();
    assert_true(segment_spares_has(scene.spares, 8));
    assert_false(take(7));
    assert_true(take(8));
}

static void a_slow_disk_gets_no_zeros_for_a_second(void **state)
{
    (void)state;
    scene.ms_a_look = 300;
    prepare();
    prepare();
    scene.ms_a_look = 0;
    assert_false(segment_spares_wants(scene.spares));
    scene.now_ms += 1000;
    assert_true(segment_spares_wants(scene.spares));
}

static void old_frames_of_a_recycled_segment_are_never_read(void **state)
{
    (void)state;
    for (uint64_t seq = 1; seq <= 20; seq++) {
        keep(seq); /* segment 1 is full at 14 or so */
    }
    assert_true(
        segment_spares_give(scene.spares, "0000000001.seg", (size_t)size_of("0000000001.seg")));
    assert_int_equal(size_of("0000000001.seg"), -1);
    prepare();
    prepare();
    for (uint64_t seq = 21; seq <= 32; seq++) {
        keep(seq); /* into the recycled file, which is longer than what it holds now */
    }
    assert_int_equal(size_of("0000000003.seg"), SEGMENT_BYTES);
    read_stream();
    assert_int_equal(scene.seen.damage_calls, 0);
    assert_int_equal(scene.seen.report.torn_bytes, 0);
    for (uint64_t seq = 33; seq <= 45; seq++) {
        append(seq); /* at once: too much for that file, which stays half old */
    }
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    read_stream();
    assert_int_equal(scene.seen.report.last_number, 4);
    for (uint64_t seq = 21; seq <= 45; seq++) {
        assert_int_equal(scene.seen.times[seq], 1);
    }
    assert_int_equal(scene.seen.times[1], 0);
    assert_int_equal(scene.seen.damage_calls, 0);
    assert_int_equal(scene.seen.report.torn_bytes, 0);
}

static void a_prepared_segment_without_its_header_holds_nothing(void **state)
{
    (void)state;
    keep(1);
    prepare();
    prepare();
    assert_true(segment_spares_has(scene.spares, 2));
    read_stream();
    assert_int_equal(scene.seen.times[1], 1);
    assert_int_equal(scene.seen.damage_calls, 0);
}

static void flip(uint64_t offset)
{
    char byte;
    int fd = openat(scene.folder.fd, "0000000001.seg", O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte = (char)(byte ^ 4);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
}

/* The next segment's file stands there already when the power goes. */
static void a_torn_tail_before_a_prepared_segment_is_no_damage(void **state)
{
    (void)state;
    uint32_t number;
    uint64_t offset;
    keep(1);
    segment_writer_durable(scene.writer, &number, &offset);
    keep(2);
    prepare();
    prepare();
    flip(offset + 40);
    read_stream();
    assert_int_equal(scene.seen.times[1], 1);
    assert_int_equal(scene.seen.times[2], 0);
    assert_int_equal(scene.seen.damage_calls, 0);
    assert_true(scene.seen.report.torn_bytes > 0);
}

/* One commit of three frames, of which a power cut kept the last two only. */
static void a_hole_in_the_last_commit_is_a_torn_tail(void **state)
{
    (void)state;
    uint32_t number;
    uint64_t offset;
    keep(1);
    segment_writer_durable(scene.writer, &number, &offset);
    for (uint64_t seq = 2; seq <= 4; seq++) {
        append(seq);
    }
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    flip(offset + 40);
    read_stream();
    assert_int_equal(scene.seen.times[1], 1);
    assert_int_equal(scene.seen.times[3], 0);
    assert_int_equal(scene.seen.damage_calls, 0);
}

static void a_hole_that_another_commit_follows_is_damage(void **state)
{
    (void)state;
    uint32_t number;
    uint64_t offset;
    keep(1);
    segment_writer_durable(scene.writer, &number, &offset);
    append(2);
    append(3);
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    keep(4);
    flip(offset + 40);
    read_stream();
    assert_int_equal(scene.seen.damage_calls, 1);
    assert_int_equal(scene.seen.times[2], 0);
    assert_int_equal(scene.seen.times[3], 1);
    assert_int_equal(scene.seen.times[4], 1);
}

static void a_segment_taken_back_while_it_is_read_is_no_damage(void **state)
{
    (void)state;
    for (uint64_t seq = 1; seq <= 20; seq++) {
        keep(seq);
    }
    struct stream_reader *reader;
    struct stream_place place;
    struct frame frame;
    scene.seen.damage_calls = 0;
    assert_int_equal(
        stream_reader_open(&reader, scene.folder.fd, stream_seen_damage, &scene.seen, NULL),
        STATUS_OK);
    assert_int_equal(stream_reader_next(reader, &place, &frame, NULL), STATUS_OK);
    assert_true(
        segment_spares_give(scene.spares, "0000000001.seg", (size_t)size_of("0000000001.seg")));
    prepare();
    for (uint64_t seq = 21; seq <= 32; seq++) {
        keep(seq);
    }
    while (stream_reader_next(reader, &place, &frame, NULL) == STATUS_OK) {
    }
    stream_reader_close(reader);
    assert_int_equal(scene.seen.damage_calls, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_prepared_file_is_as_long_as_a_segment),
        CASE(one_file_with_the_next_name_and_one_more_are_kept),
        CASE(a_number_the_writer_made_itself_is_never_given_away),
        CASE(a_slow_disk_gets_no_zeros_for_a_second),
        CASE(a_torn_tail_before_a_prepared_segment_is_no_damage),
        CASE(old_frames_of_a_recycled_segment_are_never_read),
        CASE(a_prepared_segment_without_its_header_holds_nothing),
        CASE(a_hole_in_the_last_commit_is_a_torn_tail),
        CASE(a_hole_that_another_commit_follows_is_damage),
        CASE(a_segment_taken_back_while_it_is_read_is_no_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
