/*
 * lake_hour.h - the hours of a tree of the lake (raw, quarantine, events): their folders and parts.
 *
 *     lake_hours_list(&hours, tree_fd, &fault);                 rising
 *     lake_hour_path(hours.at[0], path);                        date=2026-11-24/hour=07
 *     lake_parts_list(&parts, tree_fd, hours.at[0], &fault);    part-<stream>-<first>-<last>...
 */
#ifndef PIPES_LAKE_LAKE_HOUR_H
#define PIPES_LAKE_LAKE_HOUR_H

#include "base/status.h"
#include "lake/part_writer.h"

#include <stddef.h>

enum { LAKE_HOUR_PATH_BYTES = 48, LAKE_PART_NAME_BYTES = 96 };

/* `hour`: hours since 1970, as of part_hour(). */
void lake_hour_path(int64_t hour, char path[LAKE_HOUR_PATH_BYTES]);
/* Reads "date=2026-11-24" and "hour=07"; false for other names. */
bool lake_hour_parse(const char *date, const char *hour_name, int64_t *hour);

struct lake_hours {
    int64_t *at;
    size_t count;
    size_t room;
};
/* Names that are no hours are passed over. */
enum status lake_hours_list(struct lake_hours *hours, int tree_fd, struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void lake_hours_free(struct lake_hours *hours);

struct lake_part {
    struct part_name parsed;
    char name[LAKE_PART_NAME_BYTES];
    uint64_t bytes;
};
struct lake_parts {
    struct lake_part *at;
    size_t count;
    size_t room;
};
/* Closed parts of an hour in the order of their first numbers; none when there is no such hour. */
enum status lake_parts_list(struct lake_parts *parts, int tree_fd, int64_t hour,
                            struct fault *fault) MUST_CHECK;
/* Accepts a zeroed one. */
void lake_parts_free(struct lake_parts *parts);

#endif
