/*
 * lake_check_parquet.h - of lake_check.c: the lake's Parquet files.
 *
 * Every file must be as the manifest says (size, checksum), every file that the manifest names must
 * be there; and, where DuckDB is at hand, every row must have its keys, belong to its hour, and
 * stand in order.
 *
 *     lake_check_parquet_open(&files, &check, &fault);      with lake/SNAPSHOT locked
 *     lake_check_parquet_read(&files, &check, &fault);      unlocked again, if files.has_all
 *     lake_check_parquet_close(&files);
 */
#ifndef PIPES_LAKE_LAKE_CHECK_PARQUET_H
#define PIPES_LAKE_LAKE_CHECK_PARQUET_H

#include "lake/key_run.h"
#include "lake/lake_check.h"
#include "lake/lake_manifest.h"
#include "lake/lake_pending.h"

struct parquet_check {
    int lake_fd;
    const char *library; /* of DuckDB */
    const struct lake_pending *pending;
    struct lake_check_report *report;
    void (*on_problem)(void *self, const char *sentence);
    void (*on_key)(void *self, struct key key); /* of each row */
    void *self;
};

/* A file, and what the manifest said of it then. */
struct parquet_check_file {
    int fd; /* -1: more than may be open; it is opened when its turn comes */
    int64_t hour;
    struct lake_manifest_row row;
};

struct parquet_check_files {
    struct parquet_check_file *at;
    size_t count;
    bool has_all; /* every file is open */
};

/* Opens what there is, and says what the manifest names and is not there. */
enum status lake_check_parquet_open(struct parquet_check_files *files,
                                    const struct parquet_check *check, struct fault *fault)
    MUST_CHECK;
enum status lake_check_parquet_read(struct parquet_check_files *files,
                                    const struct parquet_check *check, struct fault *fault)
    MUST_CHECK;
/* Accepts a zeroed one. */
void lake_check_parquet_close(struct parquet_check_files *files);

#endif
