/*
 * export.h - `pipes export`: rows of the lake to a file or a stream, each exactly once.
 *
 * What is exported ends below stable_seq, the number below which nothing is in flight: so the rows
 * "from A to below B" are the same whenever they are exported, but for erasure and retention, and
 * ranges that follow one another hold each row once.
 *
 *   to a file     written beside it as _NAME, synced, renamed: whole or not there
 *   to a folder   (resume) events-<from>-<to>.<format>, piece after piece; STATE says where the
 *                 next run goes on. Cut off anywhere, it goes on without a row lost or twice.
 *
 *     struct export_options options = {.data_fd = fd, .format = ANSWER_NDJSON, .out = "rows", ...};
 *     exit_status = export_run(&options);
 */
#ifndef PIPES_APP_EXPORT_H
#define PIPES_APP_EXPORT_H

#include "lake/answer.h"
#include "lake/snapshot.h"

struct export_options {
    int data_fd;                 /* borrowed */
    const char *data;            /* its name, for sentences */
    enum answer_format format;   /* ndjson, csv or parquet */
    struct snapshot_range range; /* to_seq 0: as far as it is stable */
    const char *out;             /* empty: out_fd */
    bool is_resumed;             /* out is a folder */
    const char *condition;       /* SQL over the events' columns; NULL: every row */
    int64_t memory_bytes;
    unsigned threads;
    const char *library; /* of DuckDB; empty: looked for */
    int out_fd;
    int err_fd;
};

/* Says on err_fd how many rows were written and up to which number, or what went wrong. */
int export_run(const struct export_options *options);

#endif
