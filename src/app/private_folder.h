/*
 * private_folder.h - a folder for what does not fit into memory, gone with the processes that use
 * it.
 *
 *     TMPDIR/pipes-query-<six letters>     mode 0700
 *
 * Whoever has it holds it locked (flock), and so do the processes that it forks: the lock is theirs
 * together, and the kernel lets go of it when the last of them is dead, however it died. A folder
 * that nobody holds is one that a killed query left; who opens the next removes it.
 *
 *     struct private_folder folder;
 *     private_folder_open(&folder, "/tmp", &fault);
 *     ... folder.path ...
 *     private_folder_close(&folder);
 */
#ifndef PIPES_APP_PRIVATE_FOLDER_H
#define PIPES_APP_PRIVATE_FOLDER_H

#include "base/status.h"

enum { PRIVATE_FOLDER_PATH_BYTES = 4096 };

struct private_folder {
    int fd; /* holds the lock; -1: none */
    char path[PRIVATE_FOLDER_PATH_BYTES];
};

/* Makes one below `temp`, and removes those of this user there that nobody holds. */
enum status private_folder_open(struct private_folder *folder, const char *temp,
                                struct fault *fault) MUST_CHECK;
/* Removes it with all that is in it. */
void private_folder_close(struct private_folder *folder);

#endif
