/*
 * config.h - every option of the program, in one table (config.c); config_load.c reads them.
 *
 *     struct config_load load = {.uses = CONFIG_SERVE, .count = argc, .words = argv, ...};
 *     config_load(&config, &load, &fault);
 */
#ifndef PIPES_APP_CONFIG_H
#define PIPES_APP_CONFIG_H

#include "app/config_sites.h"
#include "base/option.h"
#include "lake/retention.h"
#include "privacy/policy.h"

/* Which commands a row belongs to. */
enum config_use {
    CONFIG_SERVE = 1 << 0,
    CONFIG_BUILD = 1 << 1,
    CONFIG_TAIL = 1 << 2,
    CONFIG_VERIFY = 1 << 3,
    CONFIG_CONFIG = 1 << 4,
    CONFIG_BENCH = 1 << 5,
    CONFIG_LIMITS = 1 << 6,
    CONFIG_QUERY = 1 << 7,
    CONFIG_EXPORT = 1 << 8,
    CONFIG_COMPACT = 1 << 9,
    CONFIG_SCHEMA = 1 << 10,
    CONFIG_FORGET = 1 << 11,
    CONFIG_WHOIS = 1 << 12,
    CONFIG_RETENTION = 1 << 13,
    CONFIG_LEDGER = 1 << 14,
    CONFIG_REPLAY = 1 << 15,
    CONFIG_PRIVACY = 1 << 16,
    CONFIG_HELP = 1 << 17,
    CONFIG_DEPLOY = 1 << 18,
    CONFIG_RAW = 1 << 19,
    CONFIG_DOCTOR = 1 << 20,
    CONFIG_ANY = 0xffffff,
};

struct config {
    const char *config;
    const char *data;
    const char *listen;
    const char *admin;
    const char *tls_certificate;
    const char *tls_key;
    const char *trusted_proxies;
    int64_t connections_max;
    int64_t memory_max;
    int64_t source_connections_max;
    int64_t source_requests_max;
    int64_t site_requests_max;
    int64_t workers;
    const char *site;
    const char *environment;
    const char *origins;
    const char *www;
    const char *modules;
    const char *module;
    const char *module_options;
    const char *endpoint;
    const char *base_url;
    const char *consent;
    const char *storage;
    const char *cookie_domain;
    const char *server_cookie;
    const char *geo;
    const char *geo_networks;
    const char *hosting_networks;
    const char *release;
    const char *is_test;
    const char *out;
    const char *script_name;
    const char *s3_endpoint;
    const char *s3_region;
    bool replace;
    int64_t body_max;
    const char *sync;
    const char *disk_io;
    int64_t sync_interval_ms;
    int64_t segment_size;
    int64_t spool_max;
    int64_t disk_reserve;
    int64_t lake_roll_ms;
    int64_t lake_roll_size;
    int64_t quarantine_max;
    const char *log_level;
    const char *format;
    const char *help_format;
    const char *ledger_format;
    bool losses;
    int64_t last;
    bool follow;
    const char *event;
    const char *diff;
    const char *check;
    const char *schema_format;
    const char *answer_format; /* of query; format is of limits */
    const char *duckdb;
    bool compact;
    int64_t compact_after_ms;
    int64_t compact_memory;
    bool variant;
    bool open;
    bool background;
    int64_t limit_memory;
    int64_t limit_time_ms;
    const char *from;
    const char *to;
    const char *export_format;
    const char *export_out;
    const char *seq;
    bool resume;
    const char *subject;
    const char *of_site;       /* of whois and forget; site is the tracker's */
    const char *report_format; /* of these and retention */
    bool linked;
    bool keep_mentions;
    bool dry_run;
    bool is_child;
    int64_t retention_ms[RETENTION_RULES]; /* 0: for ever */
    int64_t retention_check_ms;
    int64_t disk_budget;
    const char *disk_budget_drop;
    int64_t keep_bytes;
    const char *privacy;                    /* the preset */
    const char *policy_words[POLICY_WORDS]; /* as policy_resolve() takes them */
    const char *cross_domain;
    int64_t identity_rotation_ms;
    int64_t keep_raw_ms; /* 0: requests are not kept as they came */
    int64_t keep_raw_max;
    const char *explain;
    const char *report_out;
    const struct config_sites *sites; /* sections of the file; NULL: none */
    const char *unknown_site;
    bool scrub;
    const char *scrub_drop;
    const char *scrub_hash;
    int64_t scrub_hash_period_ms;
    const char *scrub_allow;
    const char *domain; /* from here on: of deploy */
    const char *certificates;
    bool remove;
    bool with_data;
    const char *root;
    const char *deploy_out;
    const char *base_image;
    const char *package;
    const char *stack;
    const char *instance_type;
    const char *hosted_zone;
};

struct config_source {
    unsigned uses; /* of the command: which flags are known */
    int count;     /* words behind the command */
    char *const *words;
    char *const *environment;
};

/* Fills config and set (which remembers origins and positionals); texts live in the arena. */
enum status config_load(struct config *config, struct option_set *set,
                        const struct config_source *source, struct arena *arena,
                        struct fault *fault) MUST_CHECK;

/* The option workers, its 0 resolved. */
unsigned config_workers(const struct config *config);

extern const struct option_row config_rows[];
size_t config_row_count(void);

#endif
