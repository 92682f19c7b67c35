/*
 * erase_file.h - inside of erase_hours: one Parquet file without the rows that go, beside the one
 * with them.
 *
 *     erase_file_create(&file, &options, &fault);
 *     if (erase_file_hour(file, hour, &counts, &made, &fault) == STATUS_OK) { ... commit it ... }
 *     erase_file_destroy(file);
 */
#ifndef PIPES_LAKE_ERASE_FILE_H
#define PIPES_LAKE_ERASE_FILE_H

#include "lake/erase_job.h"
#include "lake/lake_hour.h"
#include "lake/lake_manifest.h"

struct erase_file;

struct erase_file_options {
    int data_fd; /* borrowed, as all of these */
    int lake_fd;
    int events_fd; /* lake/events */
    const char *library;
    uint64_t memory_bytes;
    const struct erase_job *job;
};

/* _events.parquet and its statistics (lake_schema.h) stand there, durable. */
struct erase_made {
    int64_t hour;
    struct buf files;             /* the line that puts the statistics in place */
    struct lake_manifest_row row; /* of the new file; `merged` is still the old one's to tell */
    struct buf posts;             /* lines for the ledger */
};
void erase_made_free(struct erase_made *made);

enum status erase_file_create(struct erase_file **file, const struct erase_file_options *options,
                              struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void erase_file_destroy(struct erase_file *file);

/* STATUS_END: the hour has no file, or nothing of it goes, or it is damaged (which is counted), or
 * the job is dry. DuckDB is opened by the first hour that needs it. */
enum status erase_file_hour(struct erase_file *file, int64_t hour, struct erase_counts *counts,
                            struct erase_made *made, struct fault *fault) MUST_CHECK;

#endif
