/* Who was forgotten is known again, and by nothing that stands on the disk. */
#include "lake/tombstones.h"

#include "../temporary.h"
#include "base/file.h"
#include "lake/tombstone_look.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct temporary folder;
static struct tombstones *tombstones;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&folder);
}

static int tear_down(void **state)
{
    (void)state;
    tombstones_close(tombstones);
    tombstones = NULL;
    return temporary_remove(&folder);
}

static void open_again(void)
{
    struct fault fault = {0};
    tombstones_close(tombstones);
    assert_int_equal(tombstones_open(&tombstones, folder.fd, &fault), STATUS_OK);
}

static void forget(const char *site, const char *id)
{
    struct subject subject;
    struct fault fault = {0};
    subject_init(&subject, view_from_text(site));
    assert_int_equal(subject_add(&subject, view_from_text(id), &fault), STATUS_OK);
    assert_int_equal(tombstones_add(tombstones, &subject, 1234, &fault), STATUS_OK);
    subject_free(&subject);
}

static bool meets(const char *row)
{
    return tombstones_meet(tombstones, view_from_text(row));
}

static void check_anna_alone(void)
{
    for (int i = 0; i < 2; i++) { /* the second time out of what is remembered */
        assert_true(meets("{\"anonymous_id\":\"anna\",\"site\":\"shop\"}"));
        assert_true(meets("{\"anonymous_id\":\"b\",\"user_id\":\"anna\",\"site\":\"blog\"}"));
        assert_true(meets("{\"user_id\":\"b\",\"previous_id\":\"anna\"}"));
        assert_false(meets("{\"anonymous_id\":\"bert\",\"site\":\"shop\"}"));
        assert_false(meets("{\"site\":\"anna\"}"));
        assert_false(meets("no row at all"));
    }
}

static void the_forgotten_are_known_also_after_a_start(void **state)
{
    (void)state;
    open_again();
    assert_int_equal(tombstones_count(tombstones), 0);
    assert_false(meets("{\"anonymous_id\":\"anna\",\"site\":\"shop\"}"));
    forget("", "anna");
    check_anna_alone();
    open_again();
    assert_int_equal(tombstones_count(tombstones), 1);
    check_anna_alone();
}

static void one_site_is_not_another(void **state)
{
    (void)state;
    open_again();
    forget("shop", "anna");
    assert_true(meets("{\"anonymous_id\":\"anna\",\"site\":\"shop\"}"));
    assert_false(meets("{\"anonymous_id\":\"anna\",\"site\":\"blog\"}"));
    assert_false(meets("{\"anonymous_id\":\"anna\"}"));
    /* Whoever was no one may be somebody later. */
    forget("", "anna");
    assert_true(meets("{\"anonymous_id\":\"anna\",\"site\":\"blog\"}"));
}

static void the_id_is_in_no_file_and_the_key_is_the_owners_alone(void **state)
{
    (void)state;
    open_again();
    forget("", "anna-the-subject");
    struct stat facts;
    assert_int_equal(fstatat(folder.fd, "ERASURE_KEY", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    struct buf text;
    buf_init(&text, 4096);
    assert_int_equal(file_read(folder.fd, "lake/TOMBSTONES", &text, NULL), STATUS_OK);
    assert_null(memmem(text.at, text.len, "anna", 4));
    char name[TOMBSTONE_TEXT_BYTES];
    tombstones_name(tombstones, view_make("", 0), VIEW_LITERAL("anna-the-subject"), name);
    assert_int_equal(strlen(name), 32);
    assert_non_null(memmem(text.at, text.len, name, 32));
    buf_free(&text);
    /* Another folder's key gives another hash. */
    assert_int_equal(unlinkat(folder.fd, "ERASURE_KEY", 0), 0);
    assert_int_equal(unlinkat(folder.fd, "lake/TOMBSTONES", 0), 0);
    open_again();
    forget("", "anna-the-subject");
    char other[TOMBSTONE_TEXT_BYTES];
    tombstones_name(tombstones, view_make("", 0), VIEW_LITERAL("anna-the-subject"), other);
    assert_string_not_equal(name, other);
}

static void many_are_kept_each_once(void **state)
{
    (void)state;
    open_again();
    for (int i = 0; i < 300; i++) {
        char id[16];
        snprintf(id, sizeof(id), "id-%d", i % 150);
        forget("", id);
    }
    assert_int_equal(tombstones_count(tombstones), 150);
    open_again();
    assert_int_equal(tombstones_count(tombstones), 150);
    assert_true(meets("{\"anonymous_id\":\"id-149\"}"));
    assert_false(meets("{\"anonymous_id\":\"id-150\"}"));
}

static void a_line_that_was_cut_off_is_written_over(void **state)
{
    (void)state;
    open_again();
    forget("", "anna");
    int fd = openat(folder.fd, "lake/TOMBSTONES", O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "0123456789abcdef", 16), 16);
    close(fd);
    open_again();
    assert_int_equal(tombstones_count(tombstones), 1);
    forget("", "bert");
    open_again();
    assert_int_equal(tombstones_count(tombstones), 2);
    assert_true(meets("{\"anonymous_id\":\"bert\"}"));
}

static void without_the_key_it_does_not_go_on(void **state)
{
    (void)state;
    struct fault fault = {0};
    open_again();
    forget("", "anna");
    tombstones_close(tombstones);
    tombstones = NULL;
    assert_int_equal(renameat(folder.fd, "ERASURE_KEY", folder.fd, "elsewhere"), 0);
    assert_int_equal(tombstones_open(&tombstones, folder.fd, &fault), STATUS_DAMAGED);
    assert_non_null(strstr(fault.text, "ERASURE_KEY is gone"));
    assert_int_equal(renameat(folder.fd, "elsewhere", folder.fd, "ERASURE_KEY"), 0);
    open_again();
    check_anna_alone();
    int fd = openat(folder.fd, "lake/TOMBSTONES", O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "what\n", 5), 5);
    close(fd);
    tombstones_close(tombstones);
    assert_int_equal(tombstones_open(&tombstones, folder.fd, &fault), STATUS_DAMAGED);
}

