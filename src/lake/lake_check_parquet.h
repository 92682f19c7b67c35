/*
 * lake_check_parquet.h - of lake_check.c: the lake's Parquet files.
 *
 * Every file must be as the manifest says (size, checksum), every file that the manifest names must
 * be there; and, where DuckDB is at hand, every row must have its keys, belong to its hour, and
 * stand in order.
 */
#ifndef PIPES_LAKE_LAKE_CHECK_PARQUET_H
#define PIPES_LAKE_LAKE_CHECK_PARQUET_H

#include "lake/key_run.h"
#include "lake/lake_check.h"
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

enum status lake_check_parquet(const struct parquet_check *check, struct fault *fault) MUST_CHECK;

#endif
