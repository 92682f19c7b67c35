/*
 * row_memory.c - resident memory: idle, under load, with many connections that do nothing.
 */
#include "collector/bench.h"
#include "collector/process.h"
#include "collector/trial.h"

#include "fault/fault_base.h"

enum { IDLE_CONNECTIONS = 10000, REST_MS = 1000 };

struct memory_row {
    struct process_memory idle;
    struct process_memory load; /* its peak is that of the load */
    struct process_memory many;
};

static enum status hold_many(const struct server *server, struct memory_row *row,
                             struct fault *fault)
{
    struct child child;
    struct load_plan plan = {.scenario = "S", .connections = IDLE_CONNECTIONS, .is_idle = true};
    enum status status = load_child_start(&child, server->port, &plan, fault);
    if (status == STATUS_OK) {
        fault_sleep_ms(REST_MS);
        row->many = process_memory(server->worker);
        load_child_go(&child);
        child_wait(&child);
    }
    return status;
}

/* The connections come first: what a load leaves behind would be counted as theirs. */
static enum status fill(const struct bench *bench, const struct bench_row *bench_row,
                        struct server *server, struct memory_row *row, struct fault *fault)
{
    struct trial trial;
    struct load_plan plan = bench_row->load;
    plan.seconds = bench->seconds;
    fault_sleep_ms(REST_MS);
    row->idle = process_memory(server->worker);
    enum status status = hold_many(server, row, fault);
    if (status == STATUS_OK) {
        process_forget_peak(server->worker);
        status = trial_run(server, &plan, &trial, fault);
        row->load = process_memory(server->worker);
    }
    return status;
}

static void print_row(struct report *report, const char *name, const struct memory_row *row)
{
    const double megabyte = 1e6;
    report_print(
        report, "%-15s %9.1f %9.1f %9.1f %9.1f %9.1f %12.2f\n", name,
        (double)row->idle.resident_bytes / megabyte,
        (double)row->idle.proportional_bytes / megabyte, (double)row->load.peak_bytes / megabyte,
        (double)row->load.resident_bytes / megabyte, (double)row->many.resident_bytes / megabyte,
        ((double)row->many.resident_bytes - (double)row->idle.resident_bytes) / 1000 /
            IDLE_CONNECTIONS);
}

enum status row_memory(struct bench *bench, const struct bench_row *bench_row, struct fault *fault)
{
    enum status status = STATUS_OK;
    report_print(&bench->report, "%-15s %9s %9s %9s %9s %9s %12s\n", "server", "idle MB",
                 "idle PSS", "load peak", "after", "10k idle", "kB each");
    for (size_t i = 0; bench_row->kinds[i] && status == STATUS_OK; i++) {
        struct server server;
        struct memory_row row = {0};
        if (bench_row->kinds[i]->is_present()) {
            status = bench_server(bench, bench_row->kinds[i], &server, fault);
        } else {
            continue;
        }
        if (status == STATUS_OK) {
            status = fill(bench, bench_row, &server, &row, fault);
            server_remove(&server);
        }
        if (status == STATUS_OK) {
            print_row(&bench->report, bench_row->kinds[i]->name, &row);
        }
    }
    return status;
}
