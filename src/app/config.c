#include "app/config.h"

#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 * 1024, WORKERS_MAX = 64 };
static const char DEFAULT_FILE[] = "pipes.ini";

#define FIELD(name) offsetof(struct config, name)
enum { SITE = CONFIG_SERVE | CONFIG_BUILD };

const struct option_row config_rows[] = {
    {.name = "config",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(config),
     .value = "FILE",
     .help = "configuration file; pipes.ini in this folder is read by itself",
     .uses = CONFIG_ANY},
    {.name = "data",
     .type = OPTION_TEXT,
     .default_text = "data",
     .offset = FIELD(data),
     .value = "DIR",
     .help = "folder that holds journal and lake",
     .uses = CONFIG_ANY},
    {.name = "listen",
     .type = OPTION_TEXT,
     .default_text = "*:8080",
     .offset = FIELD(listen),
     .value = "HOST:PORT [tls] [proxy],...",
     .help = "public addresses: tracker and events; also unix:/path. tls: with tls-certificate; "
             "proxy: a balancer tells the client by a PROXY header",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "tls-certificate",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(tls_certificate),
     .value = "FILE",
     .help = "certificate (PEM, its chain behind it); read again on SIGHUP",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "tls-key",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(tls_key),
     .value = "FILE",
     .help = "its private key (PEM); read again on SIGHUP",
     .uses = CONFIG_SERVE | CONFIG_CONFIG,
     .is_reloadable = true},
    {.name = "connections-max",
     .type = OPTION_NUMBER,
     .default_text = "16384",
     .offset = FIELD(connections_max),
     .min = 1,
     .max = 1000000,
     .help = "open connections; more are turned away with 503",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS},
    {.name = "memory-max",
     .type = OPTION_SIZE,
     .default_text = "0",
     .offset = FIELD(memory_max),
     .help = "memory that requests and answers may hold, all connections together; above it 503. "
             "0: a quarter of what this machine, or its container, has (at least 16 MiB a worker)",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS},
    {.name = "source-connections-max",
     .type = OPTION_NUMBER,
     .default_text = "1024",
     .offset = FIELD(source_connections_max),
     .min = 0,
     .max = 1000000,
     .help = "open connections from one address (IPv6: one /64); 0: no limit. This machine and "
             "trusted proxies have none",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "source-requests-max",
     .type = OPTION_NUMBER,
     .default_text = "1000",
     .offset = FIELD(source_requests_max),
     .min = 0,
     .max = 1000000,
     .help = "requests a second from one address (IPv6: one /64), twice as many at once; above it "
             "429. 0: no limit. This machine and trusted proxies have none",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "site-requests-max",
     .type = OPTION_NUMBER,
     .default_text = "0",
     .offset = FIELD(site_requests_max),
     .min = 0,
     .max = 10000000,
     .help = "requests a second with events of one site, twice as many at once; above it 429. 0: "
             "no limit",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "trusted-proxies",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(trusted_proxies),
     .value = "NETWORK,...",
     .help = "whose X-Forwarded-For is believed: addresses, networks (10.0.0.0/8), unix",
     .uses = CONFIG_SERVE | CONFIG_CONFIG,
     .is_reloadable = true},
    {.name = "admin",
     .type = OPTION_ADDRESS,
     .default_text = "127.0.0.1:8081",
     .offset = FIELD(admin),
     .help = "private address: live page, health, counts",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "workers",
     .type = OPTION_NUMBER,
     .default_text = "0",
     .offset = FIELD(workers),
     .min = 0,
     .max = WORKERS_MAX,
     .help = "threads that serve, or that work on a query; 0: one per processor",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS | CONFIG_QUERY | CONFIG_EXPORT},
    {.name = "site",
     .type = OPTION_TEXT,
     .default_text = "main",
     .offset = FIELD(site),
     .value = "NAME",
     .help = "name of the site, baked into the tracker",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "environment",
     .type = OPTION_TEXT,
     .default_text = "production",
     .offset = FIELD(environment),
     .value = "NAME",
     .help = "production, staging, ...",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "release",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(release),
     .value = "NAME",
     .help = "version of the site, baked into the tracker",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "origins",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(origins),
     .value = "URL,URL,...",
     .help = "origins whose pages may send events; empty: all",
     .uses = CONFIG_SERVE | CONFIG_CONFIG,
     .is_reloadable = true},
    {.name = "www",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(www),
     .value = "DIR",
     .help = "folder of pages to serve at the public address, too",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "modules",
     .type = OPTION_TEXT,
     .default_text = "default",
     .offset = FIELD(modules),
     .value = "core|default|all|A,B,...",
     .help = "modules of the tracker, and what they need; `pipes build` prints what each weighs",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "module",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(module),
     .value = "FILE,FILE,...",
     .help = "own modules to add to the tracker",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "module-options",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(module_options),
     .value = "FILE",
     .help = "JSON with the options of single modules: {\"cross_domain\": {\"hosts\": [...]}}",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "endpoint",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(endpoint),
     .value = "URL",
     .help = "where the tracker posts; empty: /e where the script came from",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "base-url",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(base_url),
     .value = "URL",
     .help = "what stands before /pipes.js in the tag; empty: the page's own host",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "consent",
     .type = OPTION_CHOICE,
     .default_text = "none",
     .offset = FIELD(consent),
     .choices = "none|pending|granted|denied",
     .help = "what the tracker begins with. pending: it waits for pipes.consent('granted'); "
             "granted: as none, and each event says so",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "storage",
     .type = OPTION_CHOICE,
     .default_text = "cookie",
     .offset = FIELD(storage),
     .choices = "cookie|local|memory|none",
     .help = "where the tracker keeps ids: a first-party cookie; localStorage only; nowhere beyond "
             "the page (nor events that were not delivered); none: it has no ids either",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "cookie-domain",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(cookie_domain),
     .value = "DOMAIN",
     .help = "of the tracker's cookie; as a rule the widest that takes one",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "server-cookie",
     .type = OPTION_CHOICE,
     .default_text = "off",
     .offset = FIELD(server_cookie),
     .choices = "off|on",
     .help = "on: the tracker asks the collector, where both are of one site, to set its cookie "
             "again with the answer to events: some browsers keep what scripts set for seven days "
             "only",
     .uses = SITE | CONFIG_CONFIG,
     .is_reloadable = true},
    {.name = "out",
     .type = OPTION_TEXT,
     .default_text = "dist",
     .offset = FIELD(out),
     .value = "DIR",
     .help = "folder to write the tracker's files to",
     .uses = CONFIG_BUILD},
    {.name = "body-max",
     .type = OPTION_SIZE,
     .default_text = "1MiB",
     .offset = FIELD(body_max),
     .min = 1024,
     .max = 15 << 20,
     .help = "largest request body",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS},
    {.name = "sync",
     .type = OPTION_CHOICE,
     .default_text = "durable",
     .offset = FIELD(sync),
     .choices = "durable|interval|os",
     .help = "when events are acknowledged: on disk; with the system, which writes them to disk "
             "every sync-interval, or when it likes (both survive a crash of the program, not a "
             "power cut)",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "disk-io",
     .type = OPTION_CHOICE,
     .default_text = "auto",
     .offset = FIELD(disk_io),
     .choices = "auto|plain",
     .help =
         "how sync=durable writes the journal: past the page cache by io_uring where the system "
         "has it and allows it, or by write and fdatasync always",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "sync-interval",
     .type = OPTION_DURATION,
     .default_text = "100ms",
     .offset = FIELD(sync_interval_ms),
     .min = 1,
     .max = 60000,
     .help = "with sync=interval: what a power cut may cost",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "spool-max",
     .type = OPTION_SIZE,
     .default_text = "16GiB",
     .offset = FIELD(spool_max),
     .help = "journal that the lake has not taken yet; above it events get 503 (0: no limit)",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "disk-reserve",
     .type = OPTION_SIZE,
     .default_text = "64MiB",
     .offset = FIELD(disk_reserve),
     .help = "free space that is left for the lake to work with; below it events get 503",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "segment-size",
     .type = OPTION_SIZE,
     .default_text = "16MiB",
     .offset = FIELD(segment_size),
     .min = 1 << 20,
     .max = 1LL << 32,
     .help = "size of a journal segment",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "lake-roll",
     .type = OPTION_DURATION,
     .default_text = "10s",
     .offset = FIELD(lake_roll_ms),
     .min = 10,
     .max = 3600000,
     .help = "how often open files of the lake are closed",
     .uses = CONFIG_SERVE | CONFIG_CONFIG,
     .is_reloadable = true},
    {.name = "lake-roll-size",
     .type = OPTION_SIZE,
     .default_text = "64MiB",
     .offset = FIELD(lake_roll_size),
     .min = 1 << 16,
     .max = 1LL << 32,
     .help = "or when they hold rows of that size",
     .uses = CONFIG_SERVE | CONFIG_CONFIG,
     .is_reloadable = true},
    {.name = "quarantine-max",
     .type = OPTION_SIZE,
     .default_text = "1GiB",
     .offset = FIELD(quarantine_max),
     .help = "room for what was not understood; what comes then is counted and dropped",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_LIMITS,
     .is_reloadable = true},
    {.name = "log-level",
     .type = OPTION_CHOICE,
     .default_text = "info",
     .offset = FIELD(log_level),
     .choices = "error|warn|info|debug",
     .help = "what is said on standard error",
     .uses = CONFIG_ANY,
     .is_reloadable = true},
    {.name = "format",
     .type = OPTION_CHOICE,
     .default_text = "text",
     .offset = FIELD(format),
     .choices = "text|markdown",
     .help = "how it is printed",
     .uses = CONFIG_LIMITS},
    {.name = "last",
     .type = OPTION_NUMBER,
     .default_text = "10",
     .offset = FIELD(last),
     .min = 0,
     .max = 1024,
     .help = "begin with that many of the newest events",
     .uses = CONFIG_TAIL},
    {.name = "follow",
     .type = OPTION_SWITCH,
     .default_text = "true",
     .offset = FIELD(follow),
     .help = "go on as events come in; --follow=false ends after the first",
     .uses = CONFIG_TAIL},
    {.name = "format",
     .type = OPTION_CHOICE,
     .default_text = "table",
     .offset = FIELD(answer_format),
     .choices = "table|csv|json|ndjson|parquet|arrow",
     .help = "how the answer is written",
     .uses = CONFIG_QUERY},
    {.name = "from",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(from),
     .value = "TIME",
     .help = "only what was received since then: 2026-11-24, 2026-11-24T07:30:00Z, or so long ago: "
             "24h, 7d",
     .uses = CONFIG_QUERY | CONFIG_EXPORT},
    {.name = "to",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(to),
     .value = "TIME",
     .help = "only what was received before then",
     .uses = CONFIG_QUERY | CONFIG_EXPORT},
    {.name = "limit-memory",
     .type = OPTION_SIZE,
     .default_text = "1GiB",
     .offset = FIELD(limit_memory),
     .min = 16 << 20,
     .max = 1LL << 50,
     .help = "memory that a query may take; what does not fit goes to TMPDIR for a while",
     .uses = CONFIG_QUERY | CONFIG_EXPORT},
    {.name = "limit-time",
     .type = OPTION_DURATION,
     .default_text = "0s",
     .offset = FIELD(limit_time_ms),
     .help = "how long it may run; 0: as long as it takes",
     .uses = CONFIG_QUERY},
    {.name = "duckdb",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(duckdb),
     .value = "FILE",
     .help = "libduckdb.so; looked for beside the program, in its lib/pipes and in node_modules",
     .uses = CONFIG_QUERY | CONFIG_EXPORT},
};

