#include "app/deploy_plan.h"

#include "../temporary.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

static struct temporary temporary;
static struct arena arena;
static struct deploy_plan plan;
static int quiet_fd;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    quiet_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return temporary_make(&temporary);
}

static int tear_down(void **state)
{
    (void)state;
    close(quiet_fd);
    arena_free(&arena);
    temporary_remove(&temporary);
    return 0;
}

/* Below the test's folder. */
static const char *at(const char *name)
{
    char text[128];
    int len = snprintf(text, sizeof(text), "%s%s", temporary.path, name);
    return arena_copy(&arena, view_make(text, (size_t)len + 1)).at;
}

static void has(const char *name, const char *text, mode_t mode)
{
    struct stat facts;
    struct buf read;
    buf_init(&read, 4096);
    assert_int_equal(file_read(AT_FDCWD, at(name), &read, NULL), STATUS_OK);
    assert_true(view_is(buf_view(&read), text));
    assert_int_equal(stat(at(name), &facts), 0);
    assert_int_equal(facts.st_mode & 07777, mode);
    buf_free(&read);
}

static void folders_files_copies_and_lines_come_with_their_modes(void **state)
{
    (void)state;
    deploy_plan_init(&plan, &arena, temporary.path);
    deploy_plan_folder(&plan, "/a/b", 0700);
    deploy_plan_file(&plan, "/a/b/file", 0604, VIEW_LITERAL("text"));
    deploy_plan_copy(&plan, at("/a/b/file"), "/c/copy", 0755);
    deploy_plan_line(&plan, "/c/lines", "one");
    deploy_plan_line(&plan, "/c/lines", "two");
    deploy_plan_line(&plan, "/c/lines", "one");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(deploy_plan_do(&plan, quiet_fd, NULL), STATUS_OK);
        has("/a/b/file", "text", 0604);
        has("/c/copy", "text", 0755);
        has("/c/lines", "one\ntwo\n", 0644);
    }
}

static void what_is_gone_stays_gone_and_a_folder_that_is_in_use_stays(void **state)
{
    (void)state;
    deploy_plan_init(&plan, &arena, temporary.path);
    deploy_plan_file(&plan, "/a/tree/file", 0644, VIEW_LITERAL("x"));
    deploy_plan_file(&plan, "/a/lines", 0600, VIEW_LITERAL("mine\n import x\nlast"));
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, NULL), STATUS_OK);
    deploy_plan_init(&plan, &arena, temporary.path);
    deploy_plan_cut_line(&plan, "/a/lines", "import x");
    deploy_plan_tree_gone(&plan, "/a/tree");
    deploy_plan_gone(&plan, "/a");
    deploy_plan_gone(&plan, "/never");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(deploy_plan_do(&plan, quiet_fd, NULL), STATUS_OK);
        has("/a/lines", "mine\nlast\n", 0600);
        assert_int_not_equal(access(at("/a/tree"), F_OK), 0);
    }
}

static void the_first_step_that_fails_ends_it_unless_it_may_fail(void **state)
{
    (void)state;
    struct fault fault = {0};
    deploy_plan_init(&plan, &arena, "");
    deploy_plan_run(&plan, true, (const char *[]){"false", NULL});
    deploy_plan_run(&plan, true, (const char *[]){"no-such-command-here", NULL});
    deploy_plan_run(&plan, false, (const char *[]){"sh", "-c", "exit 3", NULL});
    deploy_plan_file(&plan, at("/after"), 0644, VIEW_LITERAL("x"));
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "sh -c failed"));
    assert_int_not_equal(access(at("/after"), F_OK), 0);
}

/* nobody: a user that every system has, and that nothing belongs to. */
static void what_a_user_may_not_read_is_named_with_what_is_in_the_way(void **state)
{
    (void)state;
    struct fault fault = {0};
    if (geteuid() != 0) {
        skip();
    }
    deploy_plan_init(&plan, &arena, "");
    deploy_plan_file(&plan, at("/open/own/key"), 0640, VIEW_LITERAL("x"));
    deploy_plan_folder(&plan, at("/open"), 0755);
    deploy_plan_folder(&plan, at("/open/own"), 0700);
    deploy_plan_readable(&plan, at("/open/own/key"), "nobody");
    assert_int_equal(chmod(temporary.path, 0755), 0);
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "the user nobody may not enter"));
    assert_non_null(strstr(fault.text, "setfacl -m u:nobody:x"));
    assert_non_null(strstr(fault.text, "/open/own, on the way to"));
    plan.steps[2].mode = 0711;
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_BAD_INPUT);
    assert_non_null(strstr(fault.text, "the user nobody may not read"));
    assert_non_null(strstr(fault.text, "chgrp nobody"));
    plan.steps[0].mode = 0644;
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_OK);
    deploy_plan_readable(&plan, at("/none"), "nobody");
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "No such file"));
    deploy_plan_readable(&plan, at("/none"), "no-such-user");
    plan.steps[plan.count - 2] = plan.steps[plan.count - 1];
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_NOT_FOUND);
    deploy_plan_init(&plan, &arena, temporary.path);
    deploy_plan_readable(&plan, "/none", "nobody");
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, &fault), STATUS_OK);
}

static void below_a_root_no_command_is_run(void **state)
{
    (void)state;
    struct buf shown;
    deploy_plan_init(&plan, &arena, temporary.path);
    deploy_plan_run(&plan, false, (const char *[]){"touch", at("/touched"), NULL});
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, NULL), STATUS_OK);
    assert_int_not_equal(access(at("/touched"), F_OK), 0);
    buf_init(&shown, 4096);
    assert_int_equal(deploy_plan_show(&plan, &shown), STATUS_OK);
    assert_non_null(memmem(shown.at, shown.len, "not below a --root", 18));
    buf_free(&shown);
}

static void a_plan_that_is_not_whole_is_not_done(void **state)
{
    (void)state;
    deploy_plan_init(&plan, &arena, temporary.path);
    for (int i = 0; i <= DEPLOY_STEPS_MAX; i++) {
        deploy_plan_folder(&plan, "/a", 0755);
    }
    assert_int_equal(deploy_plan_do(&plan, quiet_fd, NULL), STATUS_TOO_BIG);
    assert_int_not_equal(access(at("/a"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folders_files_copies_and_lines_come_with_their_modes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_gone_stays_gone_and_a_folder_that_is_in_use_stays,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_step_that_fails_ends_it_unless_it_may_fail,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_user_may_not_read_is_named_with_what_is_in_the_way,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(below_a_root_no_command_is_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_plan_that_is_not_whole_is_not_done, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
