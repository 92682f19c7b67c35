/*
 * deploy_command.h - runs a command of the system and waits for its end.
 *
 *     deploy_command_run((const char *[]){"systemctl", "daemon-reload", NULL}, &fault);
 *     deploy_command_read((const char *[]){"systemctl", "show", unit, NULL}, &text, &fault);
 */
#ifndef PIPES_APP_DEPLOY_COMMAND_H
#define PIPES_APP_DEPLOY_COMMAND_H

#include "base/buf.h"

/* Found in PATH. What it says goes where this process writes. STATUS_IO when it does not end with
 * 0. */
enum status deploy_command_run(const char *const *words, struct fault *fault) MUST_CHECK;
/* The same; what it prints is appended to the buffer, as far as that has room. */
enum status deploy_command_read(const char *const *words, struct buf *out, struct fault *fault)
    MUST_CHECK;

#endif