unsigned config_workers(const struct config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t wanted = config->workers > 0 ? config->workers : processors;
    return wanted < 1 ? 1 : wanted > WORKERS_MAX ? WORKERS_MAX : (unsigned)wanted;
}

size_t config_row_count(void)
{
    return sizeof(config_rows) / sizeof(config_rows[0]);
}

static enum status read_file(struct option_set *set, const char *path, bool must_exist,
                             struct fault *fault)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    enum status status = file_read(AT_FDCWD, path, &text, fault);
    if (status == STATUS_OK) {
        status = option_read_file(set, path, buf_view(&text), fault);
    } else if (status == STATUS_NOT_FOUND && !must_exist) {
        status = STATUS_OK;
    }
    buf_free(&text);
    return status;
}

/* Only --config and PIPES_CONFIG matter at first: they say which file comes below them. */
static enum status read_below_flags(struct config *config, struct option_set *set,
                                    const struct config_source *source, struct arena *arena,
                                    struct fault *fault)
{
    struct config first = {0};
    struct option_set scratch;
    option_set_init(&scratch, config_rows, config_row_count(), &first, arena);
    enum status status = option_set_defaults(&scratch, fault);
    if (status == STATUS_OK) {
        status = option_read_environment(&scratch, source->environment, fault);
    }
    if (status == STATUS_OK) {
        status = option_read_flags(&scratch, source->uses, source->count, source->words, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    option_set_init(set, config_rows, config_row_count(), config, arena);
    bool is_named = first.config[0] != 0;
    status = option_set_defaults(set, fault);
    if (status == STATUS_OK) {
        status = read_file(set, is_named ? first.config : DEFAULT_FILE, is_named, fault);
    }
    return status;
}

enum status config_load(struct config *config, struct option_set *set,
                        const struct config_source *source, struct arena *arena,
                        struct fault *fault)
{
    *config = (struct config){0};
    enum status status = read_below_flags(config, set, source, arena, fault);
    if (status == STATUS_OK) {
        status = option_read_environment(set, source->environment, fault);
    }
    if (status == STATUS_OK) {
        status = option_read_flags(set, source->uses, source->count, source->words, fault);
    }
    return status;
}
