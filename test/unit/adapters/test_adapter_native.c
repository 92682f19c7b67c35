/* Runs the golden cases of test/golden/native: NAME.body is what was posted, NAME.rows what must
 * come out. PIPES_GOLDEN_WRITE=1 writes the .rows anew; read them before they are kept. */
#include "adapters/adapter_native.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const char FOLDER[] = "test/golden/native";
static const int64_t RECEIVED_MS = 1763942400250;

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static enum status decode(struct view body, struct batch *batch, struct fault *fault)
{
    struct inbound inbound = {.method = INBOUND_POST,
                              .path = VIEW_LITERAL("/e"),
                              .body = body,
                              .received_ms = RECEIVED_MS};
    *batch = (struct batch){0};
    arena_clear(&arena);
    return adapter_native.decode(&inbound, &arena, batch, fault);
}

static void append_outcome(struct buf *out, const struct batch *batch)
{
    for (size_t i = 0; i < batch->event_count; i++) {
        event_append_row(out, &batch->events[i]);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < batch->reject_count; i++) {
        buf_append_format(out, "rejected, %s: %.*s\n", batch->rejects[i].reason,
                          VIEW_ARG(batch->rejects[i].raw));
    }
}

static void run_case(int folder_fd, const char *body_name)
{
    struct buf body;
    struct buf expected;
    struct buf out;
    buf_init(&body, 1 << 20);
    buf_init(&expected, 1 << 20);
    buf_init(&out, 1 << 20);
    char rows_name[300];
    snprintf(rows_name, sizeof(rows_name), "%.*s.rows", (int)strlen(body_name) - 5, body_name);
    struct fault fault = {0};
    struct batch batch;
    assert_int_equal(file_read(folder_fd, body_name, &body, &fault), STATUS_OK);
    assert_int_equal(decode(buf_view(&body), &batch, &fault), STATUS_OK);
    append_outcome(&out, &batch);
    if (getenv("PIPES_GOLDEN_WRITE")) {
        assert_int_equal(file_replace(folder_fd, rows_name, buf_view(&out), &fault), STATUS_OK);
    }
    assert_int_equal(file_read(folder_fd, rows_name, &expected, &fault), STATUS_OK);
    if (!view_equal(buf_view(&out), buf_view(&expected))) {
        print_error("%s gave:\n%.*s", body_name, VIEW_ARG(buf_view(&out)));
    }
    assert_true(view_equal(buf_view(&out), buf_view(&expected)));
    buf_free(&body);
    buf_free(&expected);
    buf_free(&out);
}

static void golden_cases_come_out_as_they_are_written(void **state)
{
    (void)state;
    int folder_fd = open(FOLDER, O_RDONLY | O_DIRECTORY);
    assert_true(folder_fd >= 0);
    DIR *folder = opendir(FOLDER);
    int cases = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (view_ends_with(view_from_text(entry->d_name), ".body")) {
            run_case(folder_fd, entry->d_name);
            cases++;
        }
    }
    closedir(folder);
    close(folder_fd);
    assert_true(cases >= 7);
}

static void what_is_not_json_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "{", "nothing", "{\"events\":[}", "\xff\xfe"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct batch batch;
        struct fault fault = {0};
        assert_int_equal(decode(view_from_text(bodies[i]), &batch, &fault), STATUS_BAD_INPUT);
        assert_true(fault.text[0] != 0);
    }
}

static void json_of_any_other_shape_is_one_reject(void **state)
{
    (void)state;
    static const char *const bodies[] = {"[]", "7", "null", "\"x\"", "{}", "{\"events\":1}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct batch batch;
        struct fault fault = {0};
        assert_int_equal(decode(view_from_text(bodies[i]), &batch, &fault), STATUS_OK);
        assert_int_equal(batch.event_count, 0);
        assert_int_equal(batch.reject_count, 1);
    }
}

static void too_many_events_and_too_little_memory_are_said(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_append_text(&body, "{\"events\":[1");
    for (int i = 0; i < ADAPTER_EVENTS_MAX; i++) {
        buf_append_text(&body, ",1");
    }
    buf_append_text(&body, "]}");
    struct batch batch;
    struct fault fault = {0};
    assert_int_equal(decode(buf_view(&body), &batch, &fault), STATUS_TOO_BIG);
    buf_free(&body);

    struct arena small;
    arena_init(&small, 1000);
    struct inbound inbound = {.body = VIEW_LITERAL("{\"events\":[{\"type\":\"page\"}]}")};
    assert_int_equal(adapter_native.decode(&inbound, &small, &batch, &fault), STATUS_NO_MEMORY);
    arena_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_cases_come_out_as_they_are_written),
        cmocka_unit_test(what_is_not_json_is_refused_with_a_sentence),
        cmocka_unit_test(json_of_any_other_shape_is_one_reject),
        cmocka_unit_test(too_many_events_and_too_little_memory_are_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
