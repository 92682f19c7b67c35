#include "app/query.h"
#include "app/time_range.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SQL_BYTES_MAX = 16 * 1024 * 1024, READ_BYTES = 64 * 1024 };

static enum status read_script(struct buf *sql, struct fault *fault)
{
    for (;;) {
        char *place = buf_reserve(sql, READ_BYTES);
        ssize_t got = place ? read(STDIN_FILENO, place, READ_BYTES) : 0;
        if (!place) {
            return fault_set(fault, STATUS_TOO_BIG, "over %d bytes of SQL", SQL_BYTES_MAX);
        }
        if (got == 0) {
            return STATUS_OK;
        }
        if (got < 0 && errno != EINTR) {
            return fault_errno(fault, errno, "cannot read standard input");
        }
        buf_used(sql, got > 0 ? (size_t)got : 0);
    }
}

static enum status read_range(const struct cmd_context *context, struct snapshot_range *range,
                              struct fault *fault)
{
    int64_t now_ms = clock_now_ms(context->clock);
    enum status status =
        time_range_read("from", context->config->from, now_ms, &range->from_ms, fault);
    return status == STATUS_OK
               ? time_range_read("to", context->config->to, now_ms, &range->to_ms, fault)
               : status;
}

static int query(const struct cmd_context *context, int data_fd, struct view sql)
{
    const struct config *config = context->config;
    struct fault fault = {0};
    struct query_options options = {
        .data_fd = data_fd,
        .sql = sql,
        .memory_bytes = config->limit_memory,
        .time_ms = config->limit_time_ms,
        .threads = config_workers(config),
        .library = config->duckdb,
        .out_fd = context->out_fd,
        .err_fd = context->err_fd,
    };
    if (!answer_format_find(config->answer_format, &options.format)) {
        return cmd_fail(context, "there is no format %.20s", config->answer_format);
    }
    bool is_binary = options.format == ANSWER_PARQUET || options.format == ANSWER_ARROW;
    if (is_binary && isatty(context->out_fd)) {
        return cmd_fail(context,
                        "%s is nothing for a terminal; send it to a file: pipes query "
                        "--format %s ... > answer.%s",
                        config->answer_format, config->answer_format, config->answer_format);
    }
    if (read_range(context, &options.range, &fault) != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    return query_run(&options);
}

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct fault fault = {0};
    struct buf sql;
    if (context->options->positional_count == 0) {
        return cmd_fail(context, "say what to ask: pipes query \"select count(*) from events\", or "
                                 "- to read SQL from standard input");
    }
    if (data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault) != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    const char *word = context->options->positionals[0];
    buf_init(&sql, SQL_BYTES_MAX);
    enum status status = STATUS_OK;
    if (strcmp(word, "-") == 0) {
        status = read_script(&sql, &fault);
    } else {
        buf_append_text(&sql, word);
    }
    int result = status == STATUS_OK ? query(context, data.fd, buf_view(&sql))
                                     : cmd_fail(context, "%s", fault.text);
    buf_free(&sql);
    data_folder_close(&data);
    return result;
}

const struct command cmd_query = {
    .name = "query",
    .summary = "ask SQL of everything that was stored, up to the last second",
    .usage = "[OPTIONS] SQL|-",
    .uses = CONFIG_QUERY,
    .positionals = 1,
    .run = run,
};
