/*
 * schema_file.h - the statistics of an hour, on disk.
 *
 *     data/lake/events/date=2026-11-24/hour=07/events.parquet
 *     data/lake/schema/date=2026-11-24/hour=07.stats             counts the rows of that file
 *
 * Each says which Parquet file it counts (its size, and the checksum of its end, where Parquet
 * keeps the statistics of all its columns). So whatever a crash or a missing step leaves:
 * statistics of other rows are known as such, passed over, and counted again. Drawn in
 * docs/storage.md.
 *
 *     schema_file_save(stats, &(struct schema_file){lake_fd, hour, true}, parquet_fd, &fault);
 *     ... lake_commit(): replace schema/.../_hour=07.stats schema/.../hour=07.stats ...
 *     schema_file_load(&stats, seed, &(struct schema_file){lake_fd, hour}, parquet_fd, &fault);
 */
#ifndef PIPES_LAKE_SCHEMA_FILE_H
#define PIPES_LAKE_SCHEMA_FILE_H

#include "lake/schema_stats.h"

enum { SCHEMA_FILE_PATH_BYTES = 64 };

struct schema_file {
    int lake_fd;
    int64_t hour;       /* hours since 1970, UTC */
    bool is_unfinished; /* its name begins with '_': to be put in place by a commit */
};

/* Below the lake. */
void schema_file_path(const struct schema_file *file, char path[SCHEMA_FILE_PATH_BYTES]);

/* Writes the file, durably and as a whole, as statistics of that Parquet file, which must be
 * complete (open for reading, whatever its name). Sorts them. On failure the old one stands. */
enum status schema_file_save(struct schema_stats *stats, const struct schema_file *file,
                             int parquet_fd, struct fault *fault) MUST_CHECK;

/* Statistics of the Parquet file open as parquet_fd. STATUS_NOT_FOUND when there are none, or they
 * count another file, or were made with another seed: count the rows instead; STATUS_DAMAGED when
 * the file is not sound: the fault names it, count the rows, too. */
enum status schema_file_load(struct schema_stats **stats, uint64_t seed,
                             const struct schema_file *file, int parquet_fd, struct fault *fault)
    MUST_CHECK;

/* Whether there is a file that says it counts the Parquet file open as parquet_fd. Its body is not
 * looked at. */
bool schema_file_counts(const struct schema_file *file, int parquet_fd);

#endif
