#include "app/replay_sinks.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

static enum status collect_alone(const struct cmd_context *context, struct replay *replay,
                                 struct fault *fault)
{
    const struct data_alone_options options = {
        .config = context->config, .clock = context->clock, .log = context->log};
    struct replay_alone *alone = calloc(1, sizeof(*alone));
    if (!alone) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to replay");
    }
    enum status status = replay_alone_open(alone, &options, fault);
    if (status == STATUS_OK) {
        const struct replay_sink sink = replay_alone_sink(alone);
        status = replay_collect(replay, &sink, fault);
        status = status == STATUS_OK ? replay_alone_drain(alone, fault) : status;
    }
    replay_alone_close(alone);
    free(alone);
    return status;
}

static enum status collect_through(const struct cmd_context *context, struct replay *replay,
                                   struct fault *fault)
{
    struct replay_through *through = calloc(1, sizeof(*through));
    if (!through) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory to replay");
    }
    enum status status = replay_through_open(through, context->config->data, fault);
    if (status == STATUS_OK) {
        const struct replay_sink sink = replay_through_sink(through);
        status = replay_collect(replay, &sink, fault);
    }
    free(through);
    return status;
}

/* Whoever holds the data folder appends to its journal. */
static enum status collect(const struct cmd_context *context, struct replay *replay,
                           struct fault *fault)
{
    struct admin_client client;
    enum status status = collect_alone(context, replay, fault);
    bool is_served = status == STATUS_BUSY &&
                     admin_client_open(&client, context->config->data, NULL) == STATUS_OK;
    return is_served ? collect_through(context, replay, fault) : status;
}

static void print_report(const struct cmd_context *context, const struct replay_report *report)
{
    dprintf(context->out_fd,
            "%llu rows in quarantine, %llu of them understood by now: %llu events\n",
            (unsigned long long)report->rows, (unsigned long long)report->understood,
            (unsigned long long)report->events);
    if (report->skipped > 0) {
        dprintf(context->out_fd, "%llu parts could not be looked at (`pipes verify` says why)\n",
                (unsigned long long)report->skipped);
    }
}

static int run(const struct cmd_context *context)
{
    struct data_folder data;
    struct replay *replay = NULL;
    struct fault fault = {0};
    enum status status = data_folder_open(&data, context->config->data, DATA_FOLDER_READ, &fault);
    if (status != STATUS_OK) {
        return cmd_fail(context, "%s", fault.text);
    }
    status = replay_begin(&replay, data.fd, context->config->data, context->log, &fault);
    status = status == STATUS_OK ? collect(context, replay, &fault) : status;
    status = status == STATUS_OK ? replay_commit(replay, &fault) : status;
    if (status == STATUS_OK) {
        print_report(context, replay_report(replay));
    }
    replay_end(replay);
    data_folder_close(&data);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_replay = {
    .name = "replay",
    .summary = "try what is in quarantine once more",
    .usage = "[OPTIONS]",
    .uses = CONFIG_REPLAY,
    .run = run,
};
