/*
 * erase_child.h - the lake's files without somebody, made by a child process of the collector.
 *
 * DuckDB is never loaded by the collector itself. The child (`pipes forget --child`) reads
 * lake/FORGETTING, writes new files beside the old ones, and proposes each change (lake_work.h) to
 * the parent, who holds data/LOCK. On its standard output it says at last
 *
 *     done                          or  failed SENTENCE
 *     FILES REWRITTEN ROWS REDACTED UNREADABLE NAME      of raw, Parquet, quarantine
 *
 * Either may be killed at any instant: what was committed stands, the rest is done again.
 */
#ifndef PIPES_APP_ERASE_CHILD_H
#define PIPES_APP_ERASE_CHILD_H

#include "lake/erase.h"

/* The parent's side. */
struct erase_child_options {
    const char *data;    /* path of the data folder */
    const char *library; /* of DuckDB; empty: looked for */
    const _Atomic bool *should_stop;
};
/* Starts the program of this process once more and waits until it is done. */
enum status erase_child_run(const struct erase_child_options *options, struct erase_report *report,
                            struct fault *fault) MUST_CHECK;
/* The child's side. */
enum status erase_child_serve(int data_fd, const char *data, const char *library, int out_fd,
                              struct fault *fault) MUST_CHECK;

#endif
