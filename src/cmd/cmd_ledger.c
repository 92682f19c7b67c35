#include "app/ledger_report.h"
#include "app/time_range.h"
#include "cmd/cmd.h"
#include "journal/data_folder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_BYTES_MAX = 256 * 1024 * 1024, TRIES = 5, PAUSE_MS = 300 };

static enum status read_range(const struct cmd_context *context, struct ledger_range *range,
                              struct fault *fault)
{
    int64_t now_ms = clock_now_ms(context->clock);
    int64_t from_ms = 0;
    int64_t to_ms = INT64_MAX;
    enum status status = time_range_read("from", context->config->from, now_ms, &from_ms, fault);
    status = status == STATUS_OK ? time_range_read("to", context->config->to, now_ms, &to_ms, fault)
                                 : status;
    *range = (struct ledger_range){part_hour(from_ms), part_hour(to_ms - 1)};
    return status;
}

/* Who erases or compacts changes files and ledger one after the other: beside a running collector
 * a difference counts only if it stays. */
static enum status read_ledger(struct ledger_reading *reading, int data_fd,
                               const struct ledger_range *range, struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    for (int i = 0;; i++) {
        enum status status = ledger_reading_open(reading, data_fd, range, fault);
        if (status == STATUS_OK) {
            ledger_report_check(reading);
        }
        bool is_settled = status == STATUS_OK ? reading->problem_count == 0 || !reading->is_open
                                              : status != STATUS_BUSY;
        if (is_settled || i + 1 == TRIES) {
            return status;
        }
        ledger_reading_close(reading);
        nanosleep(&pause, NULL);
    }
}

static enum status read_losses(const struct cmd_context *context, int data_fd,
                               struct ledger_losses *losses, struct fault *fault)
{
    const struct config *config = context->config;
    int64_t now_ms = clock_now_ms(context->clock);
    struct query_options options = {
        .data_fd = data_fd,
        .memory_bytes = config->limit_memory,
        .time_ms = config->limit_time_ms,
        .threads = config_workers(config),
        .library = config->duckdb,
        .err_fd = context->err_fd,
    };
    enum status status =
        time_range_read("from", config->from, now_ms, &options.range.from_ms, fault);
    status = status == STATUS_OK
                 ? time_range_read("to", config->to, now_ms, &options.range.to_ms, fault)
                 : status;
    return status == STATUS_OK ? ledger_losses_open(losses, &options, fault) : status;
}

static int print(const struct cmd_context *context, const struct ledger_reading *reading,
                 const struct ledger_losses *losses)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    bool is_json = strcmp(context->config->ledger_format, "json") == 0;
    enum status status =
        is_json ? ledger_report_json(&out, reading, losses) : ledger_report_text(&out, reading);
    if (losses && !is_json && status == STATUS_OK) {
        status = ledger_losses_text(&out, losses);
    }
    cmd_write(context->out_fd, buf_view(&out));
    buf_free(&out);
    if (status != STATUS_OK) {
        return cmd_fail(context, "there is too much to print; choose less with --from and --to");
    }
    if (!is_json) {
        dprintf(context->out_fd,
                reading->problem_count == 0 ? "%s adds up.\n" : "%s does NOT add up.\n",
                context->config->data);
    }
    return reading->problem_count == 0 ? 0 : 1;
}

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct ledger_range range;
    struct ledger_reading reading;
    struct fault fault = {0};
    if (read_range(context, &range, &fault) != STATUS_OK ||
        data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault) != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    struct ledger_losses losses = {0};
    bool has_losses = context->config->losses;
    enum status status = read_ledger(&reading, data.fd, &range, &fault);
    if (status == STATUS_OK && has_losses) {
        status = read_losses(context, data.fd, &losses, &fault);
    }
    int result = status == STATUS_OK ? print(context, &reading, has_losses ? &losses : NULL)
                 : status == STATUS_NOT_FOUND
                     ? cmd_fail(context, "%s has no ledger yet", context->config->data)
                     : cmd_fail(context, "%s", fault.text);
    ledger_losses_close(&losses);
    ledger_reading_close(&reading);
    data_folder_close(&data);
    return result;
}

const struct command cmd_ledger = {
    .name = "ledger",
    .summary = "what became of every request and event, and whether it adds up",
    .usage = "[OPTIONS]",
    .uses = CONFIG_LEDGER,
    .run = run,
};
