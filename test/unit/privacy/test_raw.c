#include "privacy/raw_store.h"

#include "privacy/raw_folder.h"

#include "../temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t HOUR_MS = 3600000;
static const int64_t NOON_MS = 20784LL * 86400000 + 43200000;
static struct temporary folder;
static struct raw_store *store;
static struct fault fault;
static char seen[1024];

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&folder) == 0 && raw_store_open(&store, folder.fd, &fault) == STATUS_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    raw_store_close(store);
    return temporary_remove(&folder);
}

static void append(int64_t received_ms, const char *body)
{
    const struct raw_request request = {.received_ms = received_ms,
                                        .path = VIEW_LITERAL("/e"),
                                        .query = VIEW_LITERAL("a=1"),
                                        .content_type = VIEW_LITERAL("text/plain"),
                                        .body = view_from_text(body)};
    struct buf plain;
    buf_init(&plain, 4096);
    assert_int_equal(raw_request_append(&plain, &request), STATUS_OK);
    assert_int_equal(raw_store_append(store, buf_view(&plain), received_ms, &fault), STATUS_OK);
    buf_free(&plain);
}

static bool note(void *self, const struct raw_request *request)
{
    (void)self;
    assert_true(view_is(request->path, "/e"));
    assert_true(view_is(request->query, "a=1"));
    assert_true(view_is(request->content_type, "text/plain"));
    size_t len = strlen(seen);
    snprintf(seen + len, sizeof(seen) - len, "%.*s ", VIEW_ARG(request->body));
    return true;
}

static const char *all(void)
{
    seen[0] = 0;
    enum status status = raw_store_read(folder.fd, note, NULL, &fault);
    return status == STATUS_OK ? seen : "nothing";
}

static bool is_body(void *self, const struct raw_request *request)
{
    return view_is(request->body, self);
}

static struct {
    const char *text;
    int files;
    int holders;
} search;

static int look_at(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
    char bytes[4096];
    (void)facts;
    (void)walk;
    if (kind != FTW_F) {
        return 0;
    }
    int fd = open(path, O_RDONLY);
    ssize_t got = read(fd, bytes, sizeof(bytes));
    close(fd);
    assert_true(got > 0 && got < (ssize_t)sizeof(bytes));
    search.files++;
    search.holders += memmem(bytes, (size_t)got, search.text, strlen(search.text)) != NULL;
    return 0;
}

/* In how many files the text stands, and how many there are. */
static int holders(const char *text, int *files)
{
    search.text = text;
    search.files = search.holders = 0;
    assert_int_equal(nftw(folder.path, look_at, 16, FTW_PHYS), 0);
    *files = search.files;
    return search.holders;
}

