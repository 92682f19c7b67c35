/*
 * stream_folder.h - inside of the journal: what stands in one stream's folder.
 */
#ifndef PIPES_JOURNAL_STREAM_FOLDER_H
#define PIPES_JOURNAL_STREAM_FOLDER_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

bool stream_folder_is_segment(const char *name, uint64_t *number);
/* Of its segments; what cannot be looked at counts nothing. */
uint64_t stream_folder_bytes(int folder_fd);
/* Removes everything: segments, spares, whatever an earlier start left half made. */
enum status stream_folder_empty(int folder_fd, struct fault *fault) MUST_CHECK;

#endif
