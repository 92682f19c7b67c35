#include "journal/disk_ring.h"

#include "../temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { BLOCKS = 8, BYTES = BLOCKS * DISK_BLOCK_BYTES };

static struct {
    struct temporary folder;
    int done_fd;
    int fd;
    char *bytes; /* pages */
    struct disk_ring *ring;
} scene;

static int tear_down(void **state)
{
    (void)state;
    disk_ring_destroy(scene.ring);
    scene.ring = NULL;
    munmap(scene.bytes, BYTES);
    close(scene.fd);
    close(scene.done_fd);
    return temporary_remove(&scene.folder);
}

static int set_up(void **state)
{
    (void)state;
    if (temporary_make(&scene.folder) != 0) {
        return -1;
    }
    scene.done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    scene.bytes = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = openat(scene.folder.fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool is_filled = write(fd, scene.bytes, BYTES) == BYTES && fsync(fd) == 0;
    close(fd);
    scene.fd = openat(scene.folder.fd, "file", O_RDWR | O_DIRECT | O_CLOEXEC);
    struct fault fault = {0};
    if (scene.fd < 0 || disk_ring_create(&scene.ring, scene.done_fd, &fault) != STATUS_OK) {
        printf("skipped: no direct writes through io_uring here: %s\n",
               scene.fd < 0 ? strerror(errno) : fault.text);
    }
    return is_filled ? 0 : -1;
}

static bool is_there(void)
{
    return scene.fd >= 0 && scene.ring;
}

static enum status wait_for_end(struct fault *fault)
{
    enum status status;
    while ((status = disk_ring_end(scene.ring, fault)) == STATUS_BUSY) {
        struct pollfd done = {.fd = scene.done_fd, .events = POLLIN};
        assert_true(poll(&done, 1, 10000) != 0);
    }
    return status;
}

static void two_parts_stand_one_behind_the_other(void **state)
{
    (void)state;
    char read_back[3 * DISK_BLOCK_BYTES];
    if (!is_there()) {
        skip();
    }
    memset(scene.bytes, 'a', DISK_BLOCK_BYTES);
    memset(scene.bytes + DISK_BLOCK_BYTES, 'b', 2 * DISK_BLOCK_BYTES);
    struct disk_write write = {scene.fd,
                               DISK_BLOCK_BYTES,
                               {view_make(scene.bytes, DISK_BLOCK_BYTES),
                                view_make(scene.bytes + DISK_BLOCK_BYTES, 2 * DISK_BLOCK_BYTES)}};
    assert_false(disk_ring_is_busy(scene.ring));
    assert_int_equal(disk_ring_end(scene.ring, NULL), STATUS_BUSY);
    assert_int_equal(disk_ring_write(scene.ring, &write, NULL), STATUS_OK);
    assert_true(disk_ring_is_busy(scene.ring));
    assert_int_equal(wait_for_end(NULL), STATUS_OK);
    assert_false(disk_ring_is_busy(scene.ring));
    assert_false(disk_ring_has_ended(scene.ring));
    int fd = openat(scene.folder.fd, "file", O_RDONLY);
    assert_int_equal(pread(fd, read_back, sizeof(read_back), DISK_BLOCK_BYTES), sizeof(read_back));
    assert_memory_equal(read_back, scene.bytes, sizeof(read_back));
    close(fd);
}

static void a_write_that_fails_says_why_and_the_next_one_works(void **state)
{
    (void)state;
    if (!is_there()) {
        skip();
    }
    int read_only = openat(scene.folder.fd, "file", O_RDONLY | O_DIRECT);
    struct fault fault = {0};
    struct disk_write write = {read_only, 0, {view_make(scene.bytes, BYTES)}};
    assert_int_equal(disk_ring_write(scene.ring, &write, NULL), STATUS_OK);
    assert_int_equal(wait_for_end(&fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "Bad file descriptor"));
    write.fd = scene.fd;
    assert_int_equal(disk_ring_write(scene.ring, &write, NULL), STATUS_OK);
    assert_int_equal(wait_for_end(&fault), STATUS_OK);
    close(read_only);
}

static void a_ring_that_goes_waits_for_its_write(void **state)
{
    (void)state;
    char first;
    if (!is_there()) {
        skip();
    }
    memset(scene.bytes, 'z', BYTES);
    struct disk_write write = {scene.fd, 0, {view_make(scene.bytes, BYTES)}};
    assert_int_equal(disk_ring_write(scene.ring, &write, NULL), STATUS_OK);
    disk_ring_destroy(scene.ring);
    scene.ring = NULL;
    int fd = openat(scene.folder.fd, "file", O_RDONLY);
    assert_int_equal(pread(fd, &first, 1, BYTES - 1), 1);
    assert_int_equal(first, 'z');
    close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(two_parts_stand_one_behind_the_other),
        CASE(a_write_that_fails_says_why_and_the_next_one_works),
        CASE(a_ring_that_goes_waits_for_its_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
