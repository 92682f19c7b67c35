/*
 * scrub.h - what nobody wanted to send: e-mail addresses, tokens, cards, phones, ... taken out of
 * an event before it is written.
 *
 * The rules are tracker/rules/scrub.json, of which the tracker obeys its share, too;
 * docs/scrubbing.md says them in words, test/golden/scrub/ by example. A clean event costs one look
 * at its texts. user_id, previous_id and group_id are none of its business: they are ids that the
 * site chose.
 *
 *     struct scrubber scrubber = {0};                     everything is masked
 *     status = scrub_event(&scrubber, &event, &arena, &found);
 */
#ifndef PIPES_PRIVACY_SCRUB_H
#define PIPES_PRIVACY_SCRUB_H

#include "event/event.h"
#include "privacy/scrub_passes.h"

/* What stays as it is: a field of an event, and all within it. */
struct scrub_allow {
    struct view event; /* its name, or its type when it has none; "*": all */
    struct view field; /* "url", "properties.reference" */
};

struct scrubber {
    struct scrub_treatment treatment;
    const struct scrub_allow *allows; /* borrowed */
    size_t allow_count;
    struct scrub_cache *cache; /* of the thread that calls; NULL: none */
    bool is_off;
};

/* Changes the event's texts and documents where there is something; what is new is in the arena.
 * *found: 1 << rule for each that found something. STATUS_NO_MEMORY. */
enum status scrub_event(const struct scrubber *scrubber, struct event *event, struct arena *arena,
                        uint32_t *found) MUST_CHECK;

/* The same for bytes that were not understood as an event: JSON, of which ids stay as they would in
 * one, or any text. */
enum status scrub_bytes(const struct scrubber *scrubber, struct view *bytes, struct arena *arena,
                        uint32_t *found) MUST_CHECK;

/* Reads "EVENT.FIELD" of an allow-list; both point into the text. False: no field of that name is
 * ever scrubbed. */
bool scrub_allow_read(struct scrub_allow *allow, struct view text);
/* The rule of that name; SCRUB_RULES: none. */
enum scrub_rule scrub_rule_find(struct view name);

#endif
