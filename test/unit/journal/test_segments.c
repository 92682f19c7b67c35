/* The writer and the reader of a stream, together, with a disk that fails on demand. */
#include "journal/segment_writer.h"
#include "journal/stream_reader.h"

#include "../temporary.h"
#include "base/file.h"

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

enum { SEQ_MAX = 1000 };

struct scene {
    struct temporary folder;
    int fd;
    struct clock clock;
    int writes_until_failure; /* counted down; the write that brings it to 0 fails; <0: never */
    int syncs_until_failure;
    bool stays_broken;
    struct segment_writer *writer;
    unsigned char seen[SEQ_MAX];
    unsigned damage_calls;
    uint64_t damage_offset;
    struct stream_report report;
};

static struct scene scene;

static bool fails(int *countdown)
{
    if (*countdown < 0) {
        return false;
    }
    if (*countdown > 0) {
        (*countdown)--;
    }
    bool now = *countdown == 0;
    if (now && !scene.stays_broken) {
        *countdown = -1;
    }
    return now;
}

static enum status failing_write(void *self, int fd, struct view bytes, uint64_t offset,
                                 struct fault *fault)
{
    (void)self;
    if (fails(&scene.writes_until_failure)) {
        /* Half of it arrives. */
        enum status ignored = file_write_at(fd, view_part(bytes, 0, bytes.len / 2), offset, fault);
        (void)ignored;
        return fault_set(fault, STATUS_FULL, "no space (test)");
    }
    return file_write_at(fd, bytes, offset, fault);
}

static enum status failing_sync(void *self, int fd, struct fault *fault)
{
    (void)self;
    (void)fd;
    return fails(&scene.syncs_until_failure) ? fault_set(fault, STATUS_IO, "sync failed (test)")
                                             : STATUS_OK;
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){
        .clock = clock_system(), .writes_until_failure = -1, .syncs_until_failure = -1};
    if (temporary_make(&scene.folder) != 0) {
        return -1;
    }
    scene.fd = scene.folder.fd;
    struct segment_writer_options options = {
        .stream = 77,
        .segment_bytes = 2000,
        .gather_bytes = 64 * 1024,
        .clock = &scene.clock,
        .disk = {.write_at = failing_write, .sync = failing_sync},
    };
    if (segment_writer_open(&scene.writer, &options, NULL) != STATUS_OK) {
        return -1;
    }
    segment_writer_set_folder(scene.writer, scene.fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    segment_writer_close(scene.writer);
    return temporary_remove(&scene.folder);
}

static enum status append(uint64_t seq)
{
    char row[64];
    snprintf(row, sizeof(row), "{\"ingest_seq\":%d,\"pad\":\"0123456789012345\"}", (int)seq);
    struct frame_event event = {.ingest_seq = seq, .kind = FRAME_EVENT, .row = view_from_text(row)};
    return segment_writer_append(scene.writer, &event, 1, NULL);
}

static enum status keep(uint64_t seq)
{
    assert_int_equal(append(seq), STATUS_OK);
    return segment_writer_commit(scene.writer, NULL);
}

static void note_frame(const struct stream_place *place, const struct frame *frame)
{
    assert_true(place->offset >= FRAME_SEGMENT_HEADER_BYTES);
    struct view body = frame->body;
    struct frame_event event;
    while (frame_next_event(&body, &event) == STATUS_OK) {
        assert_true(event.ingest_seq < SEQ_MAX);
        scene.seen[event.ingest_seq]++;
    }
}

static void note_damage(void *self, const char *file, uint64_t offset, uint64_t end,
                        const char *reason)
{
    (void)self;
    (void)end;
    assert_non_null(file);
    assert_true(reason[0] != 0);
    scene.damage_calls++;
    scene.damage_offset = offset;
}

static void read_on(struct stream_reader *reader)
{
    struct stream_place place;
    struct frame frame;
    struct fault fault = {0};
    enum status status;
    while ((status = stream_reader_next(reader, &place, &frame, &fault)) == STATUS_OK) {
        note_frame(&place, &frame);
    }
    assert_int_equal(status, STATUS_END);
}