static bool looks_forgotten(struct tombstone_look *look, const char *site, const char *id)
{
    return tombstone_look_meets(look, view_from_text(site), view_from_text(id));
}

static void a_look_sees_who_was_forgotten_after_it_was_made(void **state)
{
    (void)state;
    struct tombstone_look *look;
    open_again();
    assert_int_equal(tombstone_look_create(&look, tombstones, NULL), STATUS_OK);
    assert_false(looks_forgotten(look, "shop", "anna"));
    forget("shop", "bert");
    assert_false(looks_forgotten(look, "shop", "anna"));
    assert_false(looks_forgotten(look, "shop", "anna")); /* out of what is remembered */
    assert_false(looks_forgotten(look, "shop", ""));
    assert_true(looks_forgotten(look, "shop", "bert"));
    assert_false(looks_forgotten(look, "blog", "bert"));
    forget("", "anna");
    assert_true(looks_forgotten(look, "shop", "anna"));
    assert_true(looks_forgotten(look, "", "anna"));
    tombstone_look_destroy(look);
    tombstone_look_destroy(NULL);
}

enum { LOOKERS = 3, IDS = 400 };

/* Once known as forgotten an id stays so. */
static void *look_on(void *argument)
{
    struct tombstone_look *look;
    atomic_size_t *seen = argument;
    assert_int_equal(tombstone_look_create(&look, tombstones, NULL), STATUS_OK);
    for (size_t known = 0; known < IDS; known = atomic_load(seen)) {
        char id[16];
        snprintf(id, sizeof(id), "id-%zu", known);
        if (looks_forgotten(look, "shop", id)) {
            atomic_store(seen, known + 1);
        }
        snprintf(id, sizeof(id), "id-%zu", known / 2);
        assert_true(known < 2 || looks_forgotten(look, "shop", id));
    }
    tombstone_look_destroy(look);
    return NULL;
}

static void threads_look_while_one_adds(void **state)
{
    (void)state;
    pthread_t lookers[LOOKERS];
    atomic_size_t seen[LOOKERS] = {0};
    open_again();
    for (int i = 0; i < LOOKERS; i++) {
        assert_int_equal(pthread_create(&lookers[i], NULL, look_on, &seen[i]), 0);
    }
    for (int i = 0; i < IDS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "id-%d", i);
        forget("", id);
    }
    for (int i = 0; i < LOOKERS; i++) {
        assert_int_equal(pthread_join(lookers[i], NULL), 0);
        assert_int_equal(atomic_load(&seen[i]), IDS);
    }
}

/* Expected as Python's hmac module gives it. */
static void the_hash_is_hmac_sha_256(void **state)
{
    (void)state;
    static const char KEY[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    assert_int_equal(file_replace(folder.fd, "ERASURE_KEY", view_from_text(KEY), NULL), STATUS_OK);
    open_again();
    char name[TOMBSTONE_TEXT_BYTES];
    tombstones_name(tombstones, VIEW_LITERAL("shop"), VIEW_LITERAL("anna"), name);
    assert_string_equal(name, "eb7309ae7312218a6ccd33fd6f1c835d");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_forgotten_are_known_also_after_a_start),
        CASE(one_site_is_not_another),
        CASE(the_id_is_in_no_file_and_the_key_is_the_owners_alone),
        CASE(many_are_kept_each_once),
        CASE(a_line_that_was_cut_off_is_written_over),
        CASE(without_the_key_it_does_not_go_on),
        CASE(a_look_sees_who_was_forgotten_after_it_was_made),
        CASE(threads_look_while_one_adds),
        CASE(the_hash_is_hmac_sha_256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
