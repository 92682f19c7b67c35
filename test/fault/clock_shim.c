/*
 * clock_shim.c - a wall clock that jumps: adds shim_control.clock_ahead_ms to CLOCK_REALTIME.
 * Built as a library of its own and loaded with LD_PRELOAD.
 */
#include "shim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A loaded library has no other place; set once, before main. */
static struct shim_control *control;

__attribute__((constructor)) static void load(void)
{
    const char *path = getenv("PIPES_SHIM_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, sizeof(*control), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    control = at == MAP_FAILED ? NULL : at;
    if (fd >= 0) {
        close(fd);
    }
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, which, now);
    if (result == 0 && which == CLOCK_REALTIME && control) {
        now->tv_sec += atomic_load(&control->clock_ahead_ms) / 1000;
    }
    return result;
}
