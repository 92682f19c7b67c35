/*
 * scrub_words.h - what the word before a number says that the number is.
 *
 *     "Order no. 4929123412341234"    SCRUB_WORD_ID
 *     "Tel.: 4155552671"              SCRUB_WORD_PHONE
 */
#ifndef PIPES_PRIVACY_SCRUB_WORDS_H
#define PIPES_PRIVACY_SCRUB_WORDS_H

#include "privacy/scrub_passes.h"

enum scrub_word { SCRUB_WORD_NONE, SCRUB_WORD_ID, SCRUB_WORD_PHONE, SCRUB_WORD_CARD };

/* Of the number that begins at `at`; at the beginning of a text the member's name is the word. */
enum scrub_word scrub_word_before(struct view text, size_t at, const struct scrub_place *place);

#endif
