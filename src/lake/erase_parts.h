/*
 * erase_parts.h - takes a subject out of the closed parts of a tree: rows of raw, bytes of the
 * quarantine.
 *
 * A part that holds nothing of the subject is not touched. Another is written anew beside it, and
 * the job's commit() has it take that place, under the same name: which numbers were looked at for
 * it stays true. So a stop anywhere leaves whole parts, and doing it again does the rest.
 *
 *     struct erase_counts counts = {0};
 *     erase_parts(tree_fd, TREE_RAW, &job, &counts, &fault);
 *
 * No part may be compacted meanwhile; new ones may come.
 */
#ifndef PIPES_LAKE_ERASE_PARTS_H
#define PIPES_LAKE_ERASE_PARTS_H

#include "lake/cursor.h"
#include "lake/erase_job.h"

/* Adds to *counts. A damaged part is counted and left; STATUS_IO or STATUS_FULL when one cannot be
 * written. */
enum status erase_parts(int tree_fd, enum tree tree, const struct erase_job *job,
                        struct erase_counts *counts, struct fault *fault) MUST_CHECK;

/* Removes unfinished files of raw and quarantine, which an earlier process left. Nobody may be
 * writing one. */
enum status erase_leftovers(int lake_fd, struct fault *fault) MUST_CHECK;
/* The same of the hours of any tree. */
enum status erase_unfinished(int tree_fd, struct fault *fault) MUST_CHECK;

#endif
