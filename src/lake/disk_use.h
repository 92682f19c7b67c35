/*
 * disk_use.h - how much of the disk a data folder takes, and how long that goes on.
 *
 *     disk_use_measure(&use, data_fd, &fault);
 *     days = disk_use_days_left(&use, budget);       negative: nobody can tell
 */
#ifndef PIPES_LAKE_DISK_USE_H
#define PIPES_LAKE_DISK_USE_H

#include "base/status.h"

#include <stdint.h>

struct disk_use {
    uint64_t bytes;         /* of all files, but for the lake's reserve */
    uint64_t free_bytes;    /* of the file system */
    uint64_t bytes_per_day; /* by which the lake grew: mean of its whole days but the first, at most
                               the last DISK_USE_DAYS; 0: there are none yet */
    unsigned days;          /* that this is known from */
};

enum { DISK_USE_DAYS = 7 };

enum status disk_use_measure(struct disk_use *use, int data_fd, struct fault *fault) MUST_CHECK;
/* Until the budget, or where there is none (0) the disk, is used up. */
double disk_use_days_left(const struct disk_use *use, uint64_t budget);

#endif
