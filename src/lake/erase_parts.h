/*
 * erase_parts.h - takes a subject out of the closed parts of a tree: rows of raw, bytes of the
 * quarantine.
 *
 * A part that holds nothing of the subject is not touched. Another is written anew beside it and
 * takes its place, under the same name: which numbers were looked at for it stays true. So a stop
 * anywhere leaves whole parts, and doing it again does the rest.
 *
 *     struct erase_counts counts = {0};
 *     erase_parts(tree_fd, TREE_RAW, &job, &counts, &fault);
 *
 * No part may be compacted meanwhile; new ones may come.
 */
#ifndef PIPES_LAKE_ERASE_PARTS_H
#define PIPES_LAKE_ERASE_PARTS_H

#include "lake/cursor.h"
#include "lake/subject.h"

#include <stdatomic.h>

struct erase_counts {
    uint64_t files;            /* looked at */
    uint64_t rewritten;        /* of these */
    uint64_t rows;             /* erased */
    uint64_t rows_redacted;    /* of others, in which the subject was mentioned */
    uint64_t unreadable;       /* files that could not be looked at */
    char unreadable_name[160]; /* the first of them */
};

struct erase_job {
    const struct subject *subject;
    bool is_dry;                     /* only counts */
    const _Atomic bool *should_stop; /* NULL: never. Then STATUS_BUSY */
};

/* Adds to *counts. A damaged part is counted and left; STATUS_IO or STATUS_FULL when one cannot be
 * written. */
enum status erase_parts(int tree_fd, enum tree tree, const struct erase_job *job,
                        struct erase_counts *counts, struct fault *fault) MUST_CHECK;

/* Removes unfinished files of the tree, which an earlier process left. Nobody may be writing one.
 */
enum status erase_unfinished(int tree_fd, struct fault *fault) MUST_CHECK;

#endif
