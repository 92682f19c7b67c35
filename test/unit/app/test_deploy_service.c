#include "app/deploy_service.h"

#include "../temporary.h"
#include "app/deploy_command.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A manager made of files in the test's folder: `shown` is what it shows, `then` is what it shows
 * once it passed a signal on, `did` is what it was asked to do. */
static const char MANAGER[] = "#!/bin/sh\n"
                              "cd \"${0%/*}\"\n"
                              "case $1 in\n"
                              "show) cat shown ;;\n"
                              "kill) echo \"$*\" >>did; mv then shown ;;\n"
                              "*) echo \"$*\" >>did ;;\n"
                              "esac\n";

static struct temporary temporary;
static struct buf said;

static void write_text(const char *name, const char *text, mode_t mode)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", temporary.path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void read_text(const char *name, struct buf *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", temporary.path, name);
    buf_clear(text);
    enum status status = file_read(AT_FDCWD, path, text, NULL);
    assert_true(status == STATUS_OK || status == STATUS_NOT_FOUND);
}

static int set_up(void **state)
{
    (void)state;
    buf_init(&said, 1 << 16);
    if (temporary_make(&temporary) != 0) {
        return -1;
    }
    char path[4096];
    snprintf(path, sizeof(path), "%s:/usr/bin:/bin", temporary.path);
    setenv("PATH", path, 1);
    write_text("systemctl", MANAGER, 0755);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&said);
    temporary_remove(&temporary);
    return 0;
}

/* What the manager shows: a unit of this folder's, entered at a time. */
static void shows(const char *name, const char *active, long long pid, const char *status,
                  long long entered_s)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "MainPID=%lld\nStatusText=%s\nActiveState=%s\nFragmentPath=%s/unit\n"
             "DropInPaths=/nowhere/a %s/drop-in\nActiveEnterTimestamp=@%lld\n",
             pid, status, active, temporary.path, temporary.path, entered_s);
    write_text(name, text, 0644);
}

/* A process that was, and is no more. */
static pid_t of_the_past(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

/* Renews; did: what the manager was asked to do. */
static void renewed(const char *did, const char *sentence)
{
    struct fault fault = {0};
    char path[256];
    snprintf(path, sizeof(path), "%s/said", temporary.path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    enum status status = deploy_service_renew("some.service", fd, &fault);
    close(fd);
    if (status != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    read_text("did", &said);
    assert_true(view_is(buf_view(&said), did));
    read_text("said", &said);
    assert_non_null(memmem(said.at, said.len, sentence, strlen(sentence)));
}

enum { LATER_S = 2000000000 };

static void a_service_that_does_not_run_is_started(void **state)
{
    (void)state;
    shows("shown", "failed", 0, "", 0);
    renewed("restart some.service\n", "it did not run: started");
}

static void one_that_runs_goes_over_to_a_new_process(void **state)
{
    (void)state;
    shows("shown", "active", of_the_past(), "", LATER_S);
    shows("then", "active", getpid(), "", LATER_S);
    renewed("kill --kill-who=main --signal=USR2 some.service\n", "a new process has taken over");
}

static void one_whose_unit_has_changed_is_restarted(void **state)
{
    (void)state;
    write_text("drop-in", "", 0644);
    shows("shown", "active", of_the_past(), "", 1000);
    renewed("restart some.service\n", "its unit has changed: restarted");
}

static void one_that_refuses_says_why_and_is_restarted(void **state)
{
    (void)state;
    shows("shown", "active", getpid(), "hand-over failed at 1: an old one", LATER_S);
    shows("then", "active", getpid(), "hand-over failed at 2: no such port", LATER_S);
    renewed("kill --kill-who=main --signal=USR2 some.service\nrestart some.service\n",
            "hand-over failed at 2: no such port");
}

static void without_an_answer_of_the_manager_nothing_is_done(void **state)
{
    (void)state;
    struct fault fault = {0};
    assert_int_equal(deploy_service_renew("some.service", STDERR_FILENO, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "systemctl show failed"));
    read_text("did", &said);
    assert_int_equal(said.len, 0);
}

static void a_command_is_heard_to_its_end_and_kept_as_far_as_there_is_room(void **state)
{
    (void)state;
    struct buf small;
    buf_init(&small, 16);
    const char *const words[] = {"sh", "-c", "seq 100000; exit 0", NULL};
    assert_int_equal(deploy_command_read(words, &small, NULL), STATUS_OK);
    assert_true(small.len <= 16);
    buf_free(&small);
    const char *const missing[] = {"no-such-command-here", NULL};
    assert_int_equal(deploy_command_read(missing, &said, NULL), STATUS_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_service_that_does_not_run_is_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_runs_goes_over_to_a_new_process, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_whose_unit_has_changed_is_restarted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_refuses_says_why_and_is_restarted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_an_answer_of_the_manager_nothing_is_done, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_command_is_heard_to_its_end_and_kept_as_far_as_there_is_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
