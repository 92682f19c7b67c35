/*
 * scrub_json.h - a document without what nobody wanted to send: all of its strings, and what stands
 * under a key that says secret.
 *
 * What is not touched stays byte for byte; a string that is touched is written anew. In place of a
 * number, and of a string of which nothing is left, comes null: a column of numbers stays one. The
 * document stays valid JSON of the same shape.
 *
 *     {"note":"call ann@example.com","password":"x","phone":436641234567,"n":1.50}
 *     {"note":"call redacted","password":"redacted","phone":null,"n":1.50}
 */
#ifndef PIPES_PRIVACY_SCRUB_JSON_H
#define PIPES_PRIVACY_SCRUB_JSON_H

#include "privacy/scrub_passes.h"

/* A member, the document itself the outermost; elements of an array are no members of their own. */
struct scrub_member {
    const struct scrub_member *parent; /* NULL: a whole document */
    struct view name;
};

struct scrub_json {
    struct scrub_job *job;
    struct view name; /* of the document, as is_allowed() will see it */
    /* Whether what stands there may stay as it is. NULL: nothing may. */
    bool (*is_allowed)(const void *self, const struct scrub_member *member);
    const void *self;
    struct scrub_cache *cache; /* may be NULL */
    bool is_spaced; /* there is insignificant whitespace, which the look cannot do with */
};

/* *text is valid JSON. It stays the very same view when nothing
 * was found, else it is a copy in the arena. STATUS_NO_MEMORY leaves it. */
enum status scrub_json(const struct scrub_json *how, struct view *text) MUST_CHECK;

#endif
