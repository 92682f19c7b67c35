#include "app/serve.h"

#include "app/admin.h"
#include "app/ceilings.h"
#include "app/front.h"
#include "app/hand_over.h"
#include "app/key_seed.h"
#include "app/lake_thread.h"
#include "app/listening.h"
#include "app/running_file.h"
#include "journal/data_folder.h"
#include "lake/lake.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 64,
    GATHER_BYTES = 2 * FRAME_BYTES_MAX,
    THREAD_NAME_BYTES = 16,
    WINDOW_DAYS = 8,
    LOCK_PAUSE_MS = 5
};
static const int64_t DAY_MS = 86400000;

struct worker {
    struct front *front;
    struct net_loop *loop;
    pthread_t thread;
    char name[THREAD_NAME_BYTES];
    bool is_running;
    enum status status;
    struct fault fault;
};

struct serve {
    const struct serve_options *options;
    struct data_folder data;
    struct journal *journal;
    struct lake *lake;
    struct lake_thread *lake_thread;
    struct live *live;
    struct counts counts;
    struct static_files files;
    struct settings_box settings;
    struct guard *guard;
    struct front_shared shared;
    struct worker workers[WORKERS_MAX];
    struct admin *admin;
    struct worker admin_worker; /* its loop and thread */
    struct listening *listening;
    bool is_handing_over;
};

/* The process that this one replaces still writes there: it was told to go. */
static enum status open_data(struct serve *serve, struct fault *fault)
{
    const char *path = serve->options->config->data;
    bool may_wait = hand_over_is_new();
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    enum status status = STATUS_BUSY;
    for (int waited = 0; status == STATUS_BUSY && waited <= HAND_OVER_LOCK_MS;
         waited += may_wait ? LOCK_PAUSE_MS : HAND_OVER_LOCK_MS + 1) {
        status = data_folder_open(&serve->data, path, DATA_FOLDER_WRITE, fault);
        if (status == STATUS_BUSY && may_wait) {
            nanosleep(&pause, NULL);
        }
    }
    return status;
}

static enum status open_listening(struct serve *serve, struct fault *fault)
{
    const struct config *config = serve->options->config;
    struct listening_options listening = {
        .listen = config->listen,
        .admin = config->admin,
        .certificate = config->tls_certificate,
        .key = config->tls_key,
        .workers = serve->options->workers,
    };
    enum status status = listening_open(&serve->listening, &listening, fault);
    if (status == STATUS_OK) {
        hand_over_ready();
    }
    return status;
}

/* The option's row allows no fourth word. */
static enum journal_sync sync_of(const char *word)
{
    struct view text = view_from_text(word);
    return view_is(text, "interval") ? JOURNAL_INTERVAL
           : view_is(text, "os")     ? JOURNAL_OS
                                     : JOURNAL_DURABLE;
}

static struct lake_limits lake_limits_of(const struct config *config)
{
    return (struct lake_limits){
        .roll_ms = config->lake_roll_ms,
        .roll_bytes = (uint64_t)config->lake_roll_size,
        .quarantine_bytes = (uint64_t)config->quarantine_max,
    };
}

static enum status open_storage(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    const struct config *config = options->config;
    enum status status = open_data(serve, fault);
    if (status == STATUS_OK) {
        status = key_seed_load(serve->data.fd, &serve->shared.pipeline.hash_seed, fault);
    }
    struct journal_options journal = {
        .data_fd = serve->data.fd,
        .workers = options->workers,
        .segment_bytes = (size_t)config->segment_size,
        .gather_bytes = GATHER_BYTES,
        .sync = sync_of(config->sync),
        .interval_ms = config->sync_interval_ms,
        .spool_bytes = (uint64_t)config->spool_max,
        .free_bytes = (uint64_t)config->disk_reserve,
        .has_keeper = true,
        .clock = options->clock,
        .disk = segment_disk_real(),
    };
    if (status == STATUS_OK) {
        status = journal_open(&serve->journal, &journal, fault);
    }
    struct lake_options lake = {
        .data_fd = serve->data.fd,
        .journal = serve->journal,
        .workers = options->workers,
        .clock = options->clock,
        .log = options->log,
        .limits = lake_limits_of(config),
        .window_ms = WINDOW_DAYS * DAY_MS,
    };
    return status == STATUS_OK ? lake_open(&serve->lake, &lake, fault) : status;
}

