/*
 * export_folder.h - the folder of a resumed export: where it goes on, and files that come into it
 * whole.
 *
 *     STATE                    next N      numbers below N are exported
 *                              file NAME   the piece that ends there, if it has rows
 *     events-A-B.ndjson        a piece: numbers from A to below B
 *     _events-A-B.ndjson       one that is not finished
 *
 * STATE is replaced before the last piece gets its name; whoever finds the piece under its
 * unfinished name gives it the other.
 */
#ifndef PIPES_APP_EXPORT_FOLDER_H
#define PIPES_APP_EXPORT_FOLDER_H

#include "base/status.h"

#include <stdint.h>

enum { EXPORT_NAME_BYTES = 96 };

struct export_folder {
    int fd;
    uint64_t next; /* 0: nothing was exported yet */
};

/* Made when missing; finishes what a crash left. */
enum status export_folder_open(struct export_folder *folder, const char *path, struct fault *fault)
    MUST_CHECK;
/* Accepts one that failed to open. */
void export_folder_close(struct export_folder *folder);

/* An unfinished file of that name, empty; the caller writes it. */
enum status export_folder_begin(const struct export_folder *folder, const char *name, int *fd,
                                struct fault *fault) MUST_CHECK;
/* The file is whole: it gets its name and the state moves to `next`. fd is closed. */
enum status export_folder_finish(struct export_folder *folder, const char *name, int fd,
                                 uint64_t next, struct fault *fault) MUST_CHECK;
/* The same without a state: for a file alone. */
enum status export_folder_publish(const struct export_folder *folder, const char *name, int fd,
                                  struct fault *fault) MUST_CHECK;
/* There was nothing to write, or it went wrong (then next is what it was). fd is closed. */
enum status export_folder_drop(struct export_folder *folder, const char *name, int fd,
                               uint64_t next, struct fault *fault) MUST_CHECK;

#endif
