/*
 * scrub_scan.h - whether a text may hold something to scrub: one quick look that most texts pass.
 *
 * "May" errs to one side: whatever the passes of scrub_passes.h find, it has announced. It looks at
 * 64 bytes at a time for signs (@ = % + \ and the j of eyJ), for keys of JSON, for 11 digits and
 * joints in a row, and for 16 letters and digits in a row, and closely only where one of them is.
 */
#ifndef PIPES_PRIVACY_SCRUB_SCAN_H
#define PIPES_PRIVACY_SCRUB_SCAN_H

#include "privacy/scrub_passes.h"

/* place->is_json: the text is JSON without insignificant whitespace, strings, keys and all; its
 * strings are understood with their escapes. */
bool scrub_may_hold(struct view text, const struct scrub_place *place);
/* The same without the registers of 32 bytes that not every processor has. */
bool scrub_may_hold_portably(struct view text, const struct scrub_place *place);

#endif
