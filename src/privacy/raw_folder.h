/*
 * raw_folder.h - the files of data/raw-requests and their keys: names, lists, ends.
 *
 *     raw-requests/date=2026-11-27/hour=17/requests-4f0c...   frames (raw_frame.h), appended
 *     raw-requests/keys/hour=494105-4f0c...                   32 random bytes, mode 0600
 *
 * A file has a key of its own, which it shares an id with. To destroy a file is to overwrite its
 * key, sync and unlink it: then nobody can read the frames, whatever a disk keeps of them.
 */
#ifndef PIPES_PRIVACY_RAW_FOLDER_H
#define PIPES_PRIVACY_RAW_FOLDER_H

#include "base/status.h"
#include "privacy/raw_frame.h"

struct raw_file {
    int64_t hour; /* hours since 1970, UTC */
    uint64_t id;
    uint64_t bytes;
};

/* By hour. */
struct raw_list {
    struct raw_file *files;
    size_t count;
};

/* Opens data/raw-requests, made when missing if `make`; STATUS_NOT_FOUND otherwise. */
enum status raw_folder_open(int data_fd, bool make, int *folder_fd, struct fault *fault) MUST_CHECK;

enum status raw_folder_list(int folder_fd, struct raw_list *list, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void raw_list_free(struct raw_list *list);

/* A new, empty one with its key; `file` names the hour and gets an id. */
enum status raw_folder_create(int folder_fd, struct raw_file *file, struct raw_key *key, int *fd,
                              struct fault *fault) MUST_CHECK;
/* For reading. STATUS_NOT_FOUND: it, or its key, was destroyed meanwhile. */
enum status raw_folder_read(int folder_fd, const struct raw_file *file, struct raw_key *key,
                            int *fd, struct fault *fault) MUST_CHECK;
/* The key first. One that is gone already is no failure. */
enum status raw_folder_destroy(int folder_fd, const struct raw_file *file, struct fault *fault)
    MUST_CHECK;
/* Keys without a file, which a crash may leave, are destroyed. */
enum status raw_folder_tidy(int folder_fd, const struct raw_list *list, struct fault *fault)
    MUST_CHECK;

#endif
