/*
 * scrub_text.h - a text without what nobody wanted to send; the rest stays byte for byte.
 *
 * Linear in the text, and doing it twice is doing it once. Most texts are clean: they are told so
 * by scrub_scan.h and cost nothing else.
 *
 *     struct view url = VIEW_LITERAL("https://shop.example/reset?token=s3cr3t&step=2");
 *     struct scrub_place place = {.where = SCRUB_IN_URL};
 *     status = scrub_text(&job, &place, &url);
 *     https://shop.example/reset?token=redacted&step=2
 */
#ifndef PIPES_PRIVACY_SCRUB_TEXT_H
#define PIPES_PRIVACY_SCRUB_TEXT_H

#include "privacy/scrub_passes.h"

/* *text stays the very same view when nothing was found, else it is a copy in the arena. It is as
 * plain as it was: no byte comes in that has to be escaped in JSON. STATUS_NO_MEMORY leaves it. */
enum status scrub_text(struct scrub_job *job, const struct scrub_place *place, struct view *text)
    MUST_CHECK;

#endif
