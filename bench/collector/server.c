#include "collector/server.h"

#include "base/clock.h"
#include "base/file.h"
#include "collector/ask.h"
#include "fault/fault_base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PORTS = 4,
    PATIENCE_MS = 120000,
    STOP_PATIENCE_MS = 60000,
    POLL_NS = 200 * 1000,
    ANSWER_BYTES_MAX = 1 << 20,
    REMOVE_TRIES = 200,
    REMOVE_PAUSE_MS = 20,
};

/* All are held until the last is known, so that they differ. */
static enum status pick_ports(unsigned ports[PORTS], struct fault *fault)
{
    int fds[PORTS] = {-1, -1, -1, -1};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < PORTS && status == STATUS_OK; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(address);
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fds[i] < 0 || bind(fds[i], (struct sockaddr *)&address, len) != 0 ||
            getsockname(fds[i], (struct sockaddr *)&address, &len) != 0) {
            status = fault_errno(fault, errno, "cannot find a free port");
        }
        ports[i] = ntohs(address.sin_port);
    }
    for (size_t i = 0; i < PORTS; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    return status;
}

enum status server_make(struct server *server, const struct server_kind *kind,
                        const struct server_place *place, struct fault *fault)
{
    unsigned ports[PORTS];
    *server = (struct server){.kind = kind, .place = place, .child = {0, -1, -1}};
    snprintf(server->folder, sizeof(server->folder), "%s/%s", place->folder, kind->name);
    snprintf(server->output, sizeof(server->output), "%s/output", server->folder);
    enum status status = pick_ports(ports, fault);
    if (status == STATUS_OK && mkdir(server->folder, FILE_FOLDER_MODE) != 0) {
        status = fault_errno(fault, errno, "cannot make %s", server->folder);
    }
    server->port = ports[0];
    server->http2_port = ports[1];
    server->tls_port = ports[2];
    server->admin_port = ports[3];
    return status == STATUS_OK ? kind->configure(server, fault) : status;
}

/* A child of the one that was killed may be about to end, and still write. */
static void remove_folder(const char *path)
{
    fault_remove_tree(path);
    for (int i = 0; i < REMOVE_TRIES && access(path, F_OK) == 0; i++) {
        fault_sleep_ms(REMOVE_PAUSE_MS);
        fault_remove_tree(path);
    }
}

void server_remove(struct server *server)
{
    if (server->kind) {
        server_kill(server);
        server->kind->dispose(server);
        remove_folder(server->folder);
        *server = (struct server){0};
    }
}

static bool takes_an_event(const struct server *server)
{
    struct buf bytes;
    struct asked asked;
    buf_init(&bytes, ANSWER_BYTES_MAX);
    bool is_taken = ask_with_event(server->port, &bytes, &asked, NULL) == STATUS_OK &&
                    asked.status >= 200 && asked.status < 300;
    buf_free(&bytes);
    return is_taken;
}

static enum status wait_until_ready(struct server *server, struct fault *fault)
{
    int64_t begin_ns = clock_stopwatch_ns();
    int64_t end_ms = fault_now_ms() + PATIENCE_MS;
    struct timespec pause = {.tv_nsec = POLL_NS};
    while (!takes_an_event(server)) {
        if (!child_is_alive(&server->child)) {
            return fault_set(fault, STATUS_IO, "%s ended while it started; see %s",
                             server->kind->name, server->output);
        }
        if (fault_now_ms() > end_ms) {
            return fault_set(fault, STATUS_IO, "%s takes no events; see %s", server->kind->name,
                             server->output);
        }
        nanosleep(&pause, NULL);
    }
    server->ready_ns = clock_stopwatch_ns() - begin_ns;
    return STATUS_OK;
}

enum status server_start(struct server *server, struct fault *fault)
{
    struct command command = {.core = SERVER_CORE, .output = server->output};
    server->kind->command(server, &command);
    enum status status = command_start(&command, &server->child, fault);
    if (status == STATUS_OK) {
        status = wait_until_ready(server, fault);
    }
    if (status == STATUS_OK) {
        server->worker = server->kind->worker(server);
    } else {
        server_kill(server);
    }
    return status;
}

void server_stop(struct server *server)
{
    child_end(&server->child, SIGTERM, STOP_PATIENCE_MS);
}

void server_kill(struct server *server)
{
    pid_t worker = server->worker;
    bool was_alive = server->child.pid > 0;
    bool has_worker = was_alive && worker > 0 && worker != server->child.pid;
    if (has_worker) {
        /* A worker whose master is killed lives on: the master ends it. */
        child_end(&server->child, SIGTERM, STOP_PATIENCE_MS);
    } else {
        child_end(&server->child, SIGKILL, STOP_PATIENCE_MS);
    }
}

enum status server_settle(struct server *server, struct fault *fault)
{
    return server->kind->settle(server, fault);
}

void server_fail_disk(struct server *server, const char *rules)
{
    if (server->control) {
        uint32_t turn = atomic_load(&server->control->turn) + 1;
        snprintf(server->control->rules[turn % 2], SHIM_RULES_BYTES, "%s", rules);
        atomic_store(&server->control->turn, turn);
    }
}

enum status server_counts(const struct server *server, struct server_counts *counts,
                          struct fault *fault)
{
    static const struct view REQUEST =
        VIEW_LITERAL("GET /counts HTTP/1.1\r\nHost: localhost\r\n\r\n");
    struct buf bytes;
    struct asked asked;
    *counts = (struct server_counts){0};
    if (server->admin_port == 0) {
        return STATUS_OK;
    }
    buf_init(&bytes, ANSWER_BYTES_MAX);
    enum status status = ask(server->admin_port, REQUEST, &bytes, &asked, fault);
    if (status == STATUS_OK) {
        counts->accepted = asked_number(&asked, "accepted");
        counts->stored = asked_number(&asked, "stored") + asked_number(&asked, "duplicates");
        counts->journal_bytes = asked_number(&asked, "journal_bytes");
        counts->spool_bytes = asked_number(&asked, "spool_bytes");
        counts->sync_us = asked_number(&asked, "sync_us");
    }
    buf_free(&bytes);
    return status;
}
