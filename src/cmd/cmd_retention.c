#include "cmd/cmd.h"
#include "journal/data_folder.h"
#include "lake/disk_use.h"
#include "lake/lake_commit.h"
#include "lake/lake_work.h"
#include "lake/retention_run.h"

#include <malloc.h>
#include <sys/resource.h>

enum { PRINT_BYTES_MAX = 64 * 1024, LOWEST_PRIORITY = 19, KEPT_BYTES = 512 << 20 };

static enum status commit(void *self, const struct erase_change *change, struct fault *fault)
{
    struct lake_work *work = self;
    struct buf text;
    buf_init(&text, LAKE_CHANGE_BYTES_MAX);
    enum status status =
        erase_change_append(&text, work->data_fd, LEDGER_BY_RETENTION, change, fault);
    status = status == STATUS_OK ? lake_work_commit(work, buf_view(&text), fault) : status;
    buf_free(&text);
    return status;
}

static enum status work(const struct cmd_context *context, int data_fd,
                        struct retention_report *report, struct fault *fault)
{
    const struct config *config = context->config;
    struct lake_work lake = {.fd = -1, .lake_fd = -1};
    struct retention retention = {.now_ms = clock_now_ms(context->clock)};
    memcpy(retention.keep_ms, config->retention_ms, sizeof(retention.keep_ms));
    struct retention_run run = {.data_fd = data_fd,
                                .library = config->duckdb,
                                .retention = &retention,
                                .keep_bytes = (uint64_t)config->keep_bytes,
                                .is_dry = config->dry_run,
                                .self = &lake,
                                .commit = commit};
    enum status status = config->dry_run
                             ? STATUS_OK
                             : lake_work_wait(&lake, data_fd, config->data, context->log, fault);
    if (status == STATUS_OK) {
        status = retention_run(&run, report, fault);
        lake_work_end(&lake);
    }
    return status;
}

static uint64_t partial_rows(const struct retention_report *report)
{
    return report->partial.raw.rows + report->partial.parquet.rows;
}

static uint64_t partial_files(const struct retention_report *report)
{
    return report->partial.raw.rewritten + report->partial.parquet.rewritten;
}

static void append_json(struct buf *out, const struct cmd_context *context,
                        const struct retention_report *report, const struct disk_use *use)
{
    uint64_t budget = (uint64_t)context->config->disk_budget;
    double days = disk_use_days_left(use, budget);
    buf_append_format(
        out,
        "{\"dry_run\":%s,\"hours\":%llu,\"rows\":%llu,\"bytes\":%llu,"
        "\"rewritten\":%llu,\"rewritten_rows\":%llu,"
        "\"quarantine_files\":%llu,\"quarantine_rows\":%llu,",
        context->config->dry_run ? "true" : "false", (unsigned long long)report->hours,
        (unsigned long long)(report->rows + partial_rows(report)),
        (unsigned long long)report->bytes, (unsigned long long)partial_files(report),
        (unsigned long long)partial_rows(report), (unsigned long long)report->quarantine_files,
        (unsigned long long)report->quarantine_rows);
    buf_append_format(out, "\"disk\":{\"bytes\":%llu,\"bytes_per_day\":%llu,\"budget\":%llu",
                      (unsigned long long)use->bytes, (unsigned long long)use->bytes_per_day,
                      (unsigned long long)budget);
    if (days >= 0) {
        buf_append_format(out, ",\"days_left\":%.1f", days);
    }
    buf_append_text(out, "}}\n");
}

static void append_forecast(struct buf *out, const struct disk_use *use, uint64_t budget)
{
    double days = disk_use_days_left(use, budget);
    buf_append_format(out, "  %-12s %.1f MB", "disk", (double)use->bytes / 1e6);
    if (budget > 0) {
        buf_append_format(out, " of %.1f MB (disk-budget)", (double)budget / 1e6);
    }
    if (days >= 0) {
        buf_append_format(out, "; %.1f MB a day, the room left lasts for %.0f days",
                          (double)use->bytes_per_day / 1e6, days);
    } else {
        buf_append_text(out, "; not a whole day yet to tell how long the room left lasts");
    }
    buf_append_byte(out, '\n');
}

static void append_text(struct buf *out, const struct cmd_context *context,
                        const struct retention_report *report, const struct disk_use *use)
{
    const char *are = context->config->dry_run ? "would be" : "were";
    buf_append_format(out, "  %-12s %llu %s removed: %llu rows, %.1f MB\n", "whole hours",
                      (unsigned long long)report->hours, are, (unsigned long long)report->rows,
                      (double)report->bytes / 1e6);
    buf_append_format(out, "  %-12s %llu rows %s taken out of %llu files\n", "parts of them",
                      (unsigned long long)partial_rows(report), are,
                      (unsigned long long)partial_files(report));
    buf_append_format(out, "  %-12s %llu rows in %llu files %s removed\n", "quarantine",
                      (unsigned long long)report->quarantine_rows,
                      (unsigned long long)report->quarantine_files, are);
    append_forecast(out, use, (uint64_t)context->config->disk_budget);
}

static void print(const struct cmd_context *context, const struct retention_report *report,
                  const struct disk_use *use)
{
    struct buf out;
    buf_init(&out, PRINT_BYTES_MAX);
    if (view_is(view_from_text(context->config->report_format), "json")) {
        append_json(&out, context, report, use);
    } else {
        append_text(&out, context, report, use);
    }
    cmd_write(context->out_fd, buf_view(&out));
    buf_free(&out);
}

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct retention_report report = {0};
    struct disk_use use;
    struct fault fault = {0};
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    if (context->config->background) {
        setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
    }
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault);
    if (status == STATUS_OK) {
        status = work(context, data.fd, &report, &fault);
        status = status == STATUS_OK ? disk_use_measure(&use, data.fd, &fault) : status;
        data_folder_close(&data);
    }
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    print(context, &report, &use);
    return report.partial.parquet.unreadable + report.partial.raw.unreadable == 0 ? 0 : 1;
}

const struct command cmd_retention = {
    .name = "retention",
    .summary = "remove what has been kept for as long as was asked; serve does it by itself",
    .usage = "[OPTIONS]",
    .uses = CONFIG_RETENTION,
    .run = run,
};
