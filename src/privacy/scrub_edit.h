/*
 * scrub_edit.h - a text of which some parts are replaced; nothing is copied before the first one
 * is.
 *
 *     struct scrub_edit edit = {.arena = arena, .in = text};
 *     scrub_edit_replace(&edit, from, to, mask);      from left to right
 *     status = scrub_edit_finish(&edit, &text);
 */
#ifndef PIPES_PRIVACY_SCRUB_EDIT_H
#define PIPES_PRIVACY_SCRUB_EDIT_H

#include "base/arena.h"
#include "base/status.h"

struct scrub_edit {
    struct arena *arena;
    struct view in;
    char *out;   /* NULL: nothing was replaced yet */
    size_t len;  /* of out */
    size_t room; /* of out */
    size_t done; /* how much of in is in out, or was replaced */
    bool has_failed;
};

/* The bytes [from, to) of the text; from is not before the end of the last one. Out of memory is
 * told at the end. */
void scrub_edit_replace(struct scrub_edit *edit, size_t from, size_t to, struct view by);
/* The text as it is now: the very same view when nothing was replaced. STATUS_NO_MEMORY leaves it
 * alone. */
enum status scrub_edit_finish(struct scrub_edit *edit, struct view *text) MUST_CHECK;

#endif
