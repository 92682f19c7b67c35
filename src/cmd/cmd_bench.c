#include "app/stage_bench.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, OPEN_FOLDERS = 16 };

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static int measure(const struct cmd_context *context, const char *folder)
{
    struct stage_bench_options options = {
        .folder = folder, .clock = context->clock, .out_fd = context->out_fd};
    struct fault fault = {0};
    enum status status = stage_bench_run(&options, &fault);
    nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

static int run(const struct cmd_context *context)
{
    char folder[PATH_BYTES];
    const char *what =
        context->options->positional_count == 1 ? context->options->positionals[0] : "";
    if (strcmp(what, "pipeline") != 0) {
        return cmd_fail(context, "say what to measure: pipes bench pipeline");
    }
    /* Beside the data: on the same disk. */
    snprintf(folder, sizeof(folder), "%s.bench-XXXXXX", context->config->data);
    if (!mkdtemp(folder)) {
        return cmd_fail(context, "cannot make a folder beside %s: %s", context->config->data,
                        strerror(errno));
    }
    return measure(context, folder);
}

const struct command cmd_bench = {
    .name = "bench",
    .summary = "measure this machine: what each stage of a request's way costs",
    .usage = "pipeline [OPTIONS]",
    .uses = CONFIG_BENCH,
    .positionals = 1,
    .run = run,
};