static void read_stream(void)
{
    memset(scene.seen, 0, sizeof(scene.seen));
    scene.damage_calls = 0;
    struct stream_reader *reader;
    assert_int_equal(stream_reader_open(&reader, scene.fd, note_damage, NULL, NULL), STATUS_OK);
    read_on(reader);
    scene.report = *stream_reader_report(reader);
    assert_int_equal(scene.damage_calls, scene.report.damaged_places);
    assert_int_equal(stream_reader_needs(reader), scene.report.last_number + 1);
    stream_reader_close(reader);
}

static void each_of(uint64_t first, uint64_t last, unsigned times)
{
    for (uint64_t seq = first; seq <= last; seq++) {
        assert_int_equal(scene.seen[seq], times);
    }
}

static void what_was_committed_is_read_over_many_segments(void **state)
{
    (void)state;
    for (uint64_t seq = 1; seq <= 100; seq++) {
        assert_int_equal(keep(seq), STATUS_OK);
    }
    read_stream();
    each_of(1, 100, 1);
    assert_true(scene.report.last_number > 5);
    assert_int_equal(scene.report.damaged_places, 0);
    assert_int_equal(scene.report.torn_bytes, 0);
    uint32_t number;
    uint64_t offset;
    segment_writer_durable(scene.writer, &number, &offset);
    assert_int_equal(number, scene.report.last_number);
    assert_int_equal(offset, scene.report.last_offset);
}

static void nothing_is_written_before_commit(void **state)
{
    (void)state;
    assert_int_equal(append(1), STATUS_OK);
    read_stream();
    assert_int_equal(scene.report.frames, 0);
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    read_stream();
    each_of(1, 1, 1);
}

static void a_torn_tail_is_cut_at_every_byte(void **state)
{
    (void)state;
    assert_int_equal(keep(1), STATUS_OK);
    uint32_t number;
    uint64_t sound;
    segment_writer_durable(scene.writer, &number, &sound);
    assert_int_equal(keep(2), STATUS_OK);
    uint64_t end;
    segment_writer_durable(scene.writer, &number, &end);
    int fd = openat(scene.fd, "0000000001.seg", O_RDWR);
    for (uint64_t size = end - 1; size >= sound; size--) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        read_stream();
        each_of(1, 1, 1);
        each_of(2, 2, 0);
        assert_int_equal(scene.report.last_offset, sound);
        assert_int_equal(scene.report.torn_bytes, size - sound);
        assert_int_equal(scene.report.damaged_places, 0);
    }
    close(fd);
}

static void a_flipped_bit_costs_its_own_frame_and_is_named(void **state)
{
    (void)state;
    assert_int_equal(keep(1), STATUS_OK);
    uint32_t number;
    uint64_t start;
    segment_writer_durable(scene.writer, &number, &start);
    assert_int_equal(keep(2), STATUS_OK);
    assert_int_equal(keep(3), STATUS_OK);
    int fd = openat(scene.fd, "0000000001.seg", O_RDWR);
    char byte;
    assert_int_equal(pread(fd, &byte, 1, (off_t)start + 40), 1);
    byte = (char)(byte ^ 4);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)start + 40), 1);
    close(fd);
    read_stream();
    each_of(1, 1, 1);
    each_of(2, 2, 0);
    each_of(3, 3, 1);
    assert_int_equal(scene.damage_calls, 1);
    assert_int_equal(scene.damage_offset, start);
}

static void a_failed_sync_moves_on_to_a_new_segment_and_repeats_nothing(void **state)
{
    (void)state;
    assert_int_equal(keep(1), STATUS_OK);
    scene.syncs_until_failure = 1;
    assert_int_equal(keep(2), STATUS_OK);
    assert_int_equal(keep(3), STATUS_OK);
    read_stream();
    each_of(1, 3, 1);
    assert_int_equal(scene.report.last_number, 2);
    assert_int_equal(scene.report.damaged_places, 0);
}

static void a_full_disk_fails_the_commit_and_collection_goes_on_when_it_is_over(void **state)
{
    (void)state;
    assert_int_equal(keep(1), STATUS_OK);
    scene.writes_until_failure = 1;
    scene.stays_broken = true;
    assert_int_equal(keep(2), STATUS_FULL);
    assert_int_equal(keep(3), STATUS_FULL);
    scene.writes_until_failure = -1;
    assert_int_equal(keep(4), STATUS_OK);
    read_stream();
    each_of(1, 1, 1);
    each_of(2, 3, 0);
    each_of(4, 4, 1);
    assert_int_equal(scene.report.damaged_places, 0);
}

