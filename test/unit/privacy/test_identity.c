#include "privacy/identity.h"

#include "../temporary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const int64_t DAY_MS = 86400000;
static const int64_t NOON_MS = 20784LL * 86400000 + 43200000;
static struct temporary folder;
static struct key_ring *ring;
static const struct key_periods PERIODS = {90LL * 86400000, 3600000};
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&folder) == 0 &&
                   key_ring_open(&ring, folder.fd, &PERIODS, &fault) == STATUS_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    key_ring_close(ring);
    return temporary_remove(&folder);
}

static void make(enum key_name key, int64_t now_ms, const char *site, const char *id,
                 char text[IDENTITY_TEXT_BYTES + 1])
{
    const struct key_moment moment = {now_ms, now_ms};
    const struct identity_of of = {view_from_text(site), view_from_text(id)};
    assert_int_equal(identity_hash(ring, key, &moment, &of, text, &fault), STATUS_OK);
    text[IDENTITY_TEXT_BYTES] = 0;
    assert_int_equal(strspn(text, "0123456789abcdef"), IDENTITY_TEXT_BYTES);
}

static void reopen(void)
{
    key_ring_close(ring);
    assert_int_equal(key_ring_open(&ring, folder.fd, &PERIODS, &fault), STATUS_OK);
}

static void who_looks_finds_the_hash_of_the_key_that_is_there_and_makes_none(void **state)
{
    char made[IDENTITY_TEXT_BYTES + 1];
    char found[IDENTITY_TEXT_BYTES + 1] = {0};
    const struct identity_of of = {VIEW_LITERAL("shop"), VIEW_LITERAL("u-1")};
    const struct identity_of of_none = {view_make(NULL, 0), VIEW_LITERAL("u-1")};
    (void)state;
    assert_int_equal(identity_find(ring, KEY_OF_IDS, &of, found, &fault), STATUS_NOT_FOUND);
    assert_int_equal(faccessat(folder.fd, "IDENTITY_KEY", F_OK, 0), -1);
    make(KEY_OF_IDS, NOON_MS, "shop", "u-1", made);
    reopen();
    assert_int_equal(identity_find(ring, KEY_OF_IDS, &of, found, &fault), STATUS_OK);
    assert_string_equal(found, made);
    assert_int_equal(identity_find(ring, KEY_OF_IDS, &of_none, found, &fault), STATUS_OK);
    assert_string_not_equal(found, made);
    assert_int_equal(key_ring_tick(ring, NOON_MS + 91 * DAY_MS, &fault), STATUS_OK);
    reopen();
    assert_int_equal(identity_find(ring, KEY_OF_IDS, &of, found, &fault), STATUS_NOT_FOUND);
}

static void the_same_id_has_the_same_hash_also_after_a_restart(void **state)
{
    char first[IDENTITY_TEXT_BYTES + 1];
    char again[IDENTITY_TEXT_BYTES + 1];
    struct stat facts;
    (void)state;
    for (enum key_name key = 0; key <= KEY_OF_DAY; key++) {
        make(key, NOON_MS, "shop", "u-1", first);
        reopen();
        make(key, NOON_MS + 3600000, "shop", "u-1", again);
        assert_string_equal(first, again);
        make(key, NOON_MS, "shop", "u-2", again);
        assert_string_not_equal(first, again);
        make(key, NOON_MS, "blog", "u-1", again);
        assert_string_not_equal(first, again);
    }
    assert_int_equal(fstatat(folder.fd, "IDENTITY_KEY", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_int_equal(fstatat(folder.fd, "DAILY_SALT", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
}

static void a_days_salt_ends_with_the_day_and_nobody_makes_its_hashes_again(void **state)
{
    char today[IDENTITY_TEXT_BYTES + 1];
    char tomorrow[IDENTITY_TEXT_BYTES + 1];
    char back[IDENTITY_TEXT_BYTES + 1];
    struct stat facts;
    (void)state;
    make(KEY_OF_DAY, NOON_MS, "shop", "v", today);
    /* Held by another name, to look at what is left of the file. */
    assert_int_equal(linkat(folder.fd, "DAILY_SALT", folder.fd, "held", 0), 0);
    assert_int_equal(key_ring_tick(ring, NOON_MS + DAY_MS / 2 - 1, &fault), STATUS_OK);
    assert_int_equal(fstatat(folder.fd, "DAILY_SALT", &facts, 0), 0);
    assert_int_equal(key_ring_tick(ring, NOON_MS + DAY_MS / 2, &fault), STATUS_OK);
    assert_int_equal(fstatat(folder.fd, "DAILY_SALT", &facts, 0), -1);
    char bytes[256];
    int fd = openat(folder.fd, "held", O_RDONLY);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    close(fd);
    assert_true(len > 64);
    for (ssize_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], 0);
    }
    make(KEY_OF_DAY, NOON_MS + DAY_MS, "shop", "v", tomorrow);
    assert_string_not_equal(today, tomorrow);
    make(KEY_OF_DAY, NOON_MS, "shop", "v", back);
    assert_string_not_equal(today, back);
}

static void a_salt_that_a_crash_left_behind_is_destroyed_at_the_next_start(void **state)
{
    char today[IDENTITY_TEXT_BYTES + 1];
    struct stat facts;
    (void)state;
    make(KEY_OF_DAY, NOON_MS, "shop", "v", today);
    reopen();
    assert_int_equal(key_ring_tick(ring, NOON_MS + 3 * DAY_MS, &fault), STATUS_OK);
    assert_int_equal(fstatat(folder.fd, "DAILY_SALT", &facts, 0), -1);
}

static void the_key_of_ids_rotates(void **state)
{
    char before[IDENTITY_TEXT_BYTES + 1];
    char after[IDENTITY_TEXT_BYTES + 1];
    (void)state;
    make(KEY_OF_IDS, NOON_MS, "shop", "u", before);
    make(KEY_OF_IDS, NOON_MS + 90 * DAY_MS - 1, "shop", "u", after);
    assert_string_equal(before, after);
    make(KEY_OF_IDS, NOON_MS + 90 * DAY_MS, "shop", "u", after);
    assert_string_not_equal(before, after);
}

static void without_a_key_there_is_no_hash(void **state)
{
    char text[IDENTITY_TEXT_BYTES];
    (void)state;
    assert_int_equal(mkdirat(folder.fd, "IDENTITY_KEY", 0700), 0);
    const struct key_moment moment = {NOON_MS, NOON_MS};
    const struct identity_of of = {VIEW_LITERAL("s"), VIEW_LITERAL("u")};
    enum status status = identity_hash(ring, KEY_OF_IDS, &moment, &of, text, &fault);
    assert_true(status != STATUS_OK && status != STATUS_NOT_FOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(who_looks_finds_the_hash_of_the_key_that_is_there_and_makes_none),
        CASE(the_same_id_has_the_same_hash_also_after_a_restart),
        CASE(a_days_salt_ends_with_the_day_and_nobody_makes_its_hashes_again),
        CASE(a_salt_that_a_crash_left_behind_is_destroyed_at_the_next_start),
        CASE(the_key_of_ids_rotates),
        CASE(without_a_key_there_is_no_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
