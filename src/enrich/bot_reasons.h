/*
 * bot_reasons.h - the codes of reasons to hold a sender for a program, and what each weighs.
 *
 * A reason of BOT_CERTAIN or more, or several whose weights add up to it, make is_bot true; a
 * weaker one alone is only told in bot_reason. Nothing is ever dropped for it.
 */
#ifndef PIPES_ENRICH_BOT_REASONS_H
#define PIPES_ENRICH_BOT_REASONS_H

#include "enrich/facts.h"

enum { BOT_CERTAIN = 100, BOT_REASON_TEXT_BYTES = 96 };

struct bot_reason_row {
    const char *code;
    unsigned weight;
};

extern const struct bot_reason_row bot_reasons[BOT_REASONS];

/* The sum of their weights. */
unsigned bot_reasons_score(uint32_t reasons);
/* The codes joined by commas, in the table's order; empty without any. */
struct view bot_reasons_text(uint32_t reasons, char text[BOT_REASON_TEXT_BYTES]);

#endif
