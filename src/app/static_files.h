/*
 * static_files.h - serves a folder of files over HTTP: a demo, or a small site beside its
 * collector.
 *
 * Only regular files below the folder; no name that starts with a dot, no way up, no listing. A
 * folder gives its index.html. A path without extension that does not exist gives the 200.html of
 * the nearest folder that has one (so that single-page applications can use real paths).
 *
 *     static_files_open(&files, "examples/shop", &fault);
 *     if (static_files_answer(&files, path, if_none_match, reply)) { ... }
 */
#ifndef PIPES_APP_STATIC_FILES_H
#define PIPES_APP_STATIC_FILES_H

#include "base/status.h"
#include "net/http_reply.h"

struct static_files {
    int fd; /* of the folder; -1: none */
};

enum { STATIC_FILE_BYTES_MAX = 8 * 1024 * 1024 };

enum status static_files_open(struct static_files *files, const char *path, struct fault *fault)
    MUST_CHECK;
void static_files_close(struct static_files *files);

/* Fills the reply; false (reply untouched) when there is no such file. `path` is as it came, with
 * its leading slash, not decoded. */
bool static_files_answer(const struct static_files *files, struct view path,
                         struct view if_none_match, struct http_reply *reply);

#endif
