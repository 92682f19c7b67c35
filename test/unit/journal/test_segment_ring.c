#include "journal/segment_writer.h"

#include "../temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stream_seen.h"

enum { SEGMENT_BYTES = 64 * 1024 };

static struct {
    struct temporary folder;
    struct clock clock;
    int done_fd;
    struct disk_ring *ring;
    struct segment_spares *spares;
    struct segment_writer *writer;
    unsigned refused;
    struct stream_seen seen;
} scene;

/* A file system that takes direct writes when it is asked, and then refuses them. */
static enum status refuse_direct(void *self, const struct disk_write *write, struct fault *fault)
{
    (void)self;
    (void)write;
    scene.refused++;
    return fault_set(fault, STATUS_IO, "no direct writes here (test)");
}

static int set_up(void **state)
{
    memset(&scene, 0, sizeof(scene));
    scene.clock = clock_system();
    scene.done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct segment_writer_options options = {.stream = 5,
                                             .segment_bytes = SEGMENT_BYTES,
                                             .gather_bytes = 1 << 20,
                                             .clock = &scene.clock,
                                             .is_direct = true,
                                             .disk = segment_disk_real()};
    if (temporary_make(&scene.folder) != 0 ||
        segment_spares_create(&scene.spares, SEGMENT_BYTES, &scene.clock, NULL) != STATUS_OK) {
        return -1;
    }
    options.spares = scene.spares;
    if (*state) {
        options.disk.write_direct = refuse_direct;
    }
    if (segment_writer_open(&scene.writer, &options, NULL) != STATUS_OK) {
        return -1;
    }
    segment_spares_set_folder(scene.spares, scene.folder.fd);
    segment_writer_set_folder(scene.writer, scene.folder.fd);
    struct fault fault = {0};
    if (disk_ring_create(&scene.ring, scene.done_fd, &fault) != STATUS_OK) {
        printf("skipped: %s\n", fault.text);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    disk_ring_destroy(scene.ring);
    segment_writer_close(scene.writer);
    segment_spares_destroy(scene.spares);
    close(scene.done_fd);
    return temporary_remove(&scene.folder);
}

/* Two of them: a file, and its name. */
static void prepare(void)
{
    assert_int_equal(segment_spares_prepare(scene.spares, NULL), STATUS_OK);
    assert_int_equal(segment_spares_prepare(scene.spares, NULL), STATUS_OK);
}

static void append(uint64_t seq)
{
    char row[300];
    snprintf(row, sizeof(row), "{\"ingest_seq\":%d,\"pad\":\"%0200d\"}", (int)seq, (int)seq);
    struct frame_event event = {.ingest_seq = seq, .kind = FRAME_EVENT, .row = view_from_text(row)};
    assert_int_equal(segment_writer_append(scene.writer, &event, 1, NULL), STATUS_OK);
}

static enum status wait_for_ring(void)
{
    enum status status;
    while ((status = disk_ring_end(scene.ring, NULL)) == STATUS_BUSY) {
        struct pollfd done = {.fd = scene.done_fd, .events = POLLIN};
        poll(&done, 1, 10000);
    }
    return status;
}

/* False when the ring was not used. */
static bool keep_by_ring(uint64_t seq)
{
    append(seq);
    segment_writer_detach(scene.writer);
    bool is_started = segment_writer_start(scene.writer, scene.ring);
    if (is_started) {
        assert_int_equal(segment_writer_end_start(scene.writer, wait_for_ring(), NULL), STATUS_OK);
    } else {
        assert_int_equal(segment_writer_write(scene.writer, SEGMENT_SYNC_NOW, NULL), STATUS_OK);
    }
    segment_writer_attach(scene.writer);
    return is_started;
}

static uint64_t durable(uint32_t *number)
{
    uint64_t offset;
    segment_writer_durable(scene.writer, number, &offset);
    return offset;
}

static void read_stream(void)
{
    stream_seen_read(&scene.seen, scene.folder.fd);
}

static void assert_each_once(uint64_t last)
{
    read_stream();
    assert_int_equal(scene.seen.damage_calls, 0);
    for (uint64_t seq = 1; seq <= last; seq++) {
        assert_int_equal(scene.seen.times[seq], 1);
    }
    assert_int_equal(scene.seen.times[last + 1], 0);
}

static void commits_through_the_ring_are_read_back_each_once(void **state)
{
    (void)state;
    uint32_t number;
    if (!scene.ring) {
        skip();
    }
    prepare();
    for (uint64_t seq = 1; seq <= 10; seq++) {
        assert_true(keep_by_ring(seq));
        assert_int_equal(durable(&number) % DISK_BLOCK_BYTES, 0);
    }
    assert_int_equal(number, 1);
    assert_each_once(10);
}

static void it_goes_over_to_the_segment_that_was_prepared(void **state)
{
    (void)state;
    uint32_t number = 0;
    uint64_t seq = 0;
    if (!scene.ring) {
        skip();
    }
    for (int segment = 1; segment <= 4; segment++) {
        prepare();
        /* As many blocks as a segment has, but for its header's. */
        for (int i = 1; i < SEGMENT_BYTES / DISK_BLOCK_BYTES; i++) {
            assert_true(keep_by_ring(++seq));
        }
        durable(&number);
        assert_int_equal(number, segment);
    }
    assert_each_once(seq);
}

static void without_a_prepared_segment_it_says_so_and_comes_back_to_the_ring_later(void **state)
{
    (void)state;
    if (!scene.ring) {
        skip();
    }
    assert_false(keep_by_ring(1));
    assert_false(keep_by_ring(2));
    prepare();
    assert_true(keep_by_ring(3));
    assert_true(keep_by_ring(4));
    assert_each_once(4);
}

static void what_the_ring_did_not_write_goes_into_the_next_segment(void **state)
{
    (void)state;
    uint32_t number;
    if (!scene.ring) {
        skip();
    }
    prepare();
    assert_true(keep_by_ring(1));
    append(2);
    append(3);
    segment_writer_detach(scene.writer);
    assert_true(segment_writer_start(scene.writer, scene.ring));
    /* It stands there, but the disk said that it does not. */
    assert_int_equal(wait_for_ring(), STATUS_OK);
    assert_int_equal(segment_writer_end_start(scene.writer, STATUS_IO, NULL), STATUS_IO);
    assert_int_equal(segment_writer_write(scene.writer, SEGMENT_SYNC_NOW, NULL), STATUS_OK);
    segment_writer_attach(scene.writer);
    durable(&number);
    assert_int_equal(number, 2);
    keep_by_ring(4);
    assert_each_once(4);
}

static void a_first_commit_that_failed_leaves_no_segment(void **state)
{
    (void)state;
    if (!scene.ring) {
        skip();
    }
    prepare();
    append(1);
    segment_writer_detach(scene.writer);
    assert_true(segment_writer_start(scene.writer, scene.ring));
    assert_int_equal(wait_for_ring(), STATUS_OK);
    assert_int_equal(segment_writer_end_start(scene.writer, STATUS_IO, NULL), STATUS_IO);
    struct stat facts;
    assert_int_equal(fstatat(scene.folder.fd, "0000000001.seg", &facts, 0), -1);
    assert_int_equal(segment_writer_write(scene.writer, SEGMENT_SYNC_NOW, NULL), STATUS_OK);
    segment_writer_attach(scene.writer);
    assert_each_once(1);
}

static void a_segment_that_was_removed_is_noticed(void **state)
{
    (void)state;
    if (!scene.ring) {
        skip();
    }
    prepare();
    assert_true(keep_by_ring(1));
    assert_int_equal(unlinkat(scene.folder.fd, "0000000001.seg", 0), 0);
    append(2);
    segment_writer_detach(scene.writer);
    assert_true(segment_writer_start(scene.writer, scene.ring));
    assert_int_equal(segment_writer_end_start(scene.writer, wait_for_ring(), NULL), STATUS_IO);
    assert_int_equal(segment_writer_write(scene.writer, SEGMENT_SYNC_NOW, NULL), STATUS_OK);
    segment_writer_attach(scene.writer);
    read_stream();
    assert_int_equal(scene.seen.times[2], 1);
}

static void refused_direct_writes_go_through_the_page_cache_and_are_given_up(void **state)
{
    (void)state;
    for (uint64_t seq = 1; seq <= 10; seq++) {
        append(seq);
        assert_int_equal(segment_writer_commit(scene.writer, NULL), STATUS_OK);
    }
    assert_int_equal(scene.refused, 3);
    assert_each_once(10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(commits_through_the_ring_are_read_back_each_once),
        CASE(it_goes_over_to_the_segment_that_was_prepared),
        CASE(without_a_prepared_segment_it_says_so_and_comes_back_to_the_ring_later),
        CASE(what_the_ring_did_not_write_goes_into_the_next_segment),
        CASE(a_first_commit_that_failed_leaves_no_segment),
        CASE(a_segment_that_was_removed_is_noticed),
        cmocka_unit_test_prestate_setup_teardown(
            refused_direct_writes_go_through_the_page_cache_and_are_given_up, set_up, tear_down,
            (void *)"refused"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
