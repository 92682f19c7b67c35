/*
 * snapshot_files.h - inside of a snapshot: both trees of the lake, listed and opened at one moment.
 *
 * Called with lake/SNAPSHOT locked (shared), so that no compaction commits meanwhile: files only
 * come, from the collector. A folder that is listed while files come into it may show a later one
 * and not an earlier: it is listed until two lists are the same.
 */
#ifndef PIPES_LAKE_SNAPSHOT_FILES_H
#define PIPES_LAKE_SNAPSHOT_FILES_H

#include "lake/part_writer.h"
#include "lake/snapshot.h"

struct snapshot_part {
    int fd;
    int64_t hour; /* hours since 1970 */
    struct part_name name;
    bool is_replaced;               /* its rows stand elsewhere */
    char path[SNAPSHOT_PATH_BYTES]; /* below the lake */
};

struct snapshot_files {
    struct snapshot_file *parquet; /* oldest first */
    size_t parquet_count;
    struct snapshot_part *parts; /* oldest hour first, within it by number */
    size_t part_count;
};

/* Everything there is, but for parts that a compaction which was cut off has already put into
 * another file (see lake_commit.h); nothing is opened yet. */
enum status snapshot_files_list(struct snapshot_files *files, int lake_fd, struct fault *fault)
    MUST_CHECK;
/* Leaves out what the range cannot meet and opens the rest. */
enum status snapshot_files_open(struct snapshot_files *files, int lake_fd,
                                const struct snapshot_range *range, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void snapshot_files_close(struct snapshot_files *files);

/* Whether an hour may hold rows of the range. */
bool snapshot_range_meets_hour(const struct snapshot_range *range, int64_t hour);
/* Whether all of an hour's rows were received within it. */
bool snapshot_range_holds_hour(const struct snapshot_range *range, int64_t hour);

#endif
