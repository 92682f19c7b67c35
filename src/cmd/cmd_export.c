#include "app/export.h"
#include "app/time_range.h"
#include "cmd/subject_words.h"
#include "journal/data_folder.h"
#include "lake/subject_sql.h"

#include <string.h>
#include <unistd.h>

enum { CONDITION_BYTES_MAX = 8 << 20 };

/* "100..200", "100..", "..200" */
static enum status read_numbers(const char *text, struct snapshot_range *range, struct fault *fault)
{
    const char *dots = strstr(text, "..");
    struct view all = view_from_text(text);
    struct view from = view_part(all, 0, dots ? (size_t)(dots - text) : 0);
    struct view to = dots ? view_from_text(dots + 2) : view_make(NULL, 0);
    if (all.len == 0) {
        return STATUS_OK;
    }
    if (!dots || (from.len > 0 && !view_to_uint64(from, &range->from_seq)) ||
        (to.len > 0 && (!view_to_uint64(to, &range->to_seq) || range->to_seq == 0))) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--seq %.60s is no range of numbers: 100..200, 100.. or ..200", text);
    }
    return STATUS_OK;
}

static enum status read_range(const struct cmd_context *context, struct snapshot_range *range,
                              struct fault *fault)
{
    const struct config *config = context->config;
    int64_t now_ms = clock_now_ms(context->clock);
    enum status status = time_range_read("from", config->from, now_ms, &range->from_ms, fault);
    if (status == STATUS_OK) {
        status = time_range_read("to", config->to, now_ms, &range->to_ms, fault);
    }
    if (status == STATUS_OK) {
        status = read_numbers(config->seq, range, fault);
    }
    if (status == STATUS_OK && config->resume && !config->export_out[0]) {
        return fault_set(fault, STATUS_BAD_INPUT, "--resume needs a folder: --out DIR");
    }
    if (status == STATUS_OK && config->resume && (config->from[0] || config->to[0])) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "--resume goes on by numbers: leave --from and --to out");
    }
    return status;
}

/* All rows, or those of one person. */
static int export_rows(const struct cmd_context *context, struct export_options *options)
{
    struct subject subject;
    struct buf condition;
    struct fault fault = {0};
    buf_init(&condition, CONDITION_BYTES_MAX);
    enum status status = subject_words_of_option(context, options->data_fd, &subject, &fault);
    if (status == STATUS_OK && subject.count > 0) {
        subject_sql_owns(&condition, &subject);
        buf_append_byte(&condition, 0);
        options->condition = condition.at;
        status = buf_status(&condition);
    }
    int result = status == STATUS_OK ? export_run(options) : cmd_fail(context, "%s", fault.text);
    buf_free(&condition);
    subject_free(&subject);
    return result;
}

static int run(const struct cmd_context *context)
{
    const struct config *config = context->config;
    struct data_folder data;
    struct fault fault = {0};
    struct export_options options = {
        .data = config->data,
        .out = config->export_out,
        .is_resumed = config->resume,
        .memory_bytes = config->limit_memory,
        .threads = config_workers(config),
        .library = config->duckdb,
        .out_fd = context->out_fd,
        .err_fd = context->err_fd,
    };
    if (!answer_format_find(config->export_format, &options.format)) {
        return cmd_fail(context, "there is no format %.20s", config->export_format);
    }
    if (read_range(context, &options.range, &fault) != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    if (options.format == ANSWER_PARQUET && !options.out[0] && isatty(context->out_fd)) {
        return cmd_fail(context, "parquet is nothing for a terminal: --out FILE");
    }
    if (data_folder_open(&data, config->data, DATA_FOLDER_READ, &fault) != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    options.data_fd = data.fd;
    int result = export_rows(context, &options);
    data_folder_close(&data);
    return result;
}

const struct command cmd_export = {
    .name = "export",
    .summary = "write rows to files or a stream, each exactly once, and go on from there later",
    .usage = "[OPTIONS]",
    .uses = CONFIG_EXPORT,
    .run = run,
};
