#include "app/serve.h"

#include "app/hand_over.h"
#include "app/options_file.h"
#include "app/running_file.h"
#include "app/serve_parts.h"
#include "base/manager.h"
#include "net/moving.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    worker->status = net_loop_run(worker->loop, &worker->fault);
    if (worker->status != STATUS_OK) {
        /* The others would go on without it: end as a whole instead, in order. */
        kill(getpid(), SIGTERM);
    }
    return NULL;
}

static enum status start(struct worker *worker, struct fault *fault)
{
    int reason = pthread_create(&worker->thread, NULL, run_worker, worker);
    worker->is_running = reason == 0;
    if (reason != 0) {
        return fault_errno(fault, reason, "cannot start a thread");
    }
    pthread_setname_np(worker->thread, worker->name);
    return STATUS_OK;
}

static enum status start_all(struct serve *serve, struct fault *fault)
{
    snprintf(serve->admin_worker.name, SERVE_NAME_BYTES, "admin");
    enum status status = start(&serve->admin_worker, fault);
    for (unsigned i = 0; i < serve->options->workers && status == STATUS_OK; i++) {
        snprintf(serve->workers[i].name, SERVE_NAME_BYTES, "worker-%u", i % 1000);
        status = start(&serve->workers[i], fault);
    }
    return status;
}

static void print_addresses(const struct serve *serve)
{
    const struct serve_options *options = serve->options;
    dprintf(options->out_fd,
            "\n  %s   %s\n"
            "  Live events                     %s\n\n"
            "  Data is kept in %s. Ctrl-C stops.\n\n",
            options->config->www[0] ? "Pages, tracker and collector "
                                    : "Tracker and collector        ",
            listening_public_url(serve->listening), listening_admin_url(serve->listening),
            options->config->data);
}

/* Everything that can fail comes before anything takes effect. */
static enum status read_again(struct serve *serve, const struct config *config, struct fault *fault)
{
    struct settings *settings;
    enum status status =
        settings_create(&settings, config, clock_now_ms(serve->options->clock), fault);
    if (status == STATUS_OK) {
        status =
            listening_reload(serve->listening, config->tls_certificate, config->tls_key, fault);
    }
    if (status != STATUS_OK) {
        settings_destroy(settings);
        return status;
    }
    struct lake_limits lake = serve_lake_limits(config);
    settings_box_publish(&serve->settings, settings);
    journal_set_ceilings(serve->journal, (uint64_t)config->spool_max,
                         (uint64_t)config->disk_reserve);
    lake_thread_set_limits(serve->lake_thread, &lake);
    return STATUS_OK;
}

/* For who describes the processing; nothing depends on it here. */
static void tell_options(struct serve *serve)
{
    struct fault fault = {0};
    if (config_reload_write(serve->options->reload, serve->data.fd, &fault) != STATUS_OK) {
        logger_warn(serve->options->log, "config", "data/OPTIONS is not what holds: %s",
                    fault.text);
    }
}

static void reload(struct serve *serve)
{
    struct logger *log = serve->options->log;
    struct config config;
    struct fault fault = {0};
    enum status status = config_reload_read(serve->options->reload, &config, &fault);
    if (status == STATUS_OK) {
        status = read_again(serve, &config, &fault);
    }
    if (status != STATUS_OK) {
        logger_error(log, "config", "nothing was changed: %s", fault.text);
    }
    config_reload_end(serve->options->reload, status == STATUS_OK);
    tell_options(serve);
    if (status == STATUS_OK) {
        logger_set_level(log, settings_log_level(&config));
    }
}

/* True when a new process waits for this one to go. */
static bool hand_over(struct serve *serve)
{
    int fds[HAND_OVER_SOCKETS_MAX];
    struct fault fault = {0};
    size_t count = listening_sockets(serve->listening, fds, HAND_OVER_SOCKETS_MAX);
    if (hand_over_start(fds, count, &serve->moving_fd, &fault) != STATUS_OK) {
        logger_error(serve->options->log, "serve",
                     "no hand-over: %s. What the new one said stands above", fault.text);
        manager_tell("STATUS=hand-over failed at %lld: %.180s",
                     (long long)clock_now_ms(serve->options->clock), fault.text);
        return false;
    }
    return true;
}

static void wait_for_end(struct serve *serve, const sigset_t *signals)
{
    for (bool is_over = false; !is_over;) {
        int got = 0;
        if (sigwait(signals, &got) != 0) {
            continue;
        }
        if (got == SIGHUP) {
            reload(serve);
        } else if (got == SIGUSR2) {
            is_over = serve->is_handing_over = hand_over(serve);
        } else {
            is_over = got != 0;
        }
    }
}

static enum status stop_worker(struct worker *worker, bool is_gentle, struct fault *fault)
{
    if (worker->is_running) {
        if (is_gentle) {
            net_loop_stop_gently(worker->loop);
        } else {
            net_loop_stop(worker->loop);
        }
        pthread_join(worker->thread, NULL);
        worker->is_running = false;
    }
    if (worker->status != STATUS_OK) {
        return fault_set(fault, worker->status, "%s", worker->fault.text);
    }
    return STATUS_OK;
}

/* The lake has everything that the workers committed: their streams are done. */
static void release_streams(struct serve *serve)
{
    for (unsigned i = 0; serve->journal && i < serve_streams(serve->options); i++) {
        uint64_t stream;
        uint32_t number;
        uint64_t offset;
        struct fault fault = {0};
        journal_durable(serve->journal, i, &stream, &number, &offset);
        if (journal_release(serve->journal, stream, 0, true, &fault) != STATUS_OK) {
            logger_warn(serve->options->log, "journal", "%s", fault.text);
        }
    }
}

