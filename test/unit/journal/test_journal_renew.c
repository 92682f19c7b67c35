/* After a renewal, and once the lake released what was before, no file of the journal holds a byte
 * of it: not the open segments, not what is kept to be used again. */
#include "journal/journal.h"

#include "../temporary.h"
#include "base/file.h"
#include "journal/data_folder.h"
#include "journal/stream_reader.h"

#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { FILE_BYTES_MAX = 1 << 20 };

static struct {
    struct temporary folder;
    struct clock clock;
    struct data_folder data;
    struct journal *journal;
    const char *marker;
} scene;

/* A disk whose syncs wait until the test lets them go. */
static struct {
    sem_t begun;
    sem_t may_end;
} gate;

static enum status gated_write(void *self, int fd, struct view bytes, uint64_t offset,
                               struct fault *fault)
{
    (void)self;
    return file_write_at(fd, bytes, offset, fault);
}

static enum status gated_sync(void *self, int fd, struct fault *fault)
{
    (void)self;
    (void)fd;
    (void)fault;
    sem_post(&gate.begun);
    sem_wait(&gate.may_end);
    return STATUS_OK;
}

static void open_journal(bool is_quick)
{
    struct fault fault = {0};
    assert_int_equal(data_folder_open(&scene.data, scene.folder.path, DATA_FOLDER_WRITE, &fault),
                     STATUS_OK);
    struct journal_options options = {.data_fd = scene.data.fd,
                                      .workers = 1,
                                      .segment_bytes = 64 * 1024,
                                      .gather_bytes = 1 << 20,
                                      .has_ring = is_quick,
                                      .has_keeper = is_quick,
                                      .clock = &scene.clock,
                                      .disk = segment_disk_real()};
    if (!is_quick) {
        options.disk = (struct segment_disk){.write_at = gated_write, .sync = gated_sync};
    }
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
    memset(&scene, 0, sizeof(scene));
    scene.clock = clock_system();
    scene.data = (struct data_folder){.fd = -1, .lock_fd = -1};
    scene.marker = "the-subject";
    sem_init(&gate.begun, 0, 0);
    sem_init(&gate.may_end, 0, 0);
    return temporary_make(&scene.folder);
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
    return buf_append_format(out, "{\"index\":%u,\"ingest_seq\":%llu,\"id\":\"%s\"}", index,
                             (unsigned long long)ingest_seq, scene.marker);
}

static void append(uint32_t count)
{
    struct frame_event events[100];
    for (uint32_t i = 0; i < count; i++) {
        events[i] = (struct frame_event){.kind = FRAME_EVENT};
    }
    assert_int_equal(journal_append(scene.journal, 0, events, count, write_row, NULL, NULL),
                     STATUS_OK);
}

static void append_and_commit(uint32_t count)
{
    append(count);
    assert_int_equal(journal_commit(scene.journal, 0, NULL), STATUS_OK);
}

static uint64_t own_stream(uint32_t *number)
{
    uint64_t stream;
    uint64_t offset;
    journal_durable(scene.journal, 0, &stream, number, &offset);
    return stream;
}

/* As the lake does: all that is durable was taken. */
static void release_all(void)
{
    uint32_t number;
    uint64_t stream = own_stream(&number);
    assert_int_equal(journal_release(scene.journal, stream, number, false, NULL), STATUS_OK);
}

static unsigned files_with_marker;

static int look_into(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    static char bytes[FILE_BYTES_MAX];
    (void)walk;
    if (kind != FTW_F) {
        return 0;
    }
    assert_true(facts->st_size < FILE_BYTES_MAX);
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        return 0; /* a spare that was named meanwhile */
    }
    ssize_t got = read(fd, bytes, sizeof(bytes));
    close(fd);
    files_with_marker +=
        got > 0 && memmem(bytes, (size_t)got, scene.marker, strlen(scene.marker)) != NULL;
    return 0;
}

static unsigned count_files_with_marker(void)
{
    files_with_marker = 0;
    assert_int_equal(nftw(scene.folder.path, look_into, 16, FTW_PHYS), 0);
    return files_with_marker;
}

