#include "journal/journal.h"

#include "../temporary.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "journal/stream_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct scene {
    struct temporary folder;
    const char *path;
    struct clock clock;
    struct data_folder data;
    struct journal *journal;
    uint64_t spool_bytes;
};

static struct scene scene;

static void open_journal(void)
{
    struct fault fault = {0};
    assert_int_equal(data_folder_open(&scene.data, scene.path, DATA_FOLDER_WRITE, &fault),
                     STATUS_OK);
    struct journal_options options = {.data_fd = scene.data.fd,
                                      .workers = 2,
                                      .segment_bytes = 4000,
                                      .gather_bytes = 1 << 20,
                                      .clock = &scene.clock,
                                      .disk = segment_disk_real()};
    assert_int_equal(journal_open(&scene.journal, &options, &fault), STATUS_OK);
}

static void close_journal(void)
{
    journal_close(scene.journal);
    scene.journal = NULL;
    data_folder_close(&scene.data);
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){.clock = clock_system(), .data = {.fd = -1, .lock_fd = -1}};
    int made = temporary_make(&scene.folder);
    scene.path = scene.folder.path;
    return made;
}

static int tear_down(void **state)
{
    (void)state;
    close_journal();
    return temporary_remove(&scene.folder);
}

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    (void)self;
    return buf_append_format(out, "{\"index\":%u,\"ingest_seq\":%llu}", index,
                             (unsigned long long)ingest_seq);
}

static void append(unsigned worker, uint32_t count)
{
    struct frame_event events[100];
    for (uint32_t i = 0; i < count; i++) {
        events[i] = (struct frame_event){.kind = FRAME_EVENT};
    }
    struct fault fault = {0};
    assert_int_equal(journal_append(scene.journal, worker, events, count, write_row, NULL, &fault),
                     STATUS_OK);
}

static void commit(unsigned worker)
{
    assert_int_equal(journal_commit(scene.journal, worker, NULL), STATUS_OK);
}

/* Events in a stream of an earlier start; each row must carry its own number. */
static uint64_t count_events(uint64_t stream)
{
    int fd;
    struct fault fault = {0};
    struct stream_reader *reader;
    assert_int_equal(journal_stream_folder(scene.journal, stream, &fd, &fault), STATUS_OK);
    assert_int_equal(stream_reader_open(&reader, fd, NULL, NULL, &fault), STATUS_OK);
    struct stream_place place;
    struct frame frame;
    while (stream_reader_next(reader, &place, &frame, &fault) == STATUS_OK) {
        struct frame_event event;
        while (frame_next_event(&frame.body, &event) == STATUS_OK) {
            char number[40];
            snprintf(number, sizeof(number), "\"ingest_seq\":%llu}",
                     (unsigned long long)event.ingest_seq);
            assert_true(view_ends_with(event.row, number));
        }
    }
    uint64_t events = stream_reader_report(reader)->events;
    stream_reader_close(reader);
    close(fd);
    return events;
}

/* A disk whose syncs wait until the test lets them go. */
static struct {
    sem_t begun;
    sem_t may_end;
    enum status answer;
} gate;

static enum status plain_write(void *self, int fd, struct view bytes, uint64_t offset,
                               struct fault *fault)
{
    (void)self;
    return file_write_at(fd, bytes, offset, fault);
}

static enum status gated_sync(void *self, int fd, struct fault *fault)
{
    (void)self;
    (void)fd;
    sem_post(&gate.begun);
    sem_wait(&gate.may_end);
    return gate.answer == STATUS_OK ? STATUS_OK : fault_set(fault, gate.answer, "no sync (test)");
}

static void open_gated_journal(void)
{
    struct fault fault = {0};
    sem_init(&gate.begun, 0, 0);
    sem_init(&gate.may_end, 0, 0);
    gate.answer = STATUS_OK;
    assert_int_equal(data_folder_open(&scene.data, scene.path, DATA_FOLDER_WRITE, &fault),
                     STATUS_OK);
    struct journal_options options = {.data_fd = scene.data.fd,
                                      .workers = 1,
                                      .segment_bytes = 4000,
                                      .gather_bytes = 1 << 20,
                                      .spool_bytes = scene.spool_bytes,
                                      .clock = &scene.clock,
                                      .disk = {.write_at = plain_write, .sync = gated_sync}};
    assert_int_equal(journal_open(&scene.journal, &options, &fault), STATUS_OK);
}

static enum status start_commit(void)
{
    enum status status;
    assert_false(journal_commit_start(scene.journal, 0, true, &status, NULL));
    sem_wait(&gate.begun);
    return status;
}

static enum status end_commit(void)
{
    struct pollfd done = {.fd = journal_commit_fd(scene.journal, 0), .events = POLLIN};
    assert_int_equal(poll(&done, 1, -1), 1);
    return journal_commit_end(scene.journal, 0, NULL);
}

