/*
 * scrub_look.h - the closer look at what scrub_scan.c found in a block: whether something that a
 * pass would find may be there.
 *
 * Positions are of the text; `block` is where the block of 64 bytes begins whose bits the masks
 * are.
 */
#ifndef PIPES_PRIVACY_SCRUB_LOOK_H
#define PIPES_PRIVACY_SCRUB_LOOK_H

#include "privacy/scrub_passes.h"

struct scrub_look {
    struct view text;
    const struct scrub_place *place;
};

/* Where signs (@ = % + \ j) stand. */
bool scrub_look_signs(const struct scrub_look *scan, size_t block, uint64_t signs);
/* Where keys of JSON end, and where all quotes are. */
bool scrub_look_keys(const struct scrub_look *scan, size_t block, uint64_t keys, uint64_t quotes);
/* Where the first 11 of digits and joints in a row end. */
bool scrub_look_numbers(const struct scrub_look *scan, size_t block, uint64_t ends);
/* Where the third of three spaces stands that are five apart. */
bool scrub_look_groups(const struct scrub_look *scan, size_t block, uint64_t ends);
/* Where the first 16 bytes of a word end. */
bool scrub_look_bearers(const struct scrub_look *scan, size_t block, uint64_t first_ends);

/* What the long words of this block and the one before are like. */
enum scrub_word_kind { SCRUB_WORD_IS_PLAIN, SCRUB_WORD_IS_TOKEN, SCRUB_WORD_IS_OPAQUE };
bool scrub_look_words(const struct scrub_look *scan, size_t block, enum scrub_word_kind kind);

#endif
