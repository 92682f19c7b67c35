#include "app/ceilings.h"
#include "app/hand_over.h"
#include "app/serve_parts.h"
#include "lake/key_seed.h"
#include "net/moving.h"

#include <time.h>
#include <unistd.h>

enum { GATHER_BYTES = 2 * FRAME_BYTES_MAX, LOCK_PAUSE_MS = 5, COMMIT_LOCK_MS = 300 };
static const int64_t DAY_MS = 86400000;

/* The process that this one replaces still writes there: it was told to go. */
static enum status open_data(struct serve *serve, struct fault *fault)
{
    const char *path = serve->options->config->data;
    /* Or a command holds it for the moment of a commit. */
    int longest_ms = hand_over_is_new() ? HAND_OVER_LOCK_MS : COMMIT_LOCK_MS;
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    enum status status = STATUS_BUSY;
    for (int waited = 0; status == STATUS_BUSY && waited <= longest_ms; waited += LOCK_PAUSE_MS) {
        status = data_folder_open(&serve->data, path, DATA_FOLDER_WRITE, fault);
        if (status == STATUS_BUSY) {
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

struct lake_limits serve_lake_limits(const struct config *config)
{
    return (struct lake_limits){
        .roll_ms = config->lake_roll_ms,
        .roll_bytes = (uint64_t)config->lake_roll_size,
        .quarantine_bytes = (uint64_t)config->quarantine_max,
    };
}

static enum status open_ledger(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    int64_t now_ms = clock_now_ms(options->clock);
    enum status status = ledger_book_open(&serve->book, serve->data.fd, now_ms, fault);
    if (status == STATUS_OK) {
        status = ledger_book_begin(serve->book, now_ms, fault);
    }
    const struct ledger_door_options door = {
        .book = serve->book,
        .journal = serve->journal,
        .workers = serve_streams(options),
        .clock = options->clock,
        .log = options->log,
    };
    return status == STATUS_OK ? ledger_door_create(&serve->door, &door, fault) : status;
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
        .workers = serve_streams(options),
        .segment_bytes = (size_t)config->segment_size,
        .gather_bytes = GATHER_BYTES,
        .sync = sync_of(config->sync),
        .interval_ms = config->sync_interval_ms,
        .spool_bytes = (uint64_t)config->spool_max,
        .free_bytes = (uint64_t)config->disk_reserve,
        .has_ring = view_is(view_from_text(config->disk_io), "auto"),
        .has_keeper = true,
        .clock = options->clock,
        .disk = segment_disk_real(),
    };
    if (status == STATUS_OK) {
        status = journal_open(&serve->journal, &journal, fault);
    }
    if (status == STATUS_OK && journal_ring_fault(serve->journal)[0]) {
        logger_info(options->log, "journal", "written through the page cache: %s",
                    journal_ring_fault(serve->journal));
    }
    if (status == STATUS_OK) {
        const struct key_periods periods = {config->identity_rotation_ms,
                                            config->scrub_hash_period_ms};
        status = key_ring_open(&serve->ring, serve->data.fd, &periods, fault);
    }
    if (status == STATUS_OK) {
        status = tombstones_open(&serve->tombstones, serve->data.fd, fault);
    }
    status = status == STATUS_OK ? open_ledger(serve, fault) : status;
    struct lake_options lake = {
        .data_fd = serve->data.fd,
        .journal = serve->journal,
        .tombstones = serve->tombstones,
        .workers = serve_streams(options),
        .clock = options->clock,
        .log = options->log,
        .limits = serve_lake_limits(config),
        .ledger = {serve->book, ledger_door_keep, serve->door},
        .window_ms = LAKE_WINDOW_DAYS * DAY_MS,
    };
    return status == STATUS_OK ? lake_open(&serve->lake, &lake, fault) : status;
}

/* What limits whom, as far as it does not belong to one of the parts. */
static enum status open_limits(struct serve *serve, struct fault *fault)
{
    const struct config *config = serve->options->config;
    struct settings *settings;
    enum status status =
        settings_create(&settings, config, clock_now_ms(serve->options->clock), fault);
    if (status == STATUS_OK) {
        settings_box_init(&serve->settings, settings);
        status = guard_create(&serve->guard, (size_t)config->connections_max, fault);
    }
    return status == STATUS_OK ? agent_rules_create(&serve->agents, fault) : status;
}

static enum status open_desk(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    struct replay_desk_options desk = {
        .place = {.journal = serve->journal,
                  .worker = options->workers,
                  .hash_seed = serve->shared.pipeline.hash_seed,
                  .rules = {.keys = serve->ring,
                            .completion = {options->config->site, options->config->environment}},
                  .scrubbing = {.keys = &serve->keys, .counts = &serve->counts},
                  .clock = options->clock,
                  .account = {serve->door, options->workers}},
        .settings = &serve->settings,
        .tombstones = serve->tombstones,
        .lake = serve->lake_thread,
    };
    return replay_desk_start(&serve->desk, &desk, fault);
}

static enum status open_raw(struct serve *serve, struct fault *fault)
{
    const struct serve_options *options = serve->options;
    const struct raw_keeper_options raw = {
        .data_fd = serve->data.fd,
        .keep_ms = options->config->keep_raw_ms,
        .bytes_max = (uint64_t)options->config->keep_raw_max,
        .counts = &serve->counts,
        .clock = options->clock,
        .log = options->log,
    };
    return raw_keeper_start(&serve->raw, &raw, fault);
}

static enum status open_eraser(struct serve *serve, struct fault *fault)
{
    struct eraser_options options = {
        .data_fd = serve->data.fd,
        .data = serve->options->config->data,
        .library = serve->options->config->duckdb,
        .journal = serve->journal,
        .lake = serve->lake_thread,
        .compactor = serve->compactor,
        .tombstones = serve->tombstones,
        .raw = serve->raw,
        .clock = serve->options->clock,
        .log = serve->options->log,
    };
    enum status status = admin_token_make(serve->data.fd, serve->token, fault);
    return status == STATUS_OK ? eraser_start(&serve->eraser, &options, fault) : status;
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
        status = receipts_create(&serve->receipts, fault);
    }
    if (status == STATUS_OK) {
        status = lake_thread_start(&serve->lake_thread, serve->lake, options->clock, options->log,
                                   fault);
    }
    if (status == STATUS_OK) {
        struct compactor_options compactor = {.data_fd = serve->data.fd,
                                              .book = serve->book,
                                              .config = config,
                                              .clock = options->clock,
                                              .log = options->log};
        status = compactor_start(&serve->compactor, &compactor, fault);
    }
    status = status == STATUS_OK ? open_raw(serve, fault) : status;
    status = status == STATUS_OK ? open_eraser(serve, fault) : status;
    if (status == STATUS_OK) {
        const struct upkeep_options upkeep = {.data_fd = serve->data.fd,
                                              .config = config,
                                              .journal = serve->journal,
                                              .ring = serve->ring,
                                              .clock = options->clock,
                                              .log = options->log};
        status = upkeep_start(&serve->upkeep, &upkeep, fault);
    }
    scrub_keys_init(&serve->keys, serve->ring, options->clock, options->log);
    if (status == STATUS_OK) {
        status = open_desk(serve, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct pipeline_shared *pipeline = &serve->shared.pipeline;
    pipeline->keys = &serve->keys;
    pipeline->journal = serve->journal;
    pipeline->door = serve->door;
    pipeline->live = serve->live;
    pipeline->counts = &serve->counts;
    pipeline->clock = options->clock;
    pipeline->log = options->log;
    pipeline->guard = serve->guard;
    pipeline->ring = serve->ring;
    pipeline->tombstones = serve->tombstones;
    pipeline->raw = serve->raw;
    pipeline->receipts = serve->receipts;
    pipeline->agents = serve->agents;
    pipeline->site = config->site;
    pipeline->environment = config->environment;
    pipeline->lake = serve->lake_thread;
    pipeline->interval_ms = config->sync_interval_ms;
    serve->shared.settings = &serve->settings;
    serve->shared.assets = options->public_assets;
    serve->shared.files = &serve->files;
    return STATUS_OK;
}

/* The process before has let go of the data, so its workers have ended. */
static void take_moved(struct serve *serve)
{
    struct net_loop *loops[SERVE_WORKERS_MAX];
    unsigned count = serve->options->workers;
    int fd = hand_over_moved();
    for (unsigned i = 0; i < count; i++) {
        loops[i] = serve->workers[i].loop;
    }
    if (fd >= 0) {
        moving_take(fd, loops, count);
        close(fd);
    }
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
    take_moved(serve);
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
        .clock = options->clock,
        .lake = lake_counts(serve->lake),
        .assets = options->admin_assets,
        .eraser = serve->eraser,
        .upkeep = serve->upkeep,
        .desk = serve->desk,
        .token = serve->token,
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
    if (status == STATUS_OK) {
        status = net_loop_watch(worker->loop, replay_desk_fd(serve->desk), replay_desk_answer,
                                serve->desk, fault);
    }
    return status;
}

enum status serve_open(struct serve *serve, struct fault *fault)
{
    enum status status = open_limits(serve, fault);
    status = status == STATUS_OK ? open_listening(serve, fault) : status;
    status = status == STATUS_OK ? open_storage(serve, fault) : status;
    status = status == STATUS_OK ? open_shared(serve, fault) : status;
    status = status == STATUS_OK ? open_workers(serve, fault) : status;
    return status == STATUS_OK ? open_admin(serve, fault) : status;
}