static void what_is_kept_is_read_again_and_stands_nowhere_in_the_clear(void **state)
{
    (void)state;
    int files;
    assert_string_equal(all(), "nothing");
    append(NOON_MS, "first");
    append(NOON_MS + 1, "second");
    append(NOON_MS + HOUR_MS, "third");
    assert_string_equal(all(), "first second third ");
    assert_int_equal(holders("second", &files), 0);
    assert_int_equal(files, 4); /* two hours, each with its key */
    struct stat facts;
    struct raw_list list;
    int fd;
    struct raw_key key;
    int raw_fd;
    assert_int_equal(raw_folder_open(folder.fd, false, &raw_fd, &fault), STATUS_OK);
    assert_int_equal(raw_folder_list(raw_fd, &list, &fault), STATUS_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(raw_folder_read(raw_fd, &list.files[0], &key, &fd, &fault), STATUS_OK);
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    close(fd);
    close(raw_fd);
    raw_list_free(&list);
}

static void an_hour_that_is_over_is_gone_and_its_key_first(void **state)
{
    (void)state;
    int files;
    append(NOON_MS, "first");
    append(NOON_MS + HOUR_MS, "second");
    assert_int_equal(raw_store_expire(store, NOON_MS + 3 * HOUR_MS - 1, 2 * HOUR_MS, &fault),
                     STATUS_OK);
    assert_string_equal(all(), "first second ");
    uint64_t bytes = raw_store_bytes(store);
    assert_int_equal(raw_store_expire(store, NOON_MS + 3 * HOUR_MS, 2 * HOUR_MS, &fault),
                     STATUS_OK);
    assert_string_equal(all(), "second ");
    assert_int_equal(holders("no such text", &files), 0);
    assert_int_equal(files, 2);
    assert_true(raw_store_bytes(store) < bytes);
    append(NOON_MS + 4 * HOUR_MS, "third");
    assert_int_equal(raw_store_expire(store, NOON_MS + 4 * HOUR_MS, 0, &fault), STATUS_OK);
    assert_string_equal(all(), "");
    append(NOON_MS + 40 * HOUR_MS, "of tomorrow");
    assert_int_equal(raw_store_expire(store, NOON_MS, 2 * HOUR_MS, &fault), STATUS_OK);
    assert_string_equal(all(), "");
}

static void what_is_dropped_cannot_be_read_with_any_key_that_is_left(void **state)
{
    (void)state;
    uint64_t dropped;
    int files;
    append(NOON_MS, "anna");
    append(NOON_MS + 1, "carl");
    append(NOON_MS + HOUR_MS, "dora");
    struct raw_list before;
    struct raw_list after;
    int raw_fd;
    assert_int_equal(raw_folder_open(folder.fd, false, &raw_fd, &fault), STATUS_OK);
    assert_int_equal(raw_folder_list(raw_fd, &before, &fault), STATUS_OK);
    assert_int_equal(raw_store_drop(store, is_body, (void *)(uintptr_t) "anna", &dropped, &fault),
                     STATUS_OK);
    assert_int_equal(dropped, 1);
    assert_string_equal(all(), "carl dora ");
    assert_int_equal(raw_folder_list(raw_fd, &after, &fault), STATUS_OK);
    assert_int_equal(after.count, 2);
    assert_true(after.files[0].id != before.files[0].id); /* another file, another key */
    assert_true(after.files[1].id == before.files[1].id);
    assert_int_equal(holders("no such text", &files), 0);
    assert_int_equal(files, 4);
    assert_int_equal(raw_store_drop(store, is_body, (void *)(uintptr_t) "anna", &dropped, &fault),
                     STATUS_OK);
    assert_int_equal(dropped, 0);
    append(NOON_MS + HOUR_MS, "emil");
    assert_string_equal(all(), "carl dora emil ");
    raw_list_free(&before);
    raw_list_free(&after);
    close(raw_fd);
}

static void a_file_that_was_cut_off_is_read_up_to_there(void **state)
{
    (void)state;
    struct raw_list list;
    char path[128];
    int raw_fd;
    append(NOON_MS, "first");
    append(NOON_MS + 1, "second");
    assert_int_equal(raw_folder_open(folder.fd, false, &raw_fd, &fault), STATUS_OK);
    assert_int_equal(raw_folder_list(raw_fd, &list, &fault), STATUS_OK);
    snprintf(path, sizeof(path), "date=2026-11-27/hour=12/requests-%016llx",
             (unsigned long long)list.files[0].id);
    int fd = openat(raw_fd, path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)list.files[0].bytes - 1), 0);
    close(fd);
    assert_string_equal(all(), "first ");
    close(raw_fd);
    raw_list_free(&list);
}

static void a_key_without_a_file_and_a_file_without_a_key_are_removed_at_the_start(void **state)
{
    (void)state;
    int files;
    append(NOON_MS, "first");
    append(NOON_MS + HOUR_MS, "second");
    raw_store_close(store);
    struct raw_list list;
    char path[128];
    int raw_fd;
    assert_int_equal(raw_folder_open(folder.fd, false, &raw_fd, &fault), STATUS_OK);
    assert_int_equal(raw_folder_list(raw_fd, &list, &fault), STATUS_OK);
    snprintf(path, sizeof(path), "date=2026-11-27/hour=12/requests-%016llx",
             (unsigned long long)list.files[0].id);
    assert_int_equal(unlinkat(raw_fd, path, 0), 0);
    snprintf(path, sizeof(path), "keys/hour=%lld-%016llx", (long long)list.files[1].hour,
             (unsigned long long)list.files[1].id);
    assert_int_equal(unlinkat(raw_fd, path, 0), 0);
    raw_list_free(&list);
    close(raw_fd);
    assert_int_equal(raw_store_open(&store, folder.fd, &fault), STATUS_OK);
    assert_int_equal(holders("no such text", &files), 0);
    assert_int_equal(files, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_kept_is_read_again_and_stands_nowhere_in_the_clear),
        CASE(an_hour_that_is_over_is_gone_and_its_key_first),
        CASE(what_is_dropped_cannot_be_read_with_any_key_that_is_left),
        CASE(a_file_that_was_cut_off_is_read_up_to_there),
        CASE(a_key_without_a_file_and_a_file_without_a_key_are_removed_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
