/*
 * lake_check_parts.h - of lake_check.c: the parts that there are at one moment, open.
 *
 *     struct check_parts parts = {.lake_fd = fd, .has_all = true};
 *     check_parts_add(&parts, &part, &fault);          with lake/SNAPSHOT locked
 *     check_parts_close(&parts);
 */
#ifndef PIPES_LAKE_LAKE_CHECK_PARTS_H
#define PIPES_LAKE_LAKE_CHECK_PARTS_H

#include "lake/part_writer.h"

enum { CHECK_PART_PATH_BYTES = 256 };

struct check_part {
    int fd; /* -1: more than may be open; check_parts_open() when its turn comes */
    bool is_raw;
    int64_t hour;
    struct part_name name;
    char path[CHECK_PART_PATH_BYTES]; /* "lake/raw/...", for sentences */
};

struct check_parts {
    int lake_fd; /* borrowed */
    struct check_part *at;
    size_t count;
    size_t room;
    bool has_all; /* every one of them is open */
};

/* Opens it, whose fd is set here; one that is gone is left out. */
enum status check_parts_add(struct check_parts *parts, const struct check_part *part,
                            struct fault *fault) MUST_CHECK;
/* A descriptor of the caller's, or -1 with errno. */
int check_parts_open(const struct check_parts *parts, const struct check_part *part);
void check_parts_close(struct check_parts *parts);

#endif
