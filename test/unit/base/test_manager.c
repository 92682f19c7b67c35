#include "base/manager.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = 0;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    return fd;
}

static void heard(int fd, const char *expected)
{
    char text[512];
    ssize_t got = recv(fd, text, sizeof(text), 0);
    assert_int_equal(got, (ssize_t)strlen(expected));
    assert_memory_equal(text, expected, strlen(expected));
}

static void a_manager_hears_what_it_is_told_at_a_file_and_at_a_name_of_the_kernels(void **state)
{
    (void)state;
    char folder[] = "/tmp/pipes-manager-XXXXXX";
    char file[64];
    char name[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/notify", folder);
    snprintf(name, sizeof(name), "@pipes-manager-%d", (int)getpid());
    const char *const places[] = {file, name};
    for (size_t i = 0; i < 2; i++) {
        int fd = listen_at(places[i]);
        setenv("NOTIFY_SOCKET", places[i], 1);
        manager_tell("READY=1");
        manager_tell("MAINPID=%d", 77);
        heard(fd, "READY=1");
        heard(fd, "MAINPID=77");
        close(fd);
    }
    unlink(file);
    rmdir(folder);
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    char name[200];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    const char *const places[] = {NULL, "", "/", "/nowhere/there", name};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i]) {
            setenv("NOTIFY_SOCKET", places[i], 1);
        } else {
            unsetenv("NOTIFY_SOCKET");
        }
        manager_tell("READY=1");
    }
}

static void what_is_too_long_is_not_told_in_part(void **state)
{
    (void)state;
    char name[64];
    char text[400];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    snprintf(name, sizeof(name), "@pipes-manager-long-%d", (int)getpid());
    int fd = listen_at(name);
    setenv("NOTIFY_SOCKET", name, 1);
    manager_tell("STATUS=%s", text);
    manager_tell("READY=1");
    heard(fd, "READY=1");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manager_hears_what_it_is_told_at_a_file_and_at_a_name_of_the_kernels),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(what_is_too_long_is_not_told_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