static uint64_t count_events(uint64_t stream)
{
    int fd;
    struct stream_reader *reader;
    struct stream_place place;
    struct frame frame;
    assert_int_equal(journal_stream_folder(scene.journal, stream, &fd, NULL), STATUS_OK);
    assert_int_equal(stream_reader_open(&reader, fd, NULL, NULL, NULL), STATUS_OK);
    while (stream_reader_next(reader, &place, &frame, NULL) == STATUS_OK) {
    }
    uint64_t events = stream_reader_report(reader)->events;
    assert_int_equal(stream_reader_report(reader)->damaged_places, 0);
    stream_reader_close(reader);
    close(fd);
    return events;
}

/* Enough that segments were used again, and their files hold old frames behind new ones. */
static void fill_and_recycle(void)
{
    for (int i = 0; i < 300; i++) {
        append_and_commit(40);
        if (i % 20 == 19) {
            release_all();
        }
    }
}

static void a_renewed_journal_keeps_no_byte_of_before(void **state)
{
    (void)state;
    open_journal(true);
    fill_and_recycle();
    assert_true(count_files_with_marker() > 1);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    assert_false(journal_is_renewed(scene.journal));
    release_all();
    assert_true(journal_is_renewed(scene.journal));
    assert_int_equal(count_files_with_marker(), 0);
    /* Its segments and spares serve as before, and the next renewal finds them. */
    scene.marker = "the-next-subject";
    fill_and_recycle();
    assert_true(count_files_with_marker() > 1);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    release_all();
    assert_int_equal(count_files_with_marker(), 0);
}

static void nothing_is_lost_before_or_behind_a_renewal(void **state)
{
    (void)state;
    open_journal(true);
    append_and_commit(7);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    append_and_commit(5);
    append_and_commit(3);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    uint32_t number;
    uint64_t stream = own_stream(&number);
    assert_int_equal(count_events(stream), 15);
    close_journal();
    open_journal(true);
    assert_int_equal(count_events(stream), 15);
    /* What an earlier start left is not new either, until it was released. */
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    assert_false(journal_is_renewed(scene.journal));
    assert_int_equal(journal_release(scene.journal, stream, 0, true, NULL), STATUS_OK);
    assert_true(journal_is_renewed(scene.journal));
}

static void a_stream_that_commits_is_renewed_when_that_ends(void **state)
{
    (void)state;
    open_journal(false);
    enum status status;
    append(3);
    assert_false(journal_commit_start(scene.journal, 0, true, &status, NULL));
    sem_wait(&gate.begun);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    assert_false(journal_is_renewed(scene.journal));
    sem_post(&gate.may_end);
    sem_post(&gate.may_end); /* of the new segment's header */
    struct pollfd done = {.fd = journal_commit_fd(scene.journal, 0), .events = POLLIN};
    assert_int_equal(poll(&done, 1, -1), 1);
    assert_int_equal(journal_commit_end(scene.journal, 0, NULL), STATUS_OK);
    uint32_t number;
    uint64_t stream = own_stream(&number);
    assert_int_equal(number, 2);
    assert_int_equal(count_events(stream), 3);
    assert_int_equal(journal_release(scene.journal, stream, 2, false, NULL), STATUS_OK);
    assert_true(journal_is_renewed(scene.journal));
    assert_int_equal(count_files_with_marker(), 0);
}

static void a_journal_without_events_is_new(void **state)
{
    (void)state;
    open_journal(true);
    assert_int_equal(journal_renew(scene.journal, NULL), STATUS_OK);
    assert_true(journal_is_renewed(scene.journal));
    append_and_commit(1);
    uint32_t number;
    assert_int_equal(count_events(own_stream(&number)), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_renewed_journal_keeps_no_byte_of_before),
        CASE(nothing_is_lost_before_or_behind_a_renewal),
        CASE(a_stream_that_commits_is_renewed_when_that_ends),
        CASE(a_journal_without_events_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
