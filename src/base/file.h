/*
 * file.h - the few things that must be done right with files: whole writes, durable replacement.
 *
 *     file_replace(folder_fd, "FORMAT", bytes, &fault);   old or new content, never half
 */
#ifndef PIPES_BASE_FILE_H
#define PIPES_BASE_FILE_H

#include "base/buf.h"
#include "base/status.h"
#include "base/view.h"

#include <stdint.h>

enum { FILE_MODE = 0640, FILE_MODE_PUBLIC = 0644, FILE_FOLDER_MODE = 0700 };

/* Writes everything at offset, or says why not; what was written so far stays in the file. */
enum status file_write_at(int fd, struct view bytes, uint64_t offset, struct fault *fault)
    MUST_CHECK;
/* Appends the whole file to out. STATUS_NOT_FOUND when there is none; STATUS_TOO_BIG over out's
 * ceiling. */
enum status file_read(int folder_fd, const char *name, struct buf *out, struct fault *fault)
    MUST_CHECK;
/* Puts a new file in the place of an old one: written beside it as _NAME, synced, renamed, folder
 * synced. On failure the old one stands. */
enum status file_replace(int folder_fd, const char *name, struct view bytes, struct fault *fault)
    MUST_CHECK;
/* The same for a file that others on this machine read: a web server. */
enum status file_replace_public(int folder_fd, const char *name, struct view bytes,
                                struct fault *fault) MUST_CHECK;
/* For who writes much in the background: sends what was written to the disk in small pieces, and
 * waits for the one before, so that a sync at the end has little to do and others' writes never
 * stand behind megabytes. A hint: nothing is promised. `end`: how far the file was written. */
struct file_pace {
    uint64_t sent; /* zeroed at the beginning */
};
void file_pace(struct file_pace *pace, int fd, uint64_t end);

/* Makes what was created, renamed or removed in the folder survive a power cut. */
enum status file_sync_folder(int folder_fd, struct fault *fault) MUST_CHECK;

#endif
