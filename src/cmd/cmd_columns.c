#include "cmd/cmd.h"
#include "event/column_ddl.h"

enum { TEXT_BYTES_MAX = 64 * 1024 };

static int run(const struct cmd_context *context)
{
    const struct option_set *options = context->options;
    const char *name = options->positional_count > 0 ? options->positionals[0] : "";
    const struct column_ddl *ddl = column_ddl_find(view_from_text(name));
    if (!ddl) {
        return cmd_fail(context, "say for which engine: pipes columns %s", column_ddl_names());
    }
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    enum status status = column_ddl_append(&text, ddl);
    cmd_write(context->out_fd, buf_view(&text));
    buf_free(&text);
    return status == STATUS_OK ? 0 : cmd_fail(context, "no memory");
}

const struct command cmd_columns = {
    .name = "columns",
    .summary = "print the lake's columns as a table definition for another engine",
    .usage = "athena|spark|clickhouse|duckdb",
    .positionals = 1,
    .run = run,
};
