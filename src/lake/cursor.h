/*
 * cursor.h - how far each stream is in the lake: a small file, replaced as a whole.
 *
 * A line per stream: its id, the last number that is done in each tree (raw, quarantine), and the
 * last whose key is saved. Parts may be ahead of the file (their names say so), never behind; each
 * tree by itself, for a stop can come between closing a part of one and of the other.
 */
#ifndef PIPES_LAKE_CURSOR_H
#define PIPES_LAKE_CURSOR_H

#include "base/status.h"
#include "base/view.h"

#include <stddef.h>
#include <stdint.h>

enum { CURSOR_STREAMS_MAX = 8192 };

enum tree { TREE_RAW, TREE_QUARANTINE, TREES };

struct cursor_row {
    uint64_t stream;
    uint64_t done[TREES];
    uint64_t keys_done;
};

struct cursor {
    struct cursor_row *rows;
    size_t count;
    char *posting; /* what was counted on the way there, for the ledger (ledger_book.h); or NULL */
    size_t posting_bytes;
};

/* A missing file gives an empty cursor. STATUS_DAMAGED with a sentence when it is not understood.
 */
enum status cursor_load(struct cursor *cursor, int folder_fd, struct fault *fault) MUST_CHECK;
enum status cursor_save(const struct cursor *cursor, int folder_fd, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void cursor_free(struct cursor *cursor);

/* Copies. STATUS_NO_MEMORY: the one before stays. */
enum status cursor_set_posting(struct cursor *cursor, struct view posting) MUST_CHECK;

/* The stream's row, made when missing; NULL when there is no room. Valid until the next call. */
struct cursor_row *cursor_row(struct cursor *cursor, uint64_t stream);
void cursor_forget(struct cursor *cursor, uint64_t stream);

/* Raises `done` of the tree to what the names of the parts below tree_fd say, for the streams that
 * have a row. *file_bytes becomes the size of all parts. */
enum status cursor_scan_parts(struct cursor *cursor, enum tree tree, int tree_fd,
                              uint64_t *file_bytes, struct fault *fault) MUST_CHECK;

#endif
