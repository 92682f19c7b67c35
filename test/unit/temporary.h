/*
 * temporary.h - a folder of a test's own, gone with it.
 *
 *     static struct temporary temporary;
 *     temporary_make(&temporary);      in set_up
 *     temporary_remove(&temporary);    in tear_down
 */
#ifndef PIPES_TEST_TEMPORARY_H
#define PIPES_TEST_TEMPORARY_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct temporary {
    char path[32];
    int fd;
};

/* 0, or -1 when it cannot be made: what cmocka wants of a set-up. */
static inline int temporary_make(struct temporary *temporary)
{
    memcpy(temporary->path, "/tmp/pipes-test-XXXXXX", 23);
    temporary->fd = -1;
    if (mkdtemp(temporary->path)) {
        temporary->fd = open(temporary->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return temporary->fd >= 0 ? 0 : -1;
}

static inline int temporary_remove_one(const char *path, const struct stat *facts, int kind,
                                       struct FTW *walk)
{
    (void)facts;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int temporary_remove(struct temporary *temporary)
{
    close(temporary->fd);
    return nftw(temporary->path, temporary_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
