/*
 * erase_child.h - Parquet files without somebody, made by a child process of the collector.
 *
 * DuckDB is never loaded by the collector itself. The child (`pipes forget --child`) reads
 * lake/FORGETTING, writes new files beside the old ones, and hands over each change; the parent,
 * who holds data/LOCK, commits it and answers. Over the child's two standard streams:
 *
 *     child   change HOUR FILES_BYTES POSTS_BYTES\n  and so many bytes
 *     parent  ok\n                                    or it ends the child
 *     child   done FILES REWRITTEN ROWS REDACTED UNREADABLE NAME\n
 *     child   failed SENTENCE\n
 *
 * Either may be killed at any instant: what was committed stands, the rest is done again.
 */
#ifndef PIPES_APP_ERASE_CHILD_H
#define PIPES_APP_ERASE_CHILD_H

#include "lake/erase_hours.h"

/* The parent's side: starts the program of this process once more and waits until it is done,
 * looking at job->should_stop meanwhile. */
enum status erase_child_run(const char *data, const char *library, const struct erase_job *job,
                            struct erase_counts *counts, struct fault *fault) MUST_CHECK;
/* The child's side. data_fd and library as of struct erase_hours_options. */
enum status erase_child_serve(int data_fd, const char *library, int in_fd, int out_fd,
                              struct fault *fault) MUST_CHECK;

#endif
