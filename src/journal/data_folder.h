/*
 * data_folder.h - the folder that holds everything, and the right to write to it.
 *
 * data/LOCK is held by one writing process; data/FORMAT names the smallest version of the program
 * that may read and that may write, so that an older binary refuses with a sentence instead of
 * misreading. Folders are made with mode 0700 and files with 0640, whatever the umask.
 *
 *     data_folder_open(&data, "data", DATA_FOLDER_WRITE, &fault);
 */
#ifndef PIPES_JOURNAL_DATA_FOLDER_H
#define PIPES_JOURNAL_DATA_FOLDER_H

#include "base/status.h"

#include <stdbool.h>

enum data_folder_use {
    DATA_FOLDER_READ,  /* must exist; takes no lock */
    DATA_FOLDER_WRITE, /* made when missing; takes the lock */
};

struct data_folder {
    int fd;
    int lock_fd; /* -1 without the lock */
};

/* STATUS_BUSY: another process writes there (the fault names its id when it can be told);
 * STATUS_NOT_FOUND: there is no such folder to read; STATUS_DAMAGED: another format. */
enum status data_folder_open(struct data_folder *data, const char *path, enum data_folder_use use,
                             struct fault *fault) MUST_CHECK;
/* Gives the lock back. Accepts one that failed to open. */
void data_folder_close(struct data_folder *data);

/* Opens a folder in a folder, made when missing if `make`. STATUS_NOT_FOUND otherwise. */
enum status data_folder_enter(int folder_fd, const char *name, bool make, int *fd,
                              struct fault *fault) MUST_CHECK;

#endif
