/*
 * segment_disk.h - how a segment's writer reaches the disk when it waits for it; tests put faults
 * here.
 */
#ifndef PIPES_JOURNAL_SEGMENT_DISK_H
#define PIPES_JOURNAL_SEGMENT_DISK_H

#include "base/status.h"
#include "base/view.h"
#include "journal/disk_ring.h"

#include <stdint.h>

struct segment_disk {
    enum status (*write_at)(void *self, int fd, struct view bytes, uint64_t offset,
                            struct fault *fault);
    enum status (*sync)(void *self, int fd, struct fault *fault);
    /* See disk_ring.h; of a writer that is_direct. */
    enum status (*write_direct)(void *self, const struct disk_write *write, struct fault *fault);
    void *self;
};

struct segment_disk segment_disk_real(void);

#endif
