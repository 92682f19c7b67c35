#include "app/serve.h"
#include "app/site_archive.h"
#include "app/site_build.h"
#include "base/hash.h"
#include "cmd/cmd.h"
#include "net/tls.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 32 * 1024 * 1024,
    PATH_BYTES = 64,
    HASH_BYTES = 17,
    LIVE_FILES = 4,
    NICENESS = 19
};

/* Short caching with a grace: a page never waits for a new tracker. */
static const char SHORT_CACHE[] = "public, max-age=300, stale-while-revalidate=86400";
static const char LONG_CACHE[] = "public, max-age=31536000, immutable";

/* What stays alive while the collector runs. */
struct serving {
    struct tracker_site site;
    struct site_archive *archive;
    struct asset_variants variants; /* of the tracker */
    pthread_t compressing;          /* them: as long as all the rest of a start */
    bool is_compressing;
    const struct logger *log;
    struct assets public_assets;
    struct assets admin_assets;
    char hashed_path[PATH_BYTES];
    char stub_hash[HASH_BYTES];
    char live_hashes[LIVE_FILES][HASH_BYTES];
};

static void add_tracker(struct serving *serving)
{
    const struct bundle *bundle = &serving->site.bundle;
    struct asset asset = {
        .path = "/pipes.js",
        .type = "text/javascript; charset=utf-8",
        .cache = SHORT_CACHE,
        .hash = bundle->hash,
        .bytes = buf_view(&bundle->text),
        .variants = &serving->variants,
        .is_shared = true,
    };
    assets_add(&serving->public_assets, &asset);
    snprintf(serving->hashed_path, sizeof(serving->hashed_path), "/%s", serving->site.hashed_name);
    asset.path = serving->hashed_path;
    asset.cache = LONG_CACHE;
    assets_add(&serving->public_assets, &asset);
}

static void add_stub(struct serving *serving)
{
    struct view text = buf_view(&serving->site.stub);
    struct asset asset = {
        .path = "/pipes-stub.js",
        .type = "text/javascript; charset=utf-8",
        .cache = SHORT_CACHE,
        .bytes = text,
        .hash = serving->stub_hash,
        .is_shared = true,
    };
    snprintf(serving->stub_hash, HASH_BYTES, "%016llx", (unsigned long long)hash_64(0, text));
    assets_add(&serving->public_assets, &asset);
}

static void add_live_page(struct serving *serving)
{
    static const struct {
        const char *path;
        const char *file;
        const char *type;
    } FILES[LIVE_FILES] = {
        {"/", "live.html", "text/html; charset=utf-8"},
        {"/live.css", "live.css", "text/css; charset=utf-8"},
        {"/live.js", "live.js", "text/javascript; charset=utf-8"},
        {"/live.svg", "live.svg", "image/svg+xml"},
    };
    for (size_t i = 0; i < LIVE_FILES; i++) {
        struct asset asset = {
            .path = FILES[i].path,
            .type = FILES[i].type,
            .cache = "no-cache",
            .bytes = embedded_find(embedded_dashboard, FILES[i].file),
            .hash = serving->live_hashes[i],
        };
        snprintf(serving->live_hashes[i], HASH_BYTES, "%016llx",
                 (unsigned long long)hash_64(0, asset.bytes));
        assets_add(&serving->admin_assets, &asset);
    }
}

static void *compress(void *self)
{
    struct serving *serving = self;
    struct bundle *bundle = &serving->site.bundle;
    struct fault fault = {0};
    /* Of this thread. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    if (tracker_site_compress(&serving->site, &fault) == STATUS_OK) {
        serving->variants.gzip = buf_view(&bundle->gzip);
        serving->variants.brotli = buf_view(&bundle->brotli);
        atomic_store_explicit(&serving->variants.is_ready, true, memory_order_release);
    } else {
        logger_warn(serving->log, "serve", "the tracker is sent uncompressed: %s", fault.text);
    }
    return NULL;
}

static void start_compressing(struct serving *serving)
{
    /* Signals are the main thread's; here one would end the process. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    serving->is_compressing = pthread_create(&serving->compressing, NULL, compress, serving) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_compressing(struct serving *serving)
{
    if (serving->is_compressing) {
        pthread_join(serving->compressing, NULL);
    }
}

static enum status serve(const struct cmd_context *context, struct serving *serving,
                         struct fault *fault)
{
    const struct config *config = context->config;
    struct config_reload *reload = NULL;
    struct serve_options options = {
        .config = config,
        .workers = config_workers(config),
        .version = PIPES_VERSION,
        .public_assets = &serving->public_assets,
        .admin_assets = &serving->admin_assets,
        .clock = context->clock,
        .log = context->log,
        .out_fd = context->out_fd,
    };
    enum status status = site_archive_open(&serving->archive, config->data, &serving->site,
                                           clock_now_ms(context->clock), fault);
    if (status != STATUS_OK) {
        return status;
    }
    site_archive_add(serving->archive, &serving->public_assets);
    add_tracker(serving);
    add_stub(serving);
    add_live_page(serving);
    status = config_reload_create(&reload, context->source, context->log, fault);
    if (status == STATUS_OK) {
        options.reload = reload;
        status = serve_run(&options, fault);
    }
    config_reload_destroy(reload);
    return status;
}

static int run(const struct cmd_context *context)
{
    struct arena arena;
    struct fault fault = {0};
    struct serving *serving = calloc(1, sizeof(*serving)); /* too large for a stack */
    if (!serving) {
        return cmd_fail(context, "no memory to start");
    }
    if (!context->config->tls_certificate[0]) {
        tls_is_not_needed();
    }
    arena_init(&arena, ARENA_BYTES);
    enum status status = site_build(&serving->site, context->config, &arena, &fault);
    if (status == STATUS_OK) {
        serving->log = context->log;
        start_compressing(serving);
        status = serve(context, serving, &fault);
        stop_compressing(serving);
    }
    site_archive_close(serving->archive);
    tracker_site_free(&serving->site);
    arena_free(&arena);
    free(serving);
    return status == STATUS_OK ? 0 : cmd_fail(context, "%s", fault.text);
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "collect: serve the tracker, take events, fill the lake, show them live",
    .usage = "[OPTIONS]",
    .uses = CONFIG_SERVE,
    .run = run,
};