/* Hundreds of commits, so that segments are gone over to and those not prepared in time are not
 * waited for. */
static void commits_beside_the_worker_keep_each_event_once(void **state)
{
    (void)state;
    struct fault fault = {0};
    assert_int_equal(data_folder_open(&scene.data, scene.path, DATA_FOLDER_WRITE, &fault),
                     STATUS_OK);
    struct journal_options options = {.data_fd = scene.data.fd,
                                      .workers = 1,
                                      .segment_bytes = 256 * 1024,
                                      .gather_bytes = 1 << 20,
                                      .has_ring = true,
                                      .has_keeper = true,
                                      .clock = &scene.clock,
                                      .disk = segment_disk_real()};
    assert_int_equal(journal_open(&scene.journal, &options, &fault), STATUS_OK);
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    for (int i = 0; i < 400; i++) {
        append(0, 5);
        commit(0);
        assert_false(journal_is_committing(scene.journal, 0));
    }
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    assert_true(number > 1);
    assert_int_equal(count_events(stream), 400 * 5);
    close_journal();
    open_journal();
    assert_int_equal(count_events(stream), 400 * 5);
}

static void a_sync_under_way_stops_no_appending_and_promises_nothing(void **state)
{
    (void)state;
    open_gated_journal();
    append(0, 3);
    uint64_t before = journal_stable(scene.journal);
    start_commit();
    assert_true(journal_is_committing(scene.journal, 0));
    assert_int_equal(journal_commit_end(scene.journal, 0, NULL), STATUS_BUSY);
    append(0, 2); /* while the disk is at it */
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    assert_int_equal(number, 0);
    assert_int_equal(journal_stable(scene.journal), before);
    sem_post(&gate.may_end);
    assert_int_equal(end_commit(), STATUS_OK);
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    assert_int_equal(number, 1);
    /* The three are settled, the two that came later are not. */
    assert_int_equal(journal_stable(scene.journal), before + 3);
    start_commit();
    sem_post(&gate.may_end);
    assert_int_equal(end_commit(), STATUS_OK);
    assert_int_equal(journal_stable(scene.journal), before + 5);
    close_journal();
    open_journal();
    assert_int_equal(count_events(stream), 5);
}

static void a_failed_commit_beside_the_worker_gives_up_only_its_own(void **state)
{
    (void)state;
    open_gated_journal();
    append(0, 3);
    gate.answer = STATUS_IO;
    start_commit();
    append(0, 2);
    sem_post(&gate.may_end);
    sem_wait(&gate.begun); /* the second try, in a new segment */
    sem_post(&gate.may_end);
    assert_int_equal(end_commit(), STATUS_IO);
    gate.answer = STATUS_OK;
    start_commit();
    sem_post(&gate.may_end);
    assert_int_equal(end_commit(), STATUS_OK);
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    close_journal();
    open_journal();
    assert_int_equal(count_events(stream), 2);
}

static void when_all_is_finished_nothing_holds_back_what_came_later(void **state)
{
    (void)state;
    open_gated_journal();
    append(0, 3);
    uint64_t before = journal_stable(scene.journal);
    start_commit();
    append(0, 2); /* their senders leave, and the worker ends */
    sem_post(&gate.may_end);
    sem_post(&gate.may_end);
    assert_int_equal(journal_finish(scene.journal, NULL), STATUS_OK);
    assert_int_equal(journal_stable(scene.journal), before + 5);
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    close_journal();
    open_journal();
    assert_int_equal(count_events(stream), 5);
}

static void a_full_spool_takes_nothing_until_the_lake_took_some(void **state)
{
    (void)state;
    scene.spool_bytes = 8000; /* two segments */
    open_gated_journal();
    struct frame_event events[100] = {{.kind = FRAME_EVENT}};
    enum status status = STATUS_OK;
    unsigned taken = 0;
    for (; taken < 1000 && status == STATUS_OK; taken++) {
        status = journal_append(scene.journal, 0, events, 1, write_row, NULL, NULL);
        sem_post(&gate.may_end);
        commit(0);
    }
    assert_int_equal(status, STATUS_FULL);
    assert_int_equal(journal_spool_bytes(scene.journal), 12000);
    uint64_t stream;
    uint32_t number;
    uint64_t offset;
    journal_durable(scene.journal, 0, &stream, &number, &offset);
    assert_int_equal(journal_release(scene.journal, stream, number, false, NULL), STATUS_OK);
    assert_int_equal(journal_append(scene.journal, 0, events, 1, write_row, NULL, NULL), STATUS_OK);
}