/* Everybody who counts has ended. */
static void end_ledger(struct serve *serve)
{
    struct fault fault = {0};
    if (!serve->door) {
        return;
    }
    enum status status = ledger_door_keep(serve->door, &fault);
    status = status == STATUS_OK ? ledger_book_end(serve->book, &fault) : status;
    if (status != STATUS_OK) {
        logger_warn(serve->options->log, "ledger", "what was counted last is not kept: %s",
                    fault.text);
    }
}

/* In the order in which events flow, so that nothing is left between two stages. */
static enum status stop_all(struct serve *serve, struct fault *fault)
{
    enum status status = STATUS_OK;
    /* All at once: one that waits for its clients must not keep the others from starting to. */
    for (unsigned i = 0; i < serve->options->workers && serve->is_handing_over; i++) {
        net_loop_move_to(serve->workers[i].loop, serve->moving_fd);
        net_loop_stop_gently(serve->workers[i].loop);
    }
    for (unsigned i = 0; i < serve->options->workers; i++) {
        enum status stopped = stop_worker(&serve->workers[i], serve->is_handing_over, fault);
        status = status == STATUS_OK ? stopped : status;
        net_loop_destroy(serve->workers[i].loop);
        front_destroy(serve->workers[i].front);
    }
    eraser_stop(serve->eraser);  /* it asks the compactor and the lake's thread */
    raw_keeper_stop(serve->raw); /* the eraser asks it, too */
    compactor_stop(serve->compactor);
    serve->compactor = NULL;
    replay_desk_stop(serve->desk);
    /* Before the lake's last round: what is in flight would hold back all that came after it, and
     * the streams are removed once the lake says that it took everything. */
    struct fault journal_fault = {0};
    if (serve->journal && journal_finish(serve->journal, &journal_fault) != STATUS_OK) {
        logger_warn(serve->options->log, "journal",
                    "what nobody waited for any more was not kept: %s", journal_fault.text);
    }
    struct fault lake_fault = {0};
    if (lake_thread_stop(serve->lake_thread, &lake_fault) != STATUS_OK) {
        logger_warn(serve->options->log, "lake",
                    "events wait in the journal for the next start: %s", lake_fault.text);
    } else if (serve->lake_thread) {
        release_streams(serve);
    }
    end_ledger(serve);
    enum status stopped = stop_worker(&serve->admin_worker, false, fault);
    net_loop_destroy(serve->admin_worker.loop);
    admin_destroy(serve->admin);
    upkeep_stop(serve->upkeep); /* after the admin, who asks it */
    return status == STATUS_OK ? stopped : status;
}

static void close_all(struct serve *serve)
{
    replay_desk_destroy(serve->desk);
    live_destroy(serve->live);
    settings_box_free(&serve->settings);
    scrub_keys_free(&serve->keys);
    guard_destroy(serve->guard);
    receipts_destroy(serve->receipts);
    agent_rules_destroy(serve->agents);
    eraser_destroy(serve->eraser);
    lake_close(serve->lake);
    ledger_door_destroy(serve->door);
    ledger_book_close(serve->book);
    tombstones_close(serve->tombstones);
    key_ring_close(serve->ring);
    journal_close(serve->journal);
    static_files_close(&serve->files);
    if (serve->data.fd >= 0) {
        running_file_remove(serve->data.fd);
        options_file_remove(serve->data.fd);
        admin_token_remove(serve->data.fd);
    }
    data_folder_close(&serve->data);
    listening_close(serve->listening);
    if (serve->moving_fd >= 0) {
        close(serve->moving_fd);
    }
    free(serve);
}

enum status serve_run(const struct serve_options *options, struct fault *fault)
{
    static const int TAKEN[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR2};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(TAKEN) / sizeof(TAKEN[0]); i++) {
        sigaddset(&signals, TAKEN[i]);
    }
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct serve *serve = calloc(1, sizeof(*serve));
    if (!serve) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the collector");
    }
    serve->options = options;
    serve->files.fd = serve->data.fd = serve->data.lock_fd = serve->moving_fd = -1;
    enum status status = serve_open(serve, fault);
    if (status == STATUS_OK) {
        status = running_file_write(serve->data.fd, listening_public_url(serve->listening),
                                    listening_admin_url(serve->listening), fault);
    }
    status = status == STATUS_OK ? start_all(serve, fault) : status;
    if (status == STATUS_OK) {
        tell_options(serve);
        print_addresses(serve);
        manager_tell("READY=1\nSTATUS=");
        wait_for_end(serve, &signals);
        if (!serve->is_handing_over) {
            manager_tell("STOPPING=1");
        }
        dprintf(options->out_fd, "  Stopping: keeping what was received ...\n");
    }
    if (!serve->is_handing_over) {
        /* Nobody is to wait in the backlog of a process that does not accept any more. */
        listening_close(serve->listening);
        serve->listening = NULL;
    }
    struct fault stop_fault = {0};
    enum status stopped = stop_all(serve, &stop_fault);
    if (status == STATUS_OK && stopped != STATUS_OK) {
        status = fault_set(fault, stopped, "%s", stop_fault.text);
    }
    close_all(serve);
    return status;
}
