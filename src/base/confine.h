/*
 * confine.h - gives up, for ever, the right to change anything: for a process that runs what
 * somebody else wrote.
 *
 * Called while the process has one thread; threads made later are confined, too. What is open
 * already stays open: an inherited standard output can be written to. In this order:
 *
 *     Landlock   the kernel lets only the named folders be read, and files be made and removed only
 *                in the private folder; no TCP; a seccomp filter on top takes away sockets,
 *                programs, modes, owners, links, other processes;
 *     seccomp    where the kernel has no Landlock: nothing can be opened for writing, made, renamed
 *                or removed at all, the private folder included; what may be read is not limited
 *                by this.
 *
 * With neither it fails, and the caller must not go on.
 *
 *     struct confine_options options = {.read_fds = &lake_fd, .read_count = 1, .write_fd =
 * temp_fd}; confine(&options, &kind, &fault);
 */
#ifndef PIPES_BASE_CONFINE_H
#define PIPES_BASE_CONFINE_H

#include "base/status.h"

#include <stddef.h>

enum confine_kind {
    CONFINE_LANDLOCK, /* with a seccomp filter on top */
    CONFINE_SECCOMP,
};

struct confine_options {
    const int *read_fds; /* folders, files */
    size_t read_count;
    int write_fd; /* the private folder; -1: none */
};

enum status confine(const struct confine_options *options, enum confine_kind *kind,
                    struct fault *fault) MUST_CHECK;

#endif
