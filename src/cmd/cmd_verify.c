#include "app/query.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"
#include "lake/lake_check.h"

#include <stdio.h>
#include <unistd.h>

static void on_problem(void *self, const char *sentence)
{
    const struct cmd_context *context = self;
    dprintf(context->out_fd, "  damaged: %s\n", sentence);
}

static void on_progress(void *self, const struct lake_check_report *report)
{
    const struct cmd_context *context = self;
    if (isatty(context->err_fd)) {
        dprintf(context->err_fd, "\r  %llu rows in %llu files read ...",
                (unsigned long long)report->rows, (unsigned long long)report->parts);
    }
}

static void print_report(const struct cmd_context *context, const struct lake_check_report *report)
{
    if (isatty(context->err_fd) && report->rows > 100000) {
        dprintf(context->err_fd, "\r\033[K");
    }
    dprintf(
        context->out_fd,
        "  journal     %llu streams, %llu frames, %llu events waiting or being taken\n"
        "  raw         %llu rows, %llu in quarantine, in %llu files (%.1f MB, %.1f MB unpacked)\n",
        (unsigned long long)report->streams, (unsigned long long)report->frames,
        (unsigned long long)report->waiting, (unsigned long long)report->rows,
        (unsigned long long)report->quarantined, (unsigned long long)report->parts,
        (double)report->file_bytes / 1e6, (double)report->bytes / 1e6);
    dprintf(context->out_fd, "  parquet     %llu rows in %llu files (%.1f MB)\n",
            (unsigned long long)report->parquet_rows, (unsigned long long)report->parquet_files,
            (double)report->parquet_bytes / 1e6);
    if (report->parquet_unread) {
        dprintf(context->out_fd, "  note        DuckDB was not found: of Parquet files only the "
                                 "checksums were compared\n");
    }
    if (report->torn_bytes > 0) {
        dprintf(context->out_fd,
                "  note        %llu bytes at a journal's end were never acknowledged and do not "
                "count\n",
                (unsigned long long)report->torn_bytes);
    }
    if (report->keys_unchecked) {
        dprintf(context->out_fd,
                "  note        too many rows to look for repeated events in memory\n");
    }
}

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct fault fault = {0};
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault);
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    query_raise_file_limit();
    struct lake_check_report report = {0};
    struct lake_check_listener listener = {
        .on_problem = on_problem, .on_progress = on_progress, .self = (void *)context};
    status = lake_check(data.fd, context->config->duckdb, &listener, &report, &fault);
    data_folder_close(&data);
    if (status != STATUS_OK) {
        return cmd_fail(context, "could not look at everything: %s", fault.text);
    }
    print_report(context, &report);
    dprintf(context->out_fd, report.problems == 0 ? "%s is sound.\n" : "%s is NOT sound.\n",
            context->config->data);
    return report.problems == 0 ? 0 : 1;
}

const struct command cmd_verify = {
    .name = "verify",
    .summary = "prove that journal and lake are sound, or name what is not",
    .usage = "[OPTIONS]",
    .uses = CONFIG_VERIFY,
    .run = run,
};
