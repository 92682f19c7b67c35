#include "app/options_file.h"
#include "app/privacy_report.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { REPORT_BYTES_MAX = 64 << 20, ARENA_BYTES = 4 << 20 };

/* Where a collector runs, what it works with counts, not what this command was given. */
static void find_options(struct privacy_report_options *options, struct config *live,
                         struct option_set *set, struct arena *arena)
{
    struct fault ignored;
    if (options_file_load(live, set, options->config->data, arena, &ignored) == STATUS_OK) {
        options->config = live;
        options->is_live = true;
    }
}

static enum status write_report(const struct cmd_context *context, struct view text,
                                struct fault *fault)
{
    const char *path = context->config->report_out;
    if (!path[0]) {
        cmd_write(context->out_fd, text);
        return STATUS_OK;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return fault_errno(fault, errno, "cannot write %s", path);
    }
    enum status status = file_write_at(fd, text, 0, fault);
    return close(fd) == 0 || status != STATUS_OK
               ? status
               : fault_errno(fault, errno, "cannot write %s", path);
}

static enum status make(const struct cmd_context *context, struct privacy_report_options *options,
                        struct fault *fault)
{
    const char *word = context->options->positionals[0];
    struct buf text;
    buf_init(&text, REPORT_BYTES_MAX);
    enum status status = strcmp(word, "report") == 0
                             ? privacy_report_append(&text, options, fault)
                             : privacy_report_append_groups(&text, options, fault);
    status = status == STATUS_OK ? write_report(context, buf_view(&text), fault) : status;
    buf_free(&text);
    return status;
}

static int run(const struct cmd_context *context)
{
    const char *word =
        context->options->positional_count > 0 ? context->options->positionals[0] : "";
    struct data_folder data;
    struct fault fault = {0};
    struct arena arena;
    struct config live;
    struct option_set set; /* of the live ones */
    if (strcmp(word, "report") != 0 && strcmp(word, "uniqueness") != 0) {
        return cmd_fail(context,
                        "say what to report: pipes privacy report, pipes privacy uniqueness");
    }
    if (data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault) != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    arena_init(&arena, ARENA_BYTES);
    struct privacy_report_options options = {
        .config = context->config,
        .data_fd = data.fd,
        .library = context->config->duckdb,
        .clock = context->clock,
        .err_fd = context->err_fd,
    };
    find_options(&options, &live, &set, &arena);
    enum status status = make(context, &options, &fault);
    arena_free(&arena);
    data_folder_close(&data);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_privacy = {
    .name = "privacy",
    .summary = "describe the processing: what is done, stored and kept; how unique it makes a "
               "visitor",
    .usage = "[OPTIONS] report|uniqueness",
    .uses = CONFIG_PRIVACY | CONFIG_SERVE,
    .positionals = 1,
    .run = run,
};
