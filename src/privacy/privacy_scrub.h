/*
 * privacy_scrub.h - what nobody wanted to send: e-mail addresses, tokens, passwords in addresses,
 * card numbers. Each becomes "redacted"; the rest stays byte for byte.
 *
 * The rules are tracker/rules/scrub.json, which the tracker obeys, too; docs/privacy.md says them
 * in words, test/golden/scrub/ by example. Pure, linear in the text, and doing it twice is doing it
 * once.
 *
 *     struct view url = VIEW_LITERAL("https://shop.example/reset?token=s3cr3t&step=2");
 *     status = privacy_scrub(&url, SCRUB_URL, &arena);
 *     https://shop.example/reset?token=redacted&step=2
 */
#ifndef PIPES_PRIVACY_PRIVACY_SCRUB_H
#define PIPES_PRIVACY_PRIVACY_SCRUB_H

#include "privacy/scrub_text.h"

/* *text stays the very same view when nothing was found, else it is a copy in the arena. It is as
 * plain as it was: no byte comes in that has to be escaped in JSON. STATUS_NO_MEMORY leaves it. */
enum status privacy_scrub(struct view *text, enum scrub_where where, struct arena *arena)
    MUST_CHECK;

/* The same for all strings of a valid JSON text without insignificant whitespace, and for those
 * whose key says secret. Keys, numbers and clean strings stay byte for byte. */
enum status privacy_scrub_json(struct view *json_text, struct arena *arena) MUST_CHECK;

#endif
