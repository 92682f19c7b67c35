/*
 * manual.h - the manual of the program, from its commands and rows of options: what --help prints,
 * pages for man(1), completion for bash.
 *
 *     manual_append_text(&text, cmd_find("serve"));
 *     manual_append_page(&page, NULL);                  pipes(1), with all commands
 *
 * Failures stay in the buffer: ask buf_status().
 */
#ifndef PIPES_CMD_MANUAL_H
#define PIPES_CMD_MANUAL_H

#include "cmd/cmd.h"

/* command NULL: of the program. */
void manual_append_text(struct buf *out, const struct command *command);
void manual_append_page(struct buf *out, const struct command *command);
/* A script that completes commands, flags and the values of choices; all else as files. */
void manual_append_bash(struct buf *out);

#endif
