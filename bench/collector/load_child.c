#include "collector/load_child.h"

#include "collector/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 4096, PATIENCE_MS = 5000 };

static const char *binary(void)
{
    const char *given = getenv("BENCH_LOAD");
    return given ? given : "build/bench/bench_load";
}

static void add_number(struct command *command, const char *name, unsigned value)
{
    if (value > 0) {
        command_word(command, "--%s", name);
        command_word(command, "%u", value);
    }
}

static void write_command(struct command *command, unsigned port, const struct load_plan *plan)
{
    command_word(command, "%s", binary());
    command_word(command, "--wait");
    command_word(command, "--scenario");
    command_word(command, "%s", plan->scenario);
    command_word(command, "--seconds");
    command_word(command, "%.3f", plan->is_idle ? 1.0 : plan->seconds);
    add_number(command, "port", port);
    add_number(command, plan->is_idle ? "idle" : "connections", plan->connections);
    add_number(command, "slices", plan->slices);
    add_number(command, "rate", plan->rate);
    add_number(command, "streams", plan->streams);
    if (plan->streams > 0) {
        command_word(command, "--http2");
    }
    if (plan->is_tls) {
        command_word(command, "--tls");
    }
}

enum status load_child_start(struct child *child, unsigned port, const struct load_plan *plan,
                             struct fault *fault)
{
    char line[LINE_BYTES];
    struct command command = {.core = LOAD_CORE};
    write_command(&command, port, plan);
    enum status status = command_start(&command, child, fault);
    if (status == STATUS_OK &&
        (child_read_line(child, line, sizeof(line)) != STATUS_OK || strcmp(line, "ready") != 0)) {
        child_end(child, SIGTERM, PATIENCE_MS);
        status = fault_set(fault, STATUS_IO, "bench_load did not get ready");
    }
    return status;
}

void load_child_go(const struct child *child)
{
    child_write(child, VIEW_LITERAL("\n"));
}

static double number_of(const char *line, const char *name)
{
    char key[64];
    int len = snprintf(key, sizeof(key), " %s=", name);
    const char *at = strstr(line, key);
    return at ? strtod(at + len, NULL) : 0;
}

static void read_result(const char *line, struct load_result *result)
{
    *result = (struct load_result){
        .requests = number_of(line, "requests"),
        .errors = number_of(line, "errors"),
        .broken = number_of(line, "broken"),
        .unanswered = number_of(line, "unanswered"),
        .req_s = number_of(line, "req_s"),
        .events_s = number_of(line, "events_s"),
        .bytes_s = number_of(line, "bytes_s"),
        .p50_ms = number_of(line, "p50_ms"),
        .p90_ms = number_of(line, "p90_ms"),
        .p99_ms = number_of(line, "p99_ms"),
        .p999_ms = number_of(line, "p99.9_ms"),
        .max_ms = number_of(line, "max_ms"),
    };
    if (result->req_s > 0) {
        result->events = result->requests * result->events_s / result->req_s;
    }
}

enum status load_child_result(struct child *child, struct load_result *result, struct fault *fault)
{
    char line[LINE_BYTES];
    *result = (struct load_result){0};
    bool is_there = child_read_line(child, line, sizeof(line)) == STATUS_OK;
    if (is_there) {
        read_result(line, result);
    }
    child_end(child, is_there ? 0 : SIGTERM, PATIENCE_MS);
    return is_there ? STATUS_OK : fault_set(fault, STATUS_IO, "bench_load ended too soon");
}

enum status load_child_run(unsigned port, const struct load_plan *plan, struct load_result *result,
                           struct fault *fault)
{
    struct child child;
    enum status status = load_child_start(&child, port, plan, fault);
    if (status == STATUS_OK) {
        load_child_go(&child);
        status = load_child_result(&child, result, fault);
    }
    return status;
}
