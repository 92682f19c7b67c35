/* Each case gives up its rights in a child and then tries what it must not be able to do. */
#include "base/confine.h"

#include "../temporary.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

struct scene {
    struct temporary data;
    struct temporary private;
};

static struct scene scene;

static int set_up(void **state)
{
    (void)state;
    return temporary_make(&scene.data) == 0 && temporary_make(&scene.private) == 0 &&
                   mkdirat(scene.data.fd, "lake", 0700) == 0 &&
                   close(openat(scene.data.fd, "lake/file", O_CREAT | O_WRONLY, 0600)) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return temporary_remove(&scene.data) + temporary_remove(&scene.private);
}

/* A kernel without Landlock: the calls are unknown. */
static void hide_landlock(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = steps};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

typedef const char *attempt_fn(void);

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool opens_in(const char *folder, const char *name, int flags)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return opens(path, flags);
}

/* NULL, or what was possible. */
static const char *change_data(void)
{
    const char *data = scene.data.path;
    int fd = openat(scene.data.fd, "lake/file", O_RDONLY);
    char by_number[64];
    char path[128];
    snprintf(by_number, sizeof(by_number), "/proc/self/fd/%d", fd);
    snprintf(path, sizeof(path), "%s/lake/file", data);
    return fd < 0                                               ? "cannot read"
           : opens(path, O_WRONLY)                              ? "opened for writing"
           : opens(path, O_RDWR)                                ? "opened for both"
           : opens(path, O_RDONLY | O_TRUNC)                    ? "emptied"
           : opens(by_number, O_WRONLY)                         ? "opened again by its number"
           : opens_in(data, "lake/new", O_WRONLY | O_CREAT)     ? "made"
           : opens_in(data, "lake", O_TMPFILE | O_RDWR)         ? "made without a name"
           : unlinkat(scene.data.fd, "lake/file", 0) == 0       ? "removed"
           : mkdirat(scene.data.fd, "lake/sub", 0700) == 0      ? "made a folder"
           : rename(path, "/tmp/pipes-test-moved") == 0         ? "renamed"
           : link(path, "/tmp/pipes-test-link") == 0            ? "linked"
           : symlink(path, "/tmp/pipes-test-link") == 0         ? "linked softly"
           : truncate(path, 0) == 0                             ? "cut"
           : chmod(path, 0777) == 0                             ? "changed a mode"
           : fchmod(fd, 0777) == 0                              ? "changed an open file's mode"
           : chown(path, 1, 1) == 0                             ? "changed an owner"
           : syscall(SYS_openat2, AT_FDCWD, path, NULL, 0) >= 0 ? "opened another way"
                                                                : NULL;
}

static const char *reach_others(void)
{
    char *const nobody[] = {NULL};
    execve("/bin/true", nobody, nobody);
    return socket(AF_INET, SOCK_STREAM, 0) >= 0   ? "made a socket"
           : socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? "made a local socket"
           : kill(getppid(), 0) == 0              ? "could send a signal"
                                                  : NULL;
}

static void *in_a_thread(void *attempt)
{
    return (void *)(uintptr_t)(*(attempt_fn **)attempt)();
}

/* Whatever holds for the process must hold for the threads that it makes. */
static const char *change_data_in_a_thread(void)
{
    pthread_t thread;
    void *result = (void *)(uintptr_t) "made no thread";
    attempt_fn *attempt = change_data;
    if (pthread_create(&thread, NULL, in_a_thread, &attempt) == 0) {
        pthread_join(thread, &result);
    }
    return result;
}

static const char *use_private_folder(void)
{
    const char *folder = scene.private.path;
    return !opens_in(folder, "a", O_RDWR | O_CREAT)  ? "cannot make a file of its own"
           : unlinkat(scene.private.fd, "a", 0) != 0 ? "cannot remove it"
                                                     : NULL;
}

static const char *use_private_folder_in_vain(void)
{
    return opens_in(scene.private.path, "a", O_RDWR | O_CREAT) ? "made a file" : NULL;
}

static const char *read_elsewhere(void)
{
    return opens("/etc/passwd", O_RDONLY)                           ? "read a file of the system"
           : opens("/proc/self/environ", O_RDONLY)                  ? "read the environment"
           : opens_in(scene.data.path, ".", O_RDONLY | O_DIRECTORY) ? "listed the folder above"
                                                                    : NULL;
}

/* Names of files are taken as they are. */
static const char *follow_links(void)
{
    char target[64];
    return readlink("/proc/self/exe", target, sizeof(target)) > 0 ? "read a link"
           : readlinkat(scene.data.fd, "/proc/self/exe", target, sizeof(target)) > 0
               ? "read a link below a folder"
               : NULL;
}

static void in_a_child(bool has_landlock, enum confine_kind expected, attempt_fn *attempt)
{
    char *said = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int lake_fd = openat(scene.data.fd, "lake", O_RDONLY | O_DIRECTORY);
    assert_true(lake_fd >= 0);
    pid_t child = fork();
    if (child == 0) {
        struct confine_options options = {
            .read_fds = &lake_fd, .read_count = 1, .write_fd = scene.private.fd};
        struct fault fault = {0};
        enum confine_kind kind;
        if (!has_landlock) {
            hide_landlock();
        }
        if (confine(&options, &kind, &fault) != STATUS_OK || kind != expected) {
            snprintf(said, 4096, "confined in another way: %s", fault.text);
            _exit(1);
        }
        const char *what = attempt();
        snprintf(said, 4096, "%s", what ? what : "");
        _exit(what != NULL);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    close(lake_fd);
    if (how != 0) {
        fail_msg("%s", said);
    }
    munmap(said, 4096);
}

static bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

static void with_landlock(attempt_fn *attempt)
{
    if (!has_landlock()) {
        skip();
    }
    in_a_child(true, CONFINE_LANDLOCK, attempt);
}

static void nothing_of_the_data_can_be_changed(void **state)
{
    (void)state;
    with_landlock(change_data);
    with_landlock(change_data_in_a_thread);
}

static void nothing_else_can_be_read(void **state)
{
    (void)state;
    with_landlock(read_elsewhere);
    with_landlock(follow_links);
}

static void the_private_folder_can_be_used(void **state)
{
    (void)state;
    with_landlock(use_private_folder);
}

static void nobody_else_can_be_reached(void **state)
{
    (void)state;
    with_landlock(reach_others);
}

static void without_landlock_nothing_at_all_can_be_changed(void **state)
{
    (void)state;
    in_a_child(false, CONFINE_SECCOMP, change_data);
    in_a_child(false, CONFINE_SECCOMP, change_data_in_a_thread);
    in_a_child(false, CONFINE_SECCOMP, use_private_folder_in_vain);
    in_a_child(false, CONFINE_SECCOMP, reach_others);
    in_a_child(false, CONFINE_SECCOMP, follow_links);
}

/* The attempts prove something: unconfined they succeed. */
static void each_attempt_works_for_a_process_with_its_rights(void **state)
{
    (void)state;
    assert_non_null(change_data());
    assert_non_null(read_elsewhere());
    assert_non_null(follow_links());
    assert_null(use_private_folder());
    assert_non_null(use_private_folder_in_vain());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_of_the_data_can_be_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_else_can_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_private_folder_can_be_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_else_can_be_reached, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_landlock_nothing_at_all_can_be_changed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_attempt_works_for_a_process_with_its_rights, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
