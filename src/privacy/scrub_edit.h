/*
 * scrub_edit.h - a text of which some parts are replaced; nothing is copied before the first one
 * is.
 *
 *     struct scrub_edit edit = {.job = job, .in = text};
 *     scrub_edit_hit(&edit, SCRUB_EMAIL, from, to);       from left to right
 *     status = scrub_edit_finish(&edit, &text);
 */
#ifndef PIPES_PRIVACY_SCRUB_EDIT_H
#define PIPES_PRIVACY_SCRUB_EDIT_H

#include "base/arena.h"
#include "base/status.h"
#include "privacy/scrub_action.h"

/* What all edits of one event share. */
struct scrub_job {
    const struct scrub_treatment *treatment;
    struct arena *arena;
    uint32_t found; /* 1 << rule: of what was found */
};

struct scrub_edit {
    struct scrub_job *job;
    struct view in;
    char *out;   /* NULL: nothing was replaced yet */
    size_t len;  /* of out */
    size_t room; /* of out */
    size_t done; /* how much of in is in out, or was replaced */
    bool is_changed;
    bool has_failed;
};

/* The bytes [from, to) of the text, which a rule found; from is not before the end of the last one.
 * What was treated before stays. Out of memory is told at the end. */
void scrub_edit_hit(struct scrub_edit *edit, enum scrub_rule rule, size_t from, size_t to);
/* Puts other bytes in their place. */
void scrub_edit_replace(struct scrub_edit *edit, size_t from, size_t to, struct view by);
/* The text as it is now: the very same view when nothing was replaced. STATUS_NO_MEMORY leaves it
 * alone. */
enum status scrub_edit_finish(struct scrub_edit *edit, struct view *text) MUST_CHECK;

#endif
