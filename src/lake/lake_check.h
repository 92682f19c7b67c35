/*
 * lake_check.h - proves that what is on disk is sound: the journal's frames, the lake's parts.
 *
 * Reads with the same readers as the running program and changes nothing. It may run beside
 * `pipes serve`: what is being written is left out, and the lake's files are read as they were
 * when they were opened, whatever takes their places meanwhile (docs/storage.md: SNAPSHOT).
 *
 *     struct lake_check_report report = {0};
 *     lake_check(data_fd, NULL, &complaints, &report, &fault);
 *     is_sound = report.problems == 0;
 */
#ifndef PIPES_LAKE_LAKE_CHECK_H
#define PIPES_LAKE_LAKE_CHECK_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct lake_check_report {
    uint64_t problems;
    uint64_t streams; /* in the journal */
    uint64_t frames;
    uint64_t waiting; /* events in the journal; the lake may have some of them already */
    uint64_t torn_bytes;
    uint64_t parts;
    uint64_t rows;
    uint64_t quarantined;
    uint64_t bytes;      /* of rows, before compression */
    uint64_t file_bytes; /* of the parts */
    uint64_t parquet_files;
    uint64_t parquet_rows; /* as the manifest says */
    uint64_t parquet_bytes;
    bool parquet_unread; /* without DuckDB: checksums were compared, rows not looked at */
    bool keys_unchecked; /* too many rows to look for repeated events in memory */
};

/* One call per problem, with a sentence. */
struct lake_check_listener {
    void (*on_problem)(void *self, const char *sentence);
    /* Now and then, for a sign of life; may be NULL. */
    void (*on_progress)(void *self, const struct lake_check_report *report);
    void *self;
};

/* STATUS_OK when it could look at everything, whatever it found. `library`: DuckDB's, NULL or empty
 * when it is to be looked for; when there is none, rows of Parquet files are not looked at. */
enum status lake_check(int data_fd, const char *library, const struct lake_check_listener *listener,
                       struct lake_check_report *report, struct fault *fault) MUST_CHECK;

#endif
