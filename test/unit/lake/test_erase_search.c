/* Which files of the lake may hold a subject, by their bytes. */
#include "lake/erase_search.h"

#include "../temporary.h"
#include "lake/duck.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct scene {
    struct temporary folder;
    struct duck *duck;
    struct subject subject;
    struct erase_search *search;
};

static int set_up(void **state)
{
    static struct scene scene;
    struct duck_options options = {.memory_bytes = 256u << 20};
    struct fault fault = {0};
    scene = (struct scene){0};
    *state = &scene;
    subject_init(&scene.subject, view_make(NULL, 0));
    if (duck_open(&scene.duck, &options, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    return temporary_make(&scene.folder);
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    erase_search_destroy(scene->search);
    subject_free(&scene->subject);
    duck_close(scene->duck);
    return temporary_remove(&scene->folder);
}

static void look_for(struct scene *scene, const char *id)
{
    struct fault fault = {0};
    assert_int_equal(subject_add(&scene->subject, view_from_text(id), &fault), STATUS_OK);
    assert_int_equal(erase_search_create(&scene->search, &scene->subject, &fault), STATUS_OK);
}

/* A file of 3000 rows, which says `value` in one of them. */
static bool is_in(struct scene *scene, const char *column, const char *value)
{
    struct fault fault = {0};
    if (duck_exec_format(scene->duck, &fault,
                         "copy (select case when i = 2500 then '%s' else '{\"n\":\"' || i || "
                         "'-142'' }' end as %s from range(3000) t(i)) to '%s/file' (format "
                         "parquet, compression zstd)",
                         value, column, scene->folder.path) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    int fd = openat(scene->folder.fd, "file", O_RDONLY | O_CLOEXEC);
    assert_int_equal(erase_search_file(scene->search, fd, &fault), STATUS_OK);
    close(fd);
    return erase_search_has_any(scene->search);
}

static void a_short_id_is_found_where_it_is_all_of_a_text(void **state)
{
    struct scene *scene = *state;
    look_for(scene, "42");
    assert_true(is_in(scene, "user_id", "42"));
    assert_true(erase_search_has_ids(scene->search));
    assert_true(is_in(scene, "title", "42"));
    assert_false(erase_search_has_ids(scene->search));
    assert_true(is_in(scene, "p_id", "42"));
    assert_true(is_in(scene, "properties", "{\"a\":\"42\"}"));
    assert_true(is_in(scene, "properties", "{\"a\":[\"x\",\"42\"],\"b\":1}"));
    assert_true(is_in(scene, "context", "{\"a\":\"{\\\"b\\\":\\\"42\\\"}\"}"));
}

static void a_short_id_within_other_words_is_no_reason_to_look_closer(void **state)
{
    struct scene *scene = *state;
    look_for(scene, "42");
    assert_false(is_in(scene, "user_id", "1421"));
    assert_false(is_in(scene, "user_id", "4242"));
    assert_false(is_in(scene, "title", "room 42"));
    assert_false(is_in(scene, "properties", "{\"a\":42,\"b\":\"142\",\"c\":\"42 \"}"));
    assert_false(is_in(scene, "host", "42"));
}

static void a_short_id_is_found_as_it_is_written_in_json(void **state)
{
    struct scene *scene = *state;
    look_for(scene, "\xc3\xa4\"");
    assert_true(is_in(scene, "user_id", "\xc3\xa4\""));
    assert_true(is_in(scene, "properties", "{\"a\":\"\xc3\xa4\\\"\"}"));
    assert_true(is_in(scene, "properties", "{\"a\":\"\\u00e4\\\"\"}"));
    assert_false(is_in(scene, "properties", "{\"a\":\"\xc3\xa4\"}"));
}

static void a_long_id_is_found_wherever_its_bytes_stand(void **state)
{
    struct scene *scene = *state;
    look_for(scene, "visitor-4711");
    assert_true(is_in(scene, "user_id", "visitor-4711"));
    assert_true(is_in(scene, "title", "of visitor-4711!"));
    assert_false(is_in(scene, "title", "of visitor-471"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_short_id_is_found_where_it_is_all_of_a_text),
        CASE(a_short_id_within_other_words_is_no_reason_to_look_closer),
        CASE(a_short_id_is_found_as_it_is_written_in_json),
        CASE(a_long_id_is_found_wherever_its_bytes_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
