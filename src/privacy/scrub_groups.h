/*
 * scrub_groups.h - a number as people write it: groups of digits with spaces, hyphens and the like
 * between them.
 *
 *     "+43 (664) 123-4567"    digits 436641234567 in groups of 2, 3, 3 and 4
 */
#ifndef PIPES_PRIVACY_SCRUB_GROUPS_H
#define PIPES_PRIVACY_SCRUB_GROUPS_H

#include "base/view.h"

enum { GROUPS_MAX = 10, GROUPS_DIGITS_MAX = 40 };

struct scrub_groups {
    char digits[GROUPS_DIGITS_MAX];
    size_t ends[GROUPS_MAX]; /* in the text, behind each group */
    uint8_t sizes[GROUPS_MAX];
    uint8_t totals[GROUPS_MAX]; /* digits up to and with each group */
    char joints[GROUPS_MAX];    /* before each group but the first; ')' wins over spaces */
    size_t count;
};

/* From the digit at `at` on; of what is longer than that only the beginning. */
void scrub_groups_read(struct scrub_groups *groups, struct view text, size_t at);
/* Whether the first `count` groups have these sizes ("\3\3\4") and the same joint between them, one
 * of `joints`. */
bool scrub_groups_are(const struct scrub_groups *groups, const char *sizes, const char *joints);

#endif
