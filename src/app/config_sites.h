/*
 * config_sites.h - the sections [site NAME] of the configuration file, as they were written.
 *
 *     [site shop]
 *     key = 6f1ed002ab559585
 *     origins = https://shop.example, https://www.shop.example
 *     privacy = learn
 *     user-id = keep
 *     requests-max = 500
 *     source-requests-max = 20
 *
 * sites.h makes of it what the collector works with. What a section's preset says of the tracker
 * holds for the tracker of that site (`pipes build --site shop`).
 */
#ifndef PIPES_APP_CONFIG_SITES_H
#define PIPES_APP_CONFIG_SITES_H

#include "base/arena.h"
#include "base/status.h"
#include "privacy/policy.h"

enum { CONFIG_SITES_MAX = 256 };

/* What a site's tracker does of what a preset says; each an option of that name. */
enum config_tracker_word {
    CONFIG_TRACKER_CONSENT,
    CONFIG_TRACKER_STORAGE,
    CONFIG_TRACKER_CROSS_DOMAIN,
    CONFIG_TRACKER_WORDS
};
extern const char *const config_tracker_names[CONFIG_TRACKER_WORDS];

struct config_site {
    const char *name;
    const char *key;                 /* NULL: none; the same of all of these */
    const char *origins;             /* comma-separated */
    const char *privacy;             /* the preset */
    const char *words[POLICY_WORDS]; /* of single options */
    int64_t requests_max;            /* 0: none of its own */
    int64_t source_requests_max;
    /* By config_load(): as set for all; else as the section's preset says, or that of all. */
    const char *tracker_words[CONFIG_TRACKER_WORDS];
};

struct config_sites {
    struct config_site rows[CONFIG_SITES_MAX];
    size_t count;
};

/* For struct option_set; texts are copied into the arena. */
struct config_sites_reading {
    struct config_sites *sites;
    struct arena *arena;
};
enum status config_sites_take(void *reading, const char *section, const char *name,
                              const char *value, struct fault *fault) MUST_CHECK;

/* Whether both say the same of the same sites, in one order; NULL says nothing. */
bool config_sites_equal(const struct config_sites *a, const struct config_sites *b);

#endif
