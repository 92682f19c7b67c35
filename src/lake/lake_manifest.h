/*
 * lake_manifest.h - what each Parquet file of the lake must be: a small file a day, replaced as a
 * whole in the same commit as the Parquet file.
 *
 *     data/lake/manifest/2026-11-24      a line per hour: hour rows bytes crc32c first last merged
 *
 * `first` and `last` are the lowest and the highest ingest_seq in the file; `merged` says how many
 * rows compactions of the hour dropped by now, being the same event as another.
 *
 *     lake_manifest_load(&manifest, lake_fd, hour, &fault);
 *     *lake_manifest_row(&manifest, hour) = (struct lake_manifest_row){...};
 *     lake_manifest_save(&manifest, lake_fd, name, &fault);       manifest/_2026-11-24, for a
 * commit
 */
#ifndef PIPES_LAKE_LAKE_MANIFEST_H
#define PIPES_LAKE_LAKE_MANIFEST_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAKE_MANIFEST_HOURS = 24, LAKE_MANIFEST_NAME_BYTES = 32 };

struct lake_manifest_row {
    bool is_there;
    uint64_t rows;
    uint64_t bytes;
    uint32_t crc; /* CRC32C of the whole file */
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t merged; /* stays when the file is written anew */
};

/* Of one day. */
struct lake_manifest {
    int64_t day; /* days since 1970 */
    struct lake_manifest_row hours[LAKE_MANIFEST_HOURS];
};

/* Of the day that the hour belongs to; empty when there is none. STATUS_DAMAGED when it is not
 * understood. */
enum status lake_manifest_load(struct lake_manifest *manifest, int lake_fd, int64_t hour,
                               struct fault *fault) MUST_CHECK;
/* The same of a day by a name of the caller's (a commit may be under way: lake_pending.h). */
enum status lake_manifest_load_from(struct lake_manifest *manifest, int lake_fd, int64_t day,
                                    const char *name, struct fault *fault) MUST_CHECK;
static inline struct lake_manifest_row *lake_manifest_row(struct lake_manifest *manifest,
                                                          int64_t hour)
{
    return &manifest->hours[(hour % 24 + 24) % 24];
}
/* "manifest/2026-11-24" or, unfinished, "manifest/_2026-11-24". */
void lake_manifest_name(int64_t day, bool is_unfinished, char name[LAKE_MANIFEST_NAME_BYTES]);
/* Writes the unfinished one, durably; a commit is to put it in the place of the other. */
enum status lake_manifest_save(const struct lake_manifest *manifest, int lake_fd,
                               struct fault *fault) MUST_CHECK;
/* Size and checksum of a file, as the manifest has them. */
enum status lake_manifest_measure(struct lake_manifest_row *row, int fd, struct fault *fault)
    MUST_CHECK;

#endif
