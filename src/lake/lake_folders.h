/*
 * lake_folders.h - folders of dates and hours that nothing is in any more go.
 *
 * Removing one is a question to the kernel, which says no while anything is in it: so nothing is
 * lost, whoever puts something there meanwhile. Who makes a file there must make its folders again
 * when they are gone between the two (part_writer.h does). Not made durable: a folder that is back
 * after a power cut goes the next time.
 *
 *     lake_folders_drop(lake_fd,
 * VIEW_LITERAL("raw/date=2026-11-24/hour=07/part-7-1-9.ndjson.zst")); lake_folders_sweep(raw_fd);
 */
#ifndef PIPES_LAKE_LAKE_FOLDERS_H
#define PIPES_LAKE_LAKE_FOLDERS_H

#include "base/status.h"
#include "base/view.h"

/* The folders of a file's hour and date, when they are empty; never the tree itself. */
void lake_folders_drop(int lake_fd, struct view file);
/* All empty ones of a tree. */
void lake_folders_sweep(int tree_fd);
/* Makes a tree when it is missing, sweeps and opens it. */
enum status lake_folders_enter(int lake_fd, const char *tree, int *fd, struct fault *fault)
    MUST_CHECK;

#endif