static void what_was_committed_waits_for_the_next_start(void **state)
{
    (void)state;
    open_journal();
    uint64_t streams[8];
    assert_int_equal(journal_old_streams(scene.journal, streams, 8), 0);
    append(0, 3);
    append(0, 2);
    commit(0);
    append(1, 50);
    commit(1);
    append(1, 4); /* never committed */
    close_journal();

    open_journal();
    assert_int_equal(journal_old_streams(scene.journal, streams, 8), 2);
    assert_int_equal(count_events(streams[0]), 5);
    assert_int_equal(count_events(streams[1]), 50);
}

static void a_start_without_events_leaves_no_stream(void **state)
{
    (void)state;
    open_journal();
    close_journal();
    open_journal();
    uint64_t streams[8];
    assert_int_equal(journal_old_streams(scene.journal, streams, 8), 0);
}

static void stable_stands_still_until_the_commit(void **state)
{
    (void)state;
    open_journal();
    uint64_t before = journal_stable(scene.journal);
    append(0, 3);
    append(1, 3);
    assert_int_equal(journal_stable(scene.journal), before);
    commit(1);
    assert_int_equal(journal_stable(scene.journal), before);
    commit(0);
    assert_int_equal(journal_stable(scene.journal), before + 6);
}

static void released_segments_are_gone_and_a_done_stream_too(void **state)
{
    (void)state;
    open_journal();
    for (int i = 0; i < 50; i++) {
        append(0, 5);
        commit(0);
    }
    close_journal();
    open_journal();
    uint64_t stream;
    assert_int_equal(journal_old_streams(scene.journal, &stream, 1), 1);
    assert_int_equal(count_events(stream), 250);
    assert_int_equal(journal_release(scene.journal, stream, 3, false, NULL), STATUS_OK);
    uint64_t left = count_events(stream);
    assert_true(left > 0 && left < 250);
    assert_int_equal(journal_release(scene.journal, stream, 0, true, NULL), STATUS_OK);
    int fd;
    assert_int_equal(journal_stream_folder(scene.journal, stream, &fd, NULL), STATUS_NOT_FOUND);
}

static void only_one_process_writes(void **state)
{
    (void)state;
    open_journal();
    /* Locks belong to open files, so a second opening is as good as a second process. */
    struct data_folder second;
    struct fault fault = {0};
    assert_int_equal(data_folder_open(&second, scene.path, DATA_FOLDER_WRITE, &fault), STATUS_BUSY);
    char id[32];
    snprintf(id, sizeof(id), "(id %ld)", (long)getpid());
    assert_non_null(strstr(fault.text, id));
    assert_int_equal(data_folder_open(&second, scene.path, DATA_FOLDER_READ, &fault), STATUS_OK);
    data_folder_close(&second);
}

static void a_newer_format_is_refused_with_a_sentence(void **state)
{
    (void)state;
    struct data_folder data;
    struct fault fault = {0};
    assert_int_equal(data_folder_open(&data, scene.path, DATA_FOLDER_READ, &fault),
                     STATUS_NOT_FOUND);
    char path[128];
    snprintf(path, sizeof(path), "%s/FORMAT", scene.path);
    FILE *file = fopen(path, "w");
    fputs("read 1\nwrite 3\n", file);
    fclose(file);
    assert_int_equal(data_folder_open(&data, scene.path, DATA_FOLDER_READ, &fault), STATUS_OK);
    data_folder_close(&data);
    assert_int_equal(data_folder_open(&data, scene.path, DATA_FOLDER_WRITE, &fault),
                     STATUS_DAMAGED);
    assert_non_null(strstr(fault.text, "needs format 3 to write"));
}

static void modes_do_not_depend_on_the_umask(void **state)
{
    (void)state;
    mode_t before = umask(0);
    open_journal();
    append(0, 1);
    commit(0);
    umask(before);
    struct stat facts;
    assert_int_equal(fstatat(scene.data.fd, "journal", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_int_equal(fstatat(scene.data.fd, "FORMAT", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0640);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commits_beside_the_worker_keep_each_event_once, set_up,
                                        tear_down),
        CASE(a_sync_under_way_stops_no_appending_and_promises_nothing),
        CASE(a_failed_commit_beside_the_worker_gives_up_only_its_own),
        CASE(when_all_is_finished_nothing_holds_back_what_came_later),
        CASE(a_full_spool_takes_nothing_until_the_lake_took_some),
        CASE(what_was_committed_waits_for_the_next_start),
        CASE(a_start_without_events_leaves_no_stream),
        CASE(stable_stands_still_until_the_commit),
        CASE(released_segments_are_gone_and_a_done_stream_too),
        CASE(only_one_process_writes),
        CASE(a_newer_format_is_refused_with_a_sentence),
        CASE(modes_do_not_depend_on_the_umask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
