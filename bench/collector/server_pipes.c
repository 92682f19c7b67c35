/*
 * server_pipes.c - `pipes serve` with one worker; with disk_shim.so below its files where a slower
 * disk is wanted: it lets one sync at a time pass, each delayed, as a device would.
 */
#include "collector/server.h"

#include "collector/process.h"

#include "fault/fault_base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SETTLE_MS = 600000, PATH_BYTES = SERVER_PATH_BYTES + 64 };

static const char *binary(void)
{
    const char *given = getenv("PIPES_BINARY");
    return given ? given : "build/pipes";
}

static const char *shim(void)
{
    const char *given = getenv("PIPES_DISK_SHIM");
    return given ? given : "build/test/fault/disk_shim.so";
}

static bool is_present(void)
{
    return access(binary(), X_OK) == 0;
}

static bool is_present_with_shim(void)
{
    return is_present() && access(shim(), R_OK) == 0;
}

static enum status map_control(struct server *server, struct fault *fault)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/control", server->folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *at = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof(struct shim_control)) == 0) {
        at = mmap(NULL, sizeof(struct shim_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    int reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    server->control = at == MAP_FAILED ? NULL : at;
    return server->control ? STATUS_OK : fault_errno(fault, reason, "cannot map %s", path);
}

static enum status configure(struct server *server, struct fault *fault)
{
    server->http2_port = server->port; /* the same address understands both */
    if (!server->kind->has_shim) {
        return STATUS_OK;
    }
    enum status status = map_control(server, fault);
    if (status == STATUS_OK) {
        atomic_store(&server->control->sync_delay_ms, server->kind->sync_delay_ms);
    }
    return status;
}

static void dispose(struct server *server)
{
    if (server->control) {
        munmap(server->control, sizeof(*server->control));
        server->control = NULL;
    }
}

static void write_command(const struct server *server, struct command *command)
{
    command_word(command, "%s", binary());
    command_word(command, "serve");
    command_word(command, "--workers");
    command_word(command, "1");
    command_word(command, "--data");
    command_word(command, "%s/data", server->folder);
    command_word(command, "--listen");
    if (server->kind->has_no_tls) {
        command_word(command, "127.0.0.1:%u", server->port);
    } else {
        command_word(command, "127.0.0.1:%u,127.0.0.1:%u tls", server->port, server->tls_port);
        command_word(command, "--tls-certificate");
        command_word(command, "%s", server->place->certificate);
        command_word(command, "--tls-key");
        command_word(command, "%s", server->place->key);
    }
    command_word(command, "--admin");
    command_word(command, "127.0.0.1:%u", server->admin_port);
    if (server->kind->is_without_spool_max) {
        command_word(command, "--spool-max");
        command_word(command, "0");
    }
    if (server->control) {
        command_setting(command, "LD_PRELOAD=%s", shim());
        command_setting(command, "PIPES_SHIM_FOLDER=%s/data", server->folder);
        command_setting(command, "PIPES_SHIM_CONTROL=%s/control", server->folder);
    }
}

/* Called when it answers: all threads are there. */
static pid_t worker(const struct server *server)
{
    if (server->kind->is_lake_apart) {
        process_pin_thread(server->child.pid, server->kind->lake_thread, LOAD_CORE);
    }
    return server->child.pid;
}

/* Until the lake has taken all: what it does behind an answer is part of what an event costs, and
 * must not disturb who is measured next. */
static enum status settle(struct server *server, struct fault *fault)
{
    struct server_counts counts;
    int64_t end_ms = fault_now_ms() + SETTLE_MS;
    enum status status = server_counts(server, &counts, fault);
    while (status == STATUS_OK && counts.stored < counts.accepted) {
        if (fault_now_ms() > end_ms) {
            return fault_set(fault, STATUS_IO, "the lake did not take all in %d s",
                             SETTLE_MS / 1000);
        }
        fault_sleep_ms(5);
        status = server_counts(server, &counts, fault);
    }
    return status;
}

#define PIPES_KIND                                                                             \
    .lake_thread = "lake", .configure = configure, .command = write_command, .worker = worker, \
    .settle = settle, .dispose = dispose

const struct server_kind server_pipes = {
    .name = "pipes",
    .note = "one worker, everything on one core; acknowledged when on disk",
    .is_present = is_present,
    PIPES_KIND,
};

const struct server_kind server_pipes_plain = {
    .name = "pipes-plain",
    .note = "the same without TLS: without an option it speaks none",
    .has_no_tls = true,
    .is_present = is_present,
    PIPES_KIND,
};

const struct server_kind server_pipes_apart = {
    .name = "pipes-apart",
    .note = "the same with the lake's thread beside the load, on the other core",
    .is_lake_apart = true,
    .is_present = is_present,
    PIPES_KIND,
};

const struct server_kind server_pipes_long = {
    .name = "pipes-long",
    .note = "the journal may hold all that the lake has not taken",
    .is_without_spool_max = true,
    .is_present = is_present,
    PIPES_KIND,
};

const struct server_kind server_pipes_shim = {
    .name = "pipes-shim",
    .note = "calls on files can be failed",
    .has_shim = true,
    .is_present = is_present_with_shim,
    PIPES_KIND,
};

const struct server_kind server_pipes_5ms = {
    .name = "pipes-5ms",
    .note = "every sync takes 5 ms longer, one after the other",
    .sync_delay_ms = 5,
    .has_shim = true,
    .is_present = is_present_with_shim,
    PIPES_KIND,
};

const struct server_kind server_pipes_50ms = {
    .name = "pipes-50ms",
    .note = "every sync takes 50 ms longer, one after the other",
    .sync_delay_ms = 50,
    .has_shim = true,
    .is_present = is_present_with_shim,
    PIPES_KIND,
};
