#include "app/private_folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int make_temp(void **state)
{
    char name[] = "/tmp/pipes-private-XXXXXX";
    *state = mkdtemp(name) ? strdup(name) : NULL;
    return *state ? 0 : -1;
}

static int remove_temp(void **state)
{
    int failed = rmdir(*state); /* a test leaves nothing in it */
    free(*state);
    return failed;
}

static void open_one(struct private_folder *folder, const char *temp)
{
    struct fault fault = {0};
    if (private_folder_open(folder, temp, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
}

static void put_file(const char *folder, const char *name)
{
    char path[PRIVATE_FOLDER_PATH_BYTES + 64];
    snprintf(path, sizeof(path), "%.4096s/%.32s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void is_only_its_users_and_goes_with_all_that_is_in_it(void **state)
{
    struct private_folder folder;
    struct stat facts;
    char below[PRIVATE_FOLDER_PATH_BYTES + 64];
    open_one(&folder, *state);
    assert_int_equal(stat(folder.path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    snprintf(below, sizeof(below), "%s/more", folder.path);
    assert_int_equal(mkdir(below, 0700), 0);
    put_file(below, "spilled");
    private_folder_close(&folder);
    assert_false(is_there(folder.path));
}

static void one_that_somebody_holds_stays(void **state)
{
    struct private_folder first;
    struct private_folder second;
    open_one(&first, *state);
    put_file(first.path, "spilled");
    open_one(&second, *state);
    assert_string_not_equal(first.path, second.path);
    assert_true(is_there(first.path));
    private_folder_close(&first);
    private_folder_close(&second);
}

/* A process that opens a folder, says so, and waits to be killed. With a child of its own when it
 * is to be outlived. */
static pid_t start_holder(const char *temp, bool has_child, char *path, pid_t *child)
{
    int said[2];
    assert_int_equal(pipe(said), 0);
    pid_t holder = fork();
    if (holder == 0) {
        struct private_folder folder;
        open_one(&folder, temp);
        put_file(folder.path, "spilled");
        pid_t own = has_child ? fork() : 0;
        if (own > 0 || !has_child) {
            ssize_t wrote = write(said[1], &own, sizeof(own)) +
                            write(said[1], folder.path, sizeof(folder.path));
            (void)wrote;
        }
        for (;;) {
            pause();
        }
    }
    close(said[1]);
    assert_int_equal(read(said[0], child, sizeof(*child)), sizeof(*child));
    size_t got = 0;
    while (got < PRIVATE_FOLDER_PATH_BYTES) {
        ssize_t more = read(said[0], path + got, PRIVATE_FOLDER_PATH_BYTES - got);
        assert_true(more > 0);
        got += (size_t)more;
    }
    close(said[0]);
    return holder;
}

static void end(pid_t process)
{
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

static void one_whose_process_was_killed_goes_with_the_next(void **state)
{
    char path[PRIVATE_FOLDER_PATH_BYTES];
    pid_t none;
    struct private_folder next;
    pid_t holder = start_holder(*state, false, path, &none);
    open_one(&next, *state);
    assert_true(is_there(path));
    private_folder_close(&next);
    end(holder);
    assert_true(is_there(path));
    open_one(&next, *state);
    assert_false(is_there(path));
    private_folder_close(&next);
}

static void one_that_a_child_still_works_in_stays(void **state)
{
    char path[PRIVATE_FOLDER_PATH_BYTES];
    pid_t child;
    struct private_folder next;
    pid_t holder = start_holder(*state, true, path, &child);
    end(holder);
    open_one(&next, *state);
    assert_true(is_there(path));
    private_folder_close(&next);
    kill(child, SIGKILL);
    /* Not ours to wait for: gone when it can be sent nothing any more, or is a zombie's name. */
    bool is_gone = false;
    while (!is_gone) {
        open_one(&next, *state);
        is_gone = !is_there(path);
        private_folder_close(&next);
    }
}

static void what_only_looks_like_one_stays(void **state)
{
    struct private_folder folder;
    char path[4200];
    char target[4200];
    snprintf(target, sizeof(target), "%s/elsewhere", (const char *)*state);
    assert_int_equal(mkdir(target, 0700), 0);
    put_file(target, "kept");
    snprintf(path, sizeof(path), "%s/pipes-query-abcdef", (const char *)*state);
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof(path), "%s/pipes-query-longer-name", (const char *)*state);
    assert_int_equal(mkdir(path, 0700), 0);
    open_one(&folder, *state);
    private_folder_close(&folder);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof(path), "%s/pipes-query-abcdef", (const char *)*state);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/elsewhere/kept", (const char *)*state);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(target), 0);
}

static void says_where_it_could_not_be_made(void **state)
{
    (void)state;
    struct private_folder folder;
    struct fault fault = {0};
    assert_int_equal(private_folder_open(&folder, "/nowhere", &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "/nowhere/pipes-query-"));
    assert_non_null(strstr(fault.text, "TMPDIR"));
    private_folder_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_only_its_users_and_goes_with_all_that_is_in_it,
                                        make_temp, remove_temp),
        cmocka_unit_test_setup_teardown(one_that_somebody_holds_stays, make_temp, remove_temp),
        cmocka_unit_test_setup_teardown(one_whose_process_was_killed_goes_with_the_next, make_temp,
                                        remove_temp),
        cmocka_unit_test_setup_teardown(one_that_a_child_still_works_in_stays, make_temp,
                                        remove_temp),
        cmocka_unit_test_setup_teardown(what_only_looks_like_one_stays, make_temp, remove_temp),
        cmocka_unit_test(says_where_it_could_not_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