static void a_refused_commit_is_never_read_even_when_its_bytes_arrived(void **state)
{
    (void)state;
    assert_int_equal(keep(1), STATUS_OK);
    scene.syncs_until_failure = 1;
    scene.stays_broken = true;
    assert_int_equal(keep(2), STATUS_IO);
    scene.syncs_until_failure = -1;
    assert_int_equal(keep(3), STATUS_OK);
    read_stream();
    each_of(1, 1, 1);
    each_of(2, 2, 0);
    each_of(3, 3, 1);
    assert_int_equal(scene.report.damaged_places, 0);
}

static void set_limit(struct stream_reader *reader)
{
    uint32_t number;
    uint64_t offset;
    segment_writer_durable(scene.writer, &number, &offset);
    assert_int_equal(stream_reader_limit(reader, number, offset, NULL), STATUS_OK);
}

static void follow(struct stream_reader *reader)
{
    set_limit(reader);
    read_on(reader);
}

static void read_one(struct stream_reader *reader)
{
    struct stream_place place;
    struct frame frame;
    enum status status = stream_reader_next(reader, &place, &frame, NULL);
    if (status == STATUS_OK) {
        note_frame(&place, &frame);
    } else {
        assert_int_equal(status, STATUS_END);
    }
}

static void a_live_stream_is_followed_over_segments_and_failures(void **state)
{
    (void)state;
    struct stream_reader *reader;
    assert_int_equal(stream_reader_open(&reader, scene.fd, note_damage, NULL, NULL), STATUS_OK);
    follow(reader);
    for (uint64_t seq = 1; seq <= 60; seq++) {
        scene.syncs_until_failure = seq % 7 == 0 ? 1 : -1;
        assert_int_equal(keep(seq), STATUS_OK);
        follow(reader);
        each_of(seq, seq, 1);
    }
    each_of(1, 60, 1);
    assert_int_equal(scene.damage_calls, 0);
    assert_int_equal(stream_reader_needs(reader), stream_reader_report(reader)->last_number);
    stream_reader_close(reader);
}

static void what_is_not_durable_is_not_read(void **state)
{
    (void)state;
    struct stream_reader *reader;
    assert_int_equal(keep(1), STATUS_OK);
    uint32_t number;
    uint64_t offset;
    segment_writer_durable(scene.writer, &number, &offset);
    assert_int_equal(keep(2), STATUS_OK);
    assert_int_equal(stream_reader_open(&reader, scene.fd, note_damage, NULL, NULL), STATUS_OK);
    assert_int_equal(stream_reader_limit(reader, number, offset, NULL), STATUS_OK);
    read_on(reader);
    each_of(1, 1, 1);
    each_of(2, 2, 0);
    follow(reader);
    each_of(1, 2, 1);
    stream_reader_close(reader);
}

/* Frames stay with the reader while what they wait for is in flight elsewhere: the stream goes on
 * by segments meanwhile. */
static void a_reader_that_lags_behind_misses_nothing(void **state)
{
    (void)state;
    for (uint64_t frames_a_time = 0; frames_a_time < 12; frames_a_time++) {
        struct stream_reader *reader;
        uint64_t first = frames_a_time * 60 + 1;
        assert_int_equal(stream_reader_open(&reader, scene.fd, note_damage, NULL, NULL), STATUS_OK);
        for (uint64_t seq = first; seq < first + 60; seq++) {
            assert_int_equal(keep(seq), STATUS_OK);
            set_limit(reader);
            for (uint64_t i = 0; i < frames_a_time && seq % 5 == 0; i++) {
                read_one(reader);
            }
            /* Headers are looked at although no frame is taken. */
            if (frames_a_time == 0 && seq == first) {
                read_one(reader);
            }
        }
        follow(reader);
        each_of(first, first + 59, (unsigned)1);
        stream_reader_close(reader);
        memset(scene.seen, 0, sizeof(scene.seen));
    }
    assert_int_equal(scene.damage_calls, 0);
}

/* A folder that is listed while files come into it may show the later of two and not the earlier.
 */