/* What limits whom, as far as it does not belong to one of the parts. */
static enum status open_limits(struct serve *serve, struct fault *fault)
{
    const struct config *config = serve->options->config;
    struct settings *settings;
    enum status status = settings_create(&settings, config, fault);
    if (status == STATUS_OK) {
        settings_box_init(&serve->settings, settings);
        status = guard_create(&serve->guard, (size_t)config->connections_max, fault);
    }
    return status;
}

static enum status open_shared(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    const struct config *config = options->config;
    enum status status = STATUS_OK;
    if (config->www[0]) {
        status = static_files_open(&serve->files, config->www, fault);
    }
    if (status == STATUS_OK) {
        status = live_create(&serve->live, options->clock, fault);
    }
    if (status == STATUS_OK) {
        status = lake_thread_start(&serve->lake_thread, serve->lake, options->clock, options->log,
                                   fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct pipeline_shared *pipeline = &serve->shared.pipeline;
    pipeline->journal = serve->journal;
    pipeline->live = serve->live;
    pipeline->counts = &serve->counts;
    pipeline->clock = options->clock;
    pipeline->log = options->log;
    pipeline->guard = serve->guard;
    pipeline->site = config->site;
    pipeline->environment = config->environment;
    pipeline->lake_fd = lake_thread_fd(serve->lake_thread);
    pipeline->interval_ms = config->sync_interval_ms;
    serve->shared.settings = &serve->settings;
    serve->shared.assets = options->public_assets;
    serve->shared.files = &serve->files;
    return STATUS_OK;
}

static enum status open_workers(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    struct net_limits limits = net_limits_default();
    limits.body_bytes = (size_t)options->config->body_max;
    limits.memory_bytes = ceilings_memory(options->config->memory_max, options->workers);
    int fds[HAND_OVER_SOCKETS_MAX];
    struct ceilings_wanted wanted = {
        .connections = (size_t)options->config->connections_max,
        .workers = options->workers,
        .sockets = listening_sockets(serve->listening, fds, HAND_OVER_SOCKETS_MAX),
    };
    enum status status = ceilings_connections(&wanted, &limits.connections, options->log, fault);
    if (status != STATUS_OK) {
        return status;
    }
    for (unsigned i = 0; i < options->workers; i++) {
        struct worker *worker = &serve->workers[i];
        status = front_create(&worker->front, &serve->shared, i, fault);
        worker->loop = status == STATUS_OK ? net_loop_create(&limits, fault) : NULL;
        if (!worker->loop) {
            return status == STATUS_OK ? STATUS_IO : status;
        }
        struct net_handler handler = front_handler(worker->front);
        status = front_attach(worker->front, worker->loop, fault);
        if (status != STATUS_OK) {
            return status;
        }
        status = listening_attach(serve->listening, (int)i, worker->loop, &handler, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status open_admin(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    struct net_limits limits = net_limits_default();
    struct admin_shared shared = {
        .live = serve->live,
        .counts = &serve->counts,
        .journal = serve->journal,
        .lake = lake_counts(serve->lake),
        .assets = options->admin_assets,
        .public_url = listening_public_url(serve->listening),
        .site = options->config->site,
        .version = options->version,
        .is_loopback = listening_is_admin_loopback(serve->listening),
    };
    enum status status = admin_create(&serve->admin, &shared, fault);
    struct worker *worker = &serve->admin_worker;
    worker->loop = status == STATUS_OK ? net_loop_create(&limits, fault) : NULL;
    if (!worker->loop) {
        return status == STATUS_OK ? STATUS_IO : status;
    }
    struct net_handler handler = admin_handler(serve->admin);
    status = listening_attach(serve->listening, LISTENING_ADMIN, worker->loop, &handler, fault);
    if (status == STATUS_OK) {
        status =
            net_loop_watch(worker->loop, live_fd(serve->live), admin_push, serve->admin, fault);
    }
    return status;
}

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
    if (reason == 0) {
        pthread_setname_np(worker->thread, worker->name);
    }
    return reason == 0 ? STATUS_OK : fault_errno(fault, reason, "cannot start a thread");
}

static enum status start_all(struct serve *serve, struct fault *fault)
{
    snprintf(serve->admin_worker.name, THREAD_NAME_BYTES, "admin");
    enum status status = start(&serve->admin_worker, fault);
    for (unsigned i = 0; i < serve->options->workers && status == STATUS_OK; i++) {
        snprintf(serve->workers[i].name, THREAD_NAME_BYTES, "worker-%u", i % 1000);
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
    enum status status = settings_create(&settings, config, fault);
    if (status == STATUS_OK) {
        status =
            listening_reload(serve->listening, config->tls_certificate, config->tls_key, fault);
    }
    if (status != STATUS_OK) {
        settings_destroy(settings);
        return status;
    }
    struct lake_limits lake = lake_limits_of(config);
    settings_box_publish(&serve->settings, settings);
    journal_set_ceilings(serve->journal, (uint64_t)config->spool_max,
                         (uint64_t)config->disk_reserve);
    lake_thread_set_limits(serve->lake_thread, &lake);
    return STATUS_OK;
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
    if (hand_over_start(fds, count, &fault) != STATUS_OK) {
        logger_error(serve->options->log, "serve", "no hand-over: %s", fault.text);
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
    for (unsigned i = 0; serve->journal && i < serve->options->workers; i++) {
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

/* In the order in which events flow, so that nothing is left between two stages. */
static enum status stop_all(struct serve *serve, struct fault *fault)
{
    enum status status = STATUS_OK;
    /* All at once: one that waits for its clients must not keep the others from starting to. */
    for (unsigned i = 0; i < serve->options->workers && serve->is_handing_over; i++) {
        net_loop_stop_gently(serve->workers[i].loop);
    }
    for (unsigned i = 0; i < serve->options->workers; i++) {
        enum status stopped = stop_worker(&serve->workers[i], serve->is_handing_over, fault);
        status = status == STATUS_OK ? stopped : status;
        net_loop_destroy(serve->workers[i].loop);
        front_destroy(serve->workers[i].front);
    }
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
    enum status stopped = stop_worker(&serve->admin_worker, false, fault);
    net_loop_destroy(serve->admin_worker.loop);
    admin_destroy(serve->admin);
    return status == STATUS_OK ? stopped : status;
}

static void close_all(struct serve *serve)
{
    live_destroy(serve->live);
    settings_box_free(&serve->settings);
    guard_destroy(serve->guard);
    lake_close(serve->lake);
    journal_close(serve->journal);
    static_files_close(&serve->files);
    if (serve->data.fd >= 0) {
        running_file_remove(serve->data.fd);
    }
    data_folder_close(&serve->data);
    listening_close(serve->listening);
    free(serve);
}

enum status serve_run(const struct serve_options *options, struct fault *fault)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct serve *serve = calloc(1, sizeof(*serve));
    if (!serve) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the collector");
    }
    serve->options = options;
    serve->files.fd = serve->data.fd = serve->data.lock_fd = -1;
    enum status status = open_limits(serve, fault);
    status = status == STATUS_OK ? open_listening(serve, fault) : status;
    status = status == STATUS_OK ? open_storage(serve, fault) : status;
    status = status == STATUS_OK ? open_shared(serve, fault) : status;
    status = status == STATUS_OK ? open_workers(serve, fault) : status;
    status = status == STATUS_OK ? open_admin(serve, fault) : status;
    if (status == STATUS_OK) {
        status = running_file_write(serve->data.fd, listening_public_url(serve->listening),
                                    listening_admin_url(serve->listening), fault);
    }
    status = status == STATUS_OK ? start_all(serve, fault) : status;
    if (status == STATUS_OK) {
        print_addresses(serve);
        wait_for_end(serve, &signals);
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
