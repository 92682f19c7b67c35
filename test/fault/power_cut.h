/*
 * power_cut.h - what a power cut leaves of a folder whose changes disk_shim.c noted.
 *
 *     kill(pid, SIGKILL);
 *     power_cut(&places, seed, &report, &fault);
 *
 * What was synced stays. Of the rest, by chance (the same for the same seed and log):
 *     bytes     every sector of 512 bytes is as it was after any of the writes since the sync that
 *               covered it; some cuts and some files lose or keep all
 *     size      any size the file had since then
 *     names     created, renamed and removed entries are undone or kept; those that concern the
 *               same name or the same file in their order, others independently of each other.
 *               A rename between two folders is durable when either folder was synced.
 */
#ifndef PIPES_TEST_POWER_CUT_H
#define PIPES_TEST_POWER_CUT_H

#include "base/status.h"

#include <stdint.h>

struct power_cut_places {
    const char *folder;
    const char *grave; /* emptied */
    const char *notes; /* the shim's log; removed */
};

struct power_cut_report {
    uint64_t records;
    uint64_t sectors; /* times a sector was written without being synced */
    uint64_t undone_sectors;
    uint64_t entries;
    uint64_t undone_entries;
};

/* Only while no process has the folder open. Numbers are added to the report. */
enum status power_cut(const struct power_cut_places *places, uint64_t seed,
                      struct power_cut_report *report, struct fault *fault) MUST_CHECK;

#endif
