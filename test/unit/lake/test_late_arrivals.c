/* Events of who was forgotten are dropped before they are stored, and leave the journal; and the
 * order that somebody is forgotten survives as a file. */
#include "lake/lake.h"

#include "../temporary.h"
#include "base/file.h"
#include "base/hash.h"
#include "journal/data_folder.h"
#include "lake/erase_intent.h"
#include "lake/late_arrivals.h"

#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t START_MS = 1763942400000; /* 2025-11-24T00:00:00Z */
static const char ROW[] = "{\"anonymous_id\":\"%s\",\"site\":\"shop\",\"ingest_seq\":%llu}";

static struct {
    struct temporary folder;
    int64_t now_ms;
    struct clock clock;
    struct logger log;
    struct data_folder data;
    struct journal *journal;
    struct tombstones *tombstones;
    struct lake *lake;
    uint64_t keys;
    unsigned found;
} scene;

static int64_t test_now_ms(void *self)
{
    (void)self;
    return scene.now_ms;
}

static int set_up(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.now_ms = START_MS;
    scene.clock = (struct clock){.now_ms = test_now_ms, .monotonic_ms = test_now_ms};
    logger_init(&scene.log, STDERR_FILENO, LOGGER_ERROR, &scene.clock);
    if (temporary_make(&scene.folder) != 0) {
        return -1;
    }
    struct journal_options journal = {.workers = 1,
                                      .segment_bytes = 64 * 1024,
                                      .gather_bytes = 1 << 20,
                                      .clock = &scene.clock,
                                      .disk = segment_disk_real()};
    struct lake_options lake = {.workers = 1,
                                .clock = &scene.clock,
                                .log = &scene.log,
                                .limits.roll_ms = 1000,
                                .limits.roll_bytes = 1 << 20,
                                .limits.quarantine_bytes = 1 << 20,
                                .window_ms = 86400000};
    assert_int_equal(data_folder_open(&scene.data, scene.folder.path, DATA_FOLDER_WRITE, NULL),
                     STATUS_OK);
    assert_int_equal(tombstones_open(&scene.tombstones, scene.data.fd, NULL), STATUS_OK);
    journal.data_fd = lake.data_fd = scene.data.fd;
    assert_int_equal(journal_open(&scene.journal, &journal, NULL), STATUS_OK);
    lake.journal = scene.journal;
    lake.tombstones = scene.tombstones;
    assert_int_equal(lake_open(&scene.lake, &lake, NULL), STATUS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lake_close(scene.lake);
    journal_close(scene.journal);
    tombstones_close(scene.tombstones);
    data_folder_close(&scene.data);
    return temporary_remove(&scene.folder);
}

static enum status write_row(void *self, uint32_t index, uint64_t ingest_seq, struct buf *out)
{
    (void)index;
    return buf_append_format(out, ROW, (const char *)self, (unsigned long long)ingest_seq);
}

static void append(const char *who)
{
    struct frame_event event = {.kind = FRAME_EVENT, .received_ms = scene.now_ms};
    scene.keys++;
    hash_pair_128(1, VIEW_LITERAL("shop"), view_make((const char *)&scene.keys, sizeof(scene.keys)),
                  event.key_hash);
    assert_int_equal(
        journal_append(scene.journal, 0, &event, 1, write_row, (void *)(uintptr_t)who, NULL),
        STATUS_OK);
    assert_int_equal(journal_commit(scene.journal, 0, NULL), STATUS_OK);
}

static void forget(const char *who)
{
    struct subject subject;
    subject_init(&subject, view_make(NULL, 0));
    assert_int_equal(subject_add(&subject, view_from_text(who), NULL), STATUS_OK);
    assert_int_equal(tombstones_add(scene.tombstones, &subject, scene.now_ms, NULL), STATUS_OK);
    subject_free(&subject);
}

static void pass_ms(int64_t ms)
{
    for (int64_t end = scene.now_ms + ms; scene.now_ms < end;) {
        scene.now_ms += 1000;
        assert_int_equal(lake_step(scene.lake, NULL), STATUS_OK);
    }
}

static int look_into(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    static char bytes[1 << 20];
    (void)facts;
    (void)walk;
    int fd = kind == FTW_F ? open(path, O_RDONLY) : -1;
    ssize_t got = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : 0;
    if (fd >= 0) {
        close(fd);
    }
    scene.found += got > 0 && memmem(bytes, (size_t)got, "anna-4711", 9) != NULL;
    return 0;
}

static unsigned journal_files_with_anna(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/journal", scene.folder.path);
    scene.found = 0;
    assert_int_equal(nftw(path, look_into, 16, FTW_PHYS), 0);
    return scene.found;
}

static void the_forgotten_are_not_stored_and_leave_the_journal(void **state)
{
    (void)state;
    const struct lake_counts *counts = lake_counts(scene.lake);
    append("anna-4711");
    pass_ms(2000);
    assert_int_equal(counts->stored, 1);
    assert_int_equal(journal_files_with_anna(), 1);
    forget("anna-4711");
    append("anna-4711");
    append("bert");
    pass_ms(3000);
    assert_int_equal(counts->stored, 2);
    assert_int_equal(counts->erased, 1);
    assert_int_equal(journal_files_with_anna(), 0);
}

static void the_journal_is_renewed_once_a_minute_at_most(void **state)
{
    (void)state;
    forget("anna-4711");
    append("anna-4711");
    pass_ms(3000);
    assert_int_equal(journal_files_with_anna(), 0);
    append("anna-4711");
    pass_ms(10000);
    assert_int_equal(journal_files_with_anna(), 1);
    pass_ms(LATE_ARRIVALS_MS);
    assert_int_equal(journal_files_with_anna(), 0);
    append("bert");
    pass_ms(2000);
    assert_int_equal(lake_counts(scene.lake)->erased, 2);
    assert_int_equal(lake_counts(scene.lake)->stored, 1);
}

static void an_order_is_read_as_it_was_written_and_leaves_nothing(void **state)
{
    (void)state;
    struct erase_intent intent = {.asked_ms = 1234};
    struct erase_intent read;
    struct stat facts;
    subject_init(&intent.subject, VIEW_LITERAL("sh\"op"));
    intent.subject.keeps_mentions = true;
    assert_int_equal(subject_add(&intent.subject, VIEW_LITERAL("a\\b"), NULL), STATUS_OK);
    assert_int_equal(subject_add(&intent.subject, VIEW_LITERAL("m\xc3\xbc"), NULL), STATUS_OK);
    assert_int_equal(erase_intent_save(scene.folder.fd, &intent, NULL), STATUS_OK);
    assert_int_equal(fstatat(scene.folder.fd, "FORGETTING", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(erase_intent_load(&read, scene.folder.fd, NULL), STATUS_OK);
    assert_int_equal(read.asked_ms, 1234);
    assert_true(read.subject.keeps_mentions);
    assert_true(view_is(read.subject.site, "sh\"op"));
    assert_int_equal(read.subject.count, 2);
    assert_true(subject_has(&read.subject, VIEW_LITERAL("a\\b")));
    assert_true(subject_has(&read.subject, VIEW_LITERAL("m\xc3\xbc")));
    erase_intent_free(&read);
    /* Through a second name one sees what is left of the bytes. */
    assert_int_equal(linkat(scene.folder.fd, "FORGETTING", scene.folder.fd, "other", 0), 0);
    assert_int_equal(erase_intent_remove(scene.folder.fd, NULL), STATUS_OK);
    assert_int_equal(erase_intent_load(&read, scene.folder.fd, NULL), STATUS_NOT_FOUND);
    erase_intent_free(&read);
    struct buf left;
    buf_init(&left, 4096);
    assert_int_equal(file_read(scene.folder.fd, "other", &left, NULL), STATUS_OK);
    assert_true(left.len > 0);
    for (size_t i = 0; i < left.len; i++) {
        assert_int_equal(left.at[i], 0);
    }
    buf_free(&left);
    erase_intent_free(&intent);
}

static void what_is_no_order_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"ids\":[]}",
                                        "{\"ids\":[\"\"]}",
                                        "{\"ids\":[1]}",
                                        "{\"ids\":\"a\"}",
                                        "{\"ids\":[\"a\"],\"site\":1}"};
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        struct erase_intent intent;
        assert_int_equal(erase_intent_parse(&intent, view_from_text(TEXTS[i]), NULL),
                         STATUS_BAD_INPUT);
        erase_intent_free(&intent);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_forgotten_are_not_stored_and_leave_the_journal),
        CASE(the_journal_is_renewed_once_a_minute_at_most),
        CASE(an_order_is_read_as_it_was_written_and_leaves_nothing),
        CASE(what_is_no_order_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
