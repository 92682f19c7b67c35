/*
 * deploy_text.h - the files of deploy/ with what is particular filled in: "@NAME@" becomes a value.
 *
 *     static const struct deploy_value VALUES[] = {{"BINARY", "/usr/bin/pipes"}, {NULL, NULL}};
 *     struct view unit = deploy_text(&arena, "pipes.service", VALUES);
 */
#ifndef PIPES_APP_DEPLOY_TEXT_H
#define PIPES_APP_DEPLOY_TEXT_H

#include "base/arena.h"
#include "base/view.h"

struct deploy_value {
    const char *name; /* capitals and _; NULL ends a table */
    const char *value;
};

/* In the arena; at is NULL when there was no memory, or no such file was compiled in. What looks
 * like a name and is none of the table's stays. */
struct view deploy_text(struct arena *arena, const char *file, const struct deploy_value *values);

#endif
