#include "cmd/cmd.h"

#include <stdio.h>

static int run(const struct cmd_context *context)
{
    dprintf(context->out_fd, "pipes %s\n", PIPES_VERSION);
    return 0;
}

const struct command cmd_version = {
    .name = "version",
    .summary = "print the program's version",
    .usage = "",
    .run = run,
};
