#include "cmd/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct command *const cmd_list[] = {
    &cmd_serve,   &cmd_build,  &cmd_deploy,  &cmd_doctor, &cmd_tail,    &cmd_query,
    &cmd_export,  &cmd_schema, &cmd_compact, &cmd_whois,  &cmd_forget,  &cmd_retention,
    &cmd_privacy, &cmd_verify, &cmd_ledger,  &cmd_replay, &cmd_config,  &cmd_limits,
    &cmd_columns, &cmd_bench,  &cmd_raw,     &cmd_help,   &cmd_version, NULL,
};

const struct command *cmd_find(const char *name)
{
    for (size_t i = 0; cmd_list[i]; i++) {
        if (strcmp(cmd_list[i]->name, name) == 0) {
            return cmd_list[i];
        }
    }
    return NULL;
}

int cmd_refuse(int err_fd, const char *name)
{
    const char *nearest = NULL;
    for (size_t i = 0; cmd_list[i] && !nearest; i++) {
        nearest = option_distance(name, cmd_list[i]->name) <= 2 ? cmd_list[i]->name : NULL;
    }
    dprintf(err_fd, "pipes: there is no command %.40s%s%s; `pipes --help` lists all\n", name,
            nearest ? "; did you mean " : "", nearest ? nearest : "");
    return 2;
}

void cmd_write(int fd, struct view bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.at, bytes.len);
        if (written < 0 && errno != EINTR) {
            return; /* nobody listens */
        }
        bytes = view_part(bytes, written > 0 ? (size_t)written : 0, bytes.len);
    }
}

int cmd_fail(const struct cmd_context *context, const char *format, ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    dprintf(context->err_fd, "pipes: %s\n", sentence);
    return 1;
}