static void a_segment_that_a_listing_did_not_show_is_read(void **state)
{
    (void)state;
    struct stream_reader *reader;
    for (uint64_t seq = 1; seq <= 60; seq++) {
        assert_int_equal(keep(seq), STATUS_OK);
    }
    assert_int_equal(renameat(scene.fd, "0000000002.seg", scene.fd, "away"), 0);
    assert_int_equal(stream_reader_open(&reader, scene.fd, note_damage, NULL, NULL), STATUS_OK);
    assert_int_equal(stream_reader_limit(reader, 1, FRAME_SEGMENT_HEADER_BYTES, NULL), STATUS_OK);
    read_on(reader);
    assert_int_equal(renameat(scene.fd, "away", scene.fd, "0000000002.seg"), 0);
    follow(reader);
    each_of(1, 60, 1);
    stream_reader_close(reader);
}

/* Of a tail beyond what was promised nothing is said; below that everything is. */
static void damage_below_the_limit_is_named_also_at_the_end(void **state)
{
    (void)state;
    struct stream_reader *reader;
    assert_int_equal(keep(1), STATUS_OK);
    assert_int_equal(keep(2), STATUS_OK);
    uint32_t number;
    uint64_t offset;
    segment_writer_durable(scene.writer, &number, &offset);
    int fd = openat(scene.fd, "0000000001.seg", O_RDWR);
    assert_int_equal(file_write_at(fd, VIEW_LITERAL("x"), offset - 9, NULL), STATUS_OK);
    close(fd);
    assert_int_equal(stream_reader_open(&reader, scene.fd, note_damage, NULL, NULL), STATUS_OK);
    assert_int_equal(stream_reader_limit(reader, number, offset, NULL), STATUS_OK);
    read_on(reader);
    each_of(1, 1, 1);
    each_of(2, 2, 0);
    assert_int_equal(scene.damage_calls, 1);
    stream_reader_close(reader);
}

static void a_segment_that_was_removed_is_written_again_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(keep(1), STATUS_OK);
    assert_int_equal(unlinkat(scene.fd, "0000000001.seg", 0), 0);
    assert_int_equal(keep(2), STATUS_OK);
    read_stream();
    each_of(2, 2, 1);
}

static void many_events_of_one_request_are_one_frame(void **state)
{
    (void)state;
    struct frame_event events[50];
    for (int i = 0; i < 50; i++) {
        events[i] = (struct frame_event){
            .ingest_seq = (uint64_t)i + 1, .kind = FRAME_EVENT, .row = VIEW_LITERAL("{}")};
    }
    assert_int_equal(segment_writer_append(scene.writer, events, 50, NULL), STATUS_OK);
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    read_stream();
    each_of(1, 50, 1);
    assert_int_equal(scene.report.frames, 1);
}

static void what_is_too_big_leaves_the_rest_untouched(void **state)
{
    (void)state;
    static char row[70 * 1024];
    memset(row, '1', sizeof(row));
    struct frame_event event = {
        .ingest_seq = 9, .kind = FRAME_EVENT, .row = view_make(row, sizeof(row))};
    assert_int_equal(append(1), STATUS_OK);
    assert_int_equal(segment_writer_append(scene.writer, &event, 1, NULL), STATUS_TOO_BIG);
    assert_int_equal(append(2), STATUS_OK);
    assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    read_stream();
    each_of(1, 2, 1);
    each_of(9, 9, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_committed_is_read_over_many_segments),
        CASE(nothing_is_written_before_commit),
        CASE(a_torn_tail_is_cut_at_every_byte),
        CASE(a_flipped_bit_costs_its_own_frame_and_is_named),
        CASE(a_failed_sync_moves_on_to_a_new_segment_and_repeats_nothing),
        CASE(a_full_disk_fails_the_commit_and_collection_goes_on_when_it_is_over),
        CASE(a_refused_commit_is_never_read_even_when_its_bytes_arrived),
        CASE(a_live_stream_is_followed_over_segments_and_failures),
        CASE(what_is_not_durable_is_not_read),
        CASE(a_reader_that_lags_behind_misses_nothing),
        CASE(a_segment_that_a_listing_did_not_show_is_read),
        CASE(damage_below_the_limit_is_named_also_at_the_end),
        CASE(a_segment_that_was_removed_is_written_again_elsewhere),
        CASE(many_events_of_one_request_are_one_frame),
        CASE(what_is_too_big_leaves_the_rest_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
