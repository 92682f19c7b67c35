#include "collector/trial.h"

#include "base/clock.h"
#include "collector/process.h"

struct reading {
    int64_t at_ns;
    int64_t cpu_ns; /* all threads */
    int64_t lake_ns;
    int64_t busy_ns;
};

static struct reading read_now(const struct server *server)
{
    const char *lake = server->kind->lake_thread;
    return (struct reading){clock_stopwatch_ns(), process_cpu_ns(server->worker),
                            lake ? process_thread_cpu_ns(server->worker, lake) : 0,
                            process_core_busy_ns(SERVER_CORE)};
}

unsigned trial_port(const struct server *server, const struct load_plan *plan)
{
    return plan->is_tls ? server->tls_port : plan->streams > 0 ? server->http2_port : server->port;
}

static void conclude(struct trial *trial, const struct server *server, const struct reading *before,
                     const struct reading *after, const struct reading *settled)
{
    double passed_ns = (double)(after->at_ns - before->at_ns);
    double all_ns = (double)(after->cpu_ns - before->cpu_ns);
    double lake_ns = (double)(after->lake_ns - before->lake_ns);
    double cpu_ns = server->kind->is_lake_apart ? all_ns - lake_ns : all_ns; /* on its core */
    double others_ns = (double)(after->busy_ns - before->busy_ns) - cpu_ns;
    double events = trial->load.events > 0 ? trial->load.events : 1;
    trial->cpu_us = (all_ns - lake_ns) / 1000 / events;
    trial->lake_cpu_us = (double)(settled->lake_ns - before->lake_ns) / 1000 / events;
    trial->core_share = cpu_ns / passed_ns;
    trial->others_share = others_ns > 0 ? others_ns / passed_ns : 0;
}

enum status trial_run(struct server *server, const struct load_plan *plan, struct trial *trial,
                      struct fault *fault)
{
    struct child child;
    struct server_counts counts = {0};
    *trial = (struct trial){0};
    enum status status = load_child_start(&child, trial_port(server, plan), plan, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct reading before = read_now(server);
    load_child_go(&child);
    status = load_child_result(&child, &trial->load, fault);
    struct reading after = read_now(server);
    if (status == STATUS_OK) {
        status = server_counts(server, &counts, fault);
    }
    if (status == STATUS_OK) {
        status = server_settle(server, fault);
    }
    struct reading settled = read_now(server);
    trial->sync_ms = (double)counts.sync_us / 1000;
    conclude(trial, server, &before, &after, &settled);
    return status;
}
