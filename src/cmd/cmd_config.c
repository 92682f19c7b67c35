#include "app/explain.h"
#include "cmd/cmd.h"

static int run(const struct cmd_context *context)
{
    struct buf text;
    struct fault fault = {0};
    buf_init(&text, 1 << 20);
    if (context->config->explain[0]) {
        enum status status = explain_privacy(&text, context->config, &fault);
        cmd_write(context->out_fd, status == STATUS_OK ? buf_view(&text) : view_make(NULL, 0));
        buf_free(&text);
        return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
    }
    if (option_append_values(&text, context->options) != STATUS_OK) {
        buf_free(&text);
        return cmd_fail(context, "no memory to print the configuration");
    }
    cmd_write(context->out_fd, buf_view(&text));
    buf_free(&text);
    return 0;
}

const struct command cmd_config = {
    .name = "config",
    .summary = "print every option with its value and where that came from",
    .usage = "[OPTIONS]",
    .uses = CONFIG_CONFIG,
    .run = run,
};
