#include "collector/bench.h"

#include <stdlib.h>

static const struct server_kind *const EVERYBODY[] = {
    &server_pipes,
    &server_pipes_apart,
    &server_nginx_204,
    &server_nginx_204_8k,
    &server_nginx_log,
    &server_nginx_lua,
    NULL,
};
static const struct server_kind *const AT_REST[] = {
    &server_pipes_plain, &server_pipes,     &server_nginx_204,
    &server_nginx_log,   &server_nginx_lua, NULL,
};
static const struct server_kind *const WITH_TLS[] = {
    &server_pipes,
    &server_nginx_204,
    &server_nginx_204_8k,
    NULL,
};
static const struct server_kind *const DISKS[] = {
    &server_pipes,      &server_pipes_apart, &server_pipes_5ms,
    &server_pipes_50ms, &server_nginx_204,   NULL,
};

const struct bench_row bench_rows[] = {
    {.name = "disk", .title = "the disk", .run = row_disk},
    {.name = "S64",
     .title = "S: one event of 1 kB a request, 64 connections",
     .run = row_series,
     .kinds = EVERYBODY,
     .load = {.scenario = "S", .connections = 64}},
    {.name = "S256",
     .title = "S, 256 connections",
     .run = row_series,
     .kinds = EVERYBODY,
     .load = {.scenario = "S", .connections = 256}},
    {.name = "B64",
     .title = "B: 50 events of 1 kB a request, 64 connections",
     .run = row_series,
     .kinds = EVERYBODY,
     .load = {.scenario = "B", .connections = 64}},
    {.name = "T64",
     .title = "T: one event of 200 bytes a request, 64 connections",
     .run = row_series,
     .kinds = EVERYBODY,
     .load = {.scenario = "T", .connections = 64}},
    {.name = "S-tls",
     .title = "S over TLS, HTTP/1.1, 64 connections",
     .run = row_series,
     .kinds = WITH_TLS,
     .load = {.scenario = "S", .connections = 64, .is_tls = true}},
    {.name = "S-h2",
     .title = "S over HTTP/2 in clear text, 16 connections of 16 streams",
     .run = row_series,
     .kinds = WITH_TLS,
     .load = {.scenario = "S", .connections = 16, .streams = 16}},
    {.name = "S-h2-tls",
     .title = "S over HTTP/2 and TLS, 16 connections of 16 streams",
     .run = row_series,
     .kinds = WITH_TLS,
     .load = {.scenario = "S", .connections = 16, .streams = 16, .is_tls = true}},
    {.name = "S-40k",
     .title = "S at 40,000 requests a second, 64 connections; latency from when a request was due",
     .run = row_series,
     .kinds = EVERYBODY,
     .load = {.scenario = "S", .connections = 64, .rate = 40000}},
    {.name = "delay",
     .title = "S, 256 connections, on disks that take longer",
     .run = row_delay,
     .kinds = DISKS,
     .load = {.scenario = "S", .connections = 256, .slices = 1}},
    {.name = "health",
     .title = "/healthz, 200 times a second, beside S of 256 connections on a disk of +50 ms",
     .run = row_health,
     .load = {.scenario = "S", .connections = 256}},
    {.name = "slow",
     .title = "S, 64 connections at 5,000 requests a second, beside slow clients",
     .run = row_slow,
     .load = {.scenario = "S"}},
    {.name = "memory",
     .title = "resident memory: idle, under S of 64 connections, with 10,000 idle connections",
     .run = row_memory,
     .kinds = AT_REST,
     .load = {.scenario = "S", .connections = 64}},
    {.name = "start",
     .title = "from the start to the first event taken, nothing there",
     .run = row_start,
     .kinds = AT_REST},
    {.name = "recovery",
     .title = "the same with a journal that a kill left behind (still in the page cache)",
     .run = row_recovery},
    {.name = "long",
     .title = "B: 20 GB without a pause",
     .run = row_long,
     .load = {.scenario = "B", .connections = 64},
     .is_long = true},
    {0},
};

enum status bench_server(const struct bench *bench, const struct server_kind *kind,
                         struct server *server, struct fault *fault)
{
    *server = (struct server){0};
    enum status status =
        kind->is_present()
            ? server_make(server, kind, &bench->place, fault)
            : fault_set(fault, STATUS_NOT_FOUND,
                        "%s is not there; build it or run tools/setup bench", kind->name);
    if (status == STATUS_OK) {
        status = server_start(server, fault);
    }
    if (status != STATUS_OK) {
        server_remove(server);
    }
    return status;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return count == 0 ? 0 : (values[count / 2] + values[(count - 1) / 2]) / 2;
}
