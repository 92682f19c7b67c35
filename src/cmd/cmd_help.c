#include "cmd/cmd.h"
#include "cmd/manual.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static int run(const struct cmd_context *context)
{
    const char *format = context->config->help_format;
    const struct command *command = NULL;
    struct buf text;
    if (context->options->positional_count > 0) {
        command = cmd_find(context->options->positionals[0]);
        if (!command) {
            return cmd_refuse(context->err_fd, context->options->positionals[0]);
        }
    }
    buf_init(&text, TEXT_BYTES_MAX);
    if (view_is(view_from_text(format), "man")) {
        manual_append_page(&text, command);
    } else if (view_is(view_from_text(format), "bash")) {
        manual_append_bash(&text);
    } else {
        manual_append_text(&text, command);
    }
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        cmd_write(context->out_fd, buf_view(&text));
    }
    buf_free(&text);
    return status == STATUS_OK ? 0 : cmd_fail(context, "no memory for the manual");
}

const struct command cmd_help = {
    .name = "help",
    .summary = "print the manual of a command; as a page for man(1), or completion for bash",
    .usage = "[COMMAND] [OPTIONS]",
    .uses = CONFIG_HELP,
    .positionals = 1,
    .run = run,
};
