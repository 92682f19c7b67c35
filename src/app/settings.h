/*
 * settings.h - the options that take effect while the collector runs, parsed, as one snapshot that
 * never changes.
 *
 * A reload publishes a new snapshot; each worker goes over to it between two requests, so that no
 * request sees a mixture of old and new. The last one to let go of a snapshot frees it.
 *
 *     settings_create(&settings, config, &fault);
 *     settings_box_init(&box, settings);
 *     const struct settings *mine = settings_box_take(&box, NULL);
 *     mine = settings_box_take(&box, mine);       now and then; costs one load when nothing changed
 *     settings_box_take_back(&box, mine);
 *     settings_box_free(&box);
 */
#ifndef PIPES_APP_SETTINGS_H
#define PIPES_APP_SETTINGS_H

#include "app/places.h"
#include "app/sites.h"
#include "app/scrubbing.h"
#include "base/logger.h"
#include "net/cors.h"
#include "net/forwarded.h"

#include <pthread.h>

enum { SETTINGS_ORIGINS_MAX = 256, SETTINGS_GPC_BYTES = 64 };

struct settings {
    struct cors cors;
    struct trusted_networks trusted;
    uint32_t source_connections; /* 0: no limit, as of the two below */
    uint32_t source_requests;    /* per second */
    uint32_t site_requests;      /* per second */
    bool has_server_cookie;
    struct scrub_options scrubbing;
    struct places places;
    struct sites sites;
    char gpc_statement[SETTINGS_GPC_BYTES]; /* of /.well-known/gpc.json; empty: none is made */
    /* of settings.c */
    struct arena arena;
    uint64_t generation;
    unsigned holders;
    struct view origins[SETTINGS_ORIGINS_MAX];
    const char *scrub_allow; /* in text, as what the origins point into */
    char text[];
};

struct settings_box {
    pthread_mutex_t lock;
    struct settings *current;
    _Atomic uint64_t generation; /* of current */
};

/* Texts are copied, files opened. The fault names the option. now_ms: of this reading. */
enum status settings_create(struct settings **settings, const struct config *config, int64_t now_ms,
                            struct fault *fault) MUST_CHECK;
/* One that was never given to a box; accepts NULL. */
void settings_destroy(struct settings *settings);

enum logger_level settings_log_level(const struct config *config);

/* Takes the snapshot. */
void settings_box_init(struct settings_box *box, struct settings *settings);
/* When nobody holds one any more. Of a zeroed box nothing happens. */
void settings_box_free(struct settings_box *box);
void settings_box_publish(struct settings_box *box, struct settings *settings);
/* The current one, held until it is given for the next or back; `mine` is the one held so far or
 * NULL. */
const struct settings *settings_box_take(struct settings_box *box, const struct settings *mine);
void settings_box_take_back(struct settings_box *box, const struct settings *mine);

#endif
