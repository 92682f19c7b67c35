/*
 * query.h - `pipes query`: a script of SQL over everything that was stored, up to the last second.
 *
 * Works beside a running collector without asking it anything: a child takes a snapshot, gives up
 * its rights (see confined.h) and runs the SQL, where DuckDB sees the snapshot's files and nothing
 * else.
 *
 *     struct query_options options = {.data_fd = fd, .sql = sql, .format = ANSWER_TABLE, ...};
 *     exit_status = query_run(&options);
 */
#ifndef PIPES_APP_QUERY_H
#define PIPES_APP_QUERY_H

#include "lake/answer.h"
#include "lake/snapshot.h"

struct query_options {
    int data_fd; /* borrowed */
    struct view sql;
    enum answer_format format;
    struct snapshot_range range;
    int64_t memory_bytes;
    int64_t time_ms; /* 0: no limit */
    unsigned threads;
    const char *library; /* of DuckDB; empty: looked for */
    int out_fd;
    int err_fd;
};

/* All statements are run, the last one's answer is written. What went wrong is said on err_fd. */
int query_run(const struct query_options *options);

/* As many files may be open as the system lets this process: a lake has many. */
void query_raise_file_limit(void);

#endif
