#include "app/serve.h"

#include "app/admin.h"
#include "app/front.h"
#include "app/lake_thread.h"
#include "base/file.h"
#include "base/uuid.h"
#include "journal/data_folder.h"
#include "lake/lake.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WORKERS_MAX = 64,
    ORIGINS_MAX = 256,
    GATHER_BYTES = 2 * FRAME_BYTES_MAX,
    URL_BYTES = 300,
    THREAD_NAME_BYTES = 16,
    WINDOW_DAYS = 8
};
static const char RUNNING_FILE[] = "RUNNING";
static const char SEED_FILE[] = "SEED";
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
    struct view origins[ORIGINS_MAX];
    struct front_shared shared;
    struct worker workers[WORKERS_MAX];
    struct admin *admin;
    struct worker admin_worker; /* its loop and thread */
    char public_url[URL_BYTES];
    char admin_url[URL_BYTES];
};

/* The seed of key hashes: made once per data folder, or re-sends would not be known again. */
static enum status make_seed(int data_fd, uint64_t *seed, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 64);
    enum status status = uuid_random(seed, sizeof(*seed), fault);
    buf_append_uint64(&text, *seed);
    buf_append_byte(&text, '\n');
    if (status == STATUS_OK) {
        status = file_replace(data_fd, SEED_FILE, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

static enum status load_seed(int data_fd, uint64_t *seed, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 64);
    enum status status = file_read(data_fd, SEED_FILE, &text, fault);
    struct view line = buf_view(&text);
    if (status == STATUS_NOT_FOUND) {
        status = make_seed(data_fd, seed, fault);
    } else if (status == STATUS_OK && !view_to_uint64(view_cut(&line, '\n'), seed)) {
        status = fault_set(fault, STATUS_DAMAGED,
                           "the file SEED in the data folder must hold one number");
    }
    buf_free(&text);
    return status;
}

static enum status read_origins(struct serve *serve, struct fault *fault)
{
    struct view rest = view_from_text(serve->options->origins);
    struct cors *cors = &serve->shared.cors;
    while (rest.len > 0) {
        struct view origin = view_trim(view_cut(&rest, ','));
        if (cors->origin_count == ORIGINS_MAX) {
            return fault_set(fault, STATUS_TOO_BIG, "at most %d origins", ORIGINS_MAX);
        }
        if (origin.len > 0) {
            serve->origins[cors->origin_count++] = origin;
        }
    }
    cors->origins = serve->origins;
    return STATUS_OK;
}

static enum status open_storage(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    enum status status = data_folder_open(&serve->data, options->data, DATA_FOLDER_WRITE, fault);
    if (status == STATUS_OK) {
        status = load_seed(serve->data.fd, &serve->shared.pipeline.hash_seed, fault);
    }
    struct journal_options journal = {
        .data_fd = serve->data.fd,
        .workers = options->workers,
        .segment_bytes = options->segment_bytes,
        .gather_bytes = GATHER_BYTES,
        .sync = options->sync,
        .interval_ms = options->interval_ms,
        .spool_bytes = options->spool_bytes,
        .free_bytes = options->disk_reserve_bytes,
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
        .roll_ms = options->lake_roll_ms,
        .roll_bytes = options->lake_roll_bytes,
        .window_ms = WINDOW_DAYS * DAY_MS,
        .quarantine_bytes = options->quarantine_bytes,
    };
    return status == STATUS_OK ? lake_open(&serve->lake, &lake, fault) : status;
}

static enum status probe_addresses(const struct serve_options *options, struct fault *fault)
{
    const char *const addresses[][2] = {{options->listen, "--listen"}, {options->admin, "--admin"}};
    for (size_t i = 0; i < 2; i++) {
        struct fault why = {0};
        enum status status = listener_probe(addresses[i][0], &why);
        if (status == STATUS_BUSY) {
            return fault_set(fault, status, "%s; stop it, or choose another address with %s",
                             why.text, addresses[i][1]);
        }
        if (status != STATUS_OK) {
            return fault_set(fault, status, "%s", why.text);
        }
    }
    return STATUS_OK;
}

static enum status open_shared(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    serve->files.fd = -1;
    enum status status = read_origins(serve, fault);
    if (status == STATUS_OK) {
        status = probe_addresses(options, fault);
    }
    if (status == STATUS_OK && options->www[0]) {
        status = static_files_open(&serve->files, options->www, fault);
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
    pipeline->site = options->site;
    pipeline->environment = options->environment;
    pipeline->lake_fd = lake_thread_fd(serve->lake_thread);
    pipeline->interval_ms = options->interval_ms;
    serve->shared.assets = options->public_assets;
    serve->shared.files = &serve->files;
    return STATUS_OK;
}

/* "HOST:PORT" with another port. */
static void with_port(const char *address, uint16_t port, char out[URL_BYTES])
{
    const char *colon = strrchr(address, ':');
    snprintf(out, URL_BYTES, "%.*s:%u", colon ? (int)(colon - address) : 0, address, port);
}

/* An address a person can open. */
static void make_url(const char *address, uint16_t port, char url[URL_BYTES])
{
    const char *colon = strrchr(address, ':');
    int len = colon ? (int)(colon - address) : 0;
    struct view host = view_make(address, (size_t)len);
    bool is_any = view_is(host, "*") || view_is(host, "0.0.0.0") || view_is(host, "[::]");
    bool is_local = view_is(host, "127.0.0.1") || view_is(host, "[::1]");
    if (is_any || is_local || len == 0) {
        host = VIEW_LITERAL("localhost");
    }
    snprintf(url, URL_BYTES, "http://%.*s:%u/", VIEW_ARG(host), port);
}

static bool is_loopback(const char *address)
{
    return view_starts_with(view_from_text(address), "127.") ||
           view_starts_with(view_from_text(address), "[::1]") ||
           view_starts_with(view_from_text(address), "localhost:");
}

static enum status open_workers(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    struct net_limits limits = net_limits_default();
    limits.body_bytes = options->body_bytes;
    char address[URL_BYTES];
    snprintf(address, sizeof(address), "%s", options->listen);
    uint16_t port = 0;
    for (unsigned i = 0; i < options->workers; i++) {
        struct worker *worker = &serve->workers[i];
        enum status status = front_create(&worker->front, &serve->shared, i, fault);
        worker->loop = status == STATUS_OK ? net_loop_create(&limits, fault) : NULL;
        if (!worker->loop) {
            return status == STATUS_OK ? STATUS_IO : status;
        }
        struct net_handler handler = front_handler(worker->front);
        status = front_attach(worker->front, worker->loop, fault);
        if (status != STATUS_OK) {
            return status;
        }
        status = listener_open(worker->loop, address, &handler, &port, fault);
        if (status != STATUS_OK) {
            return status;
        }
        /* Port 0 was given: the others share the one that was chosen. */
        with_port(options->listen, port, address);
    }
    make_url(options->listen, port, serve->public_url);
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
        .public_url = serve->public_url,
        .site = options->site,
        .version = options->version,
        .is_loopback = is_loopback(options->admin),
    };
    enum status status = admin_create(&serve->admin, &shared, fault);
    struct worker *worker = &serve->admin_worker;
    worker->loop = status == STATUS_OK ? net_loop_create(&limits, fault) : NULL;
    if (!worker->loop) {
        return status == STATUS_OK ? STATUS_IO : status;
    }
    uint16_t port = 0;
    struct net_handler handler = admin_handler(serve->admin);
    status = listener_open(worker->loop, options->admin, &handler, &port, fault);
    if (status == STATUS_OK) {
        status =
            net_loop_watch(worker->loop, live_fd(serve->live), admin_push, serve->admin, fault);
    }
    make_url(options->admin, port, serve->admin_url);
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

/* What `pipes tail` and scripts read to find a running collector. */
static enum status write_running_file(struct serve *serve, struct fault *fault)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_append_format(&text, "{\"pid\":%ld,\"public_url\":\"%s\",\"admin_url\":\"%s\"}\n",
                      (long)getpid(), serve->public_url, serve->admin_url);
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(serve->data.fd, RUNNING_FILE, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

static void print_addresses(const struct serve *serve)
{
    const struct serve_options *options = serve->options;
    dprintf(options->out_fd,
            "\n  %s   %s\n"
            "  Live events                     %s\n\n"
            "  Data is kept in %s. Ctrl-C stops.\n\n",
            options->www[0] ? "Pages, tracker and collector " : "Tracker and collector        ",
            serve->public_url, serve->admin_url, options->data);
}

static enum status wait_for_signal(const sigset_t *signals)
{
    int got = 0;
    while (sigwait(signals, &got) != 0 || got == 0) {
    }
    return STATUS_OK;
}

static enum status stop_worker(struct worker *worker, struct fault *fault)
{
    if (worker->is_running) {
        net_loop_stop(worker->loop);
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
    for (unsigned i = 0; i < serve->options->workers; i++) {
        enum status stopped = stop_worker(&serve->workers[i], fault);
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
    enum status stopped = stop_worker(&serve->admin_worker, fault);
    net_loop_destroy(serve->admin_worker.loop);
    admin_destroy(serve->admin);
    return status == STATUS_OK ? stopped : status;
}

static void close_all(struct serve *serve)
{
    live_destroy(serve->live);
    lake_close(serve->lake);
    journal_close(serve->journal);
    static_files_close(&serve->files);
    if (serve->data.fd >= 0) {
        unlinkat(serve->data.fd, RUNNING_FILE, 0);
    }
    data_folder_close(&serve->data);
    free(serve);
}

enum status serve_run(const struct serve_options *options, struct fault *fault)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct serve *serve = calloc(1, sizeof(*serve));
    if (!serve) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the collector");
    }
    serve->options = options;
    serve->files.fd = serve->data.fd = serve->data.lock_fd = -1;
    enum status status = open_storage(serve, fault);
    status = status == STATUS_OK ? open_shared(serve, fault) : status;
    status = status == STATUS_OK ? open_workers(serve, fault) : status;
    status = status == STATUS_OK ? open_admin(serve, fault) : status;
    status = status == STATUS_OK ? write_running_file(serve, fault) : status;
    status = status == STATUS_OK ? start_all(serve, fault) : status;
    if (status == STATUS_OK) {
        print_addresses(serve);
        status = wait_for_signal(&signals);
        dprintf(options->out_fd, "  Stopping: keeping what was received ...\n");
    }
    struct fault stop_fault = {0};
    enum status stopped = stop_all(serve, &stop_fault);
    if (status == STATUS_OK && stopped != STATUS_OK) {
        status = fault_set(fault, stopped, "%s", stop_fault.text);
    }
    close_all(serve);
    return status;
}
