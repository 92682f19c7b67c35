#include "app/settings.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SITES_BYTES_MAX = 8 * 1024 * 1024 };

static enum status add_origin(struct settings *settings, struct view origin, struct fault *fault)
{
    struct cors *cors = &settings->cors;
    if (origin.len > 0 && cors->origin_count == SETTINGS_ORIGINS_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "origins: at most %d are possible",
                         SETTINGS_ORIGINS_MAX);
    }
    if (origin.len > 0) {
        settings->origins[cors->origin_count++] = origin;
    }
    return STATUS_OK;
}

/* Pages of a site's own origins may read answers, too, when every site names some. */
static enum status read_origins(struct settings *settings, struct fault *fault)
{
    struct view rest = view_from_text(settings->text);
    const struct sites *sites = &settings->sites;
    enum status status = STATUS_OK;
    settings->cors.origins = settings->origins;
    while (rest.len > 0 && status == STATUS_OK) {
        status = add_origin(settings, view_trim(view_cut(&rest, ',')), fault);
    }
    for (size_t i = 0; i < sites->count; i++) {
        if (sites->rows[i].origin_count == 0) {
            return status;
        }
    }
    for (size_t i = 0; i < sites->count; i++) {
        for (size_t k = 0; k < sites->rows[i].origin_count && status == STATUS_OK; k++) {
            status = add_origin(settings, sites->rows[i].origins[k], fault);
        }
    }
    return status;
}

/* https://w3c.github.io/gpc: what a site says of itself. */
static void make_gpc_statement(struct settings *settings, int64_t now_ms)
{
    char date[CLOCK_TEXT_BYTES];
    clock_format(now_ms, date);
    snprintf(settings->gpc_statement, sizeof(settings->gpc_statement),
             "{\"gpc\":%s,\"lastUpdate\":\"%.10s\"}\n",
             settings->sites.fallback.policy.honours_gpc ? "true" : "false", date);
}

static void destroy(struct settings *settings)
{
    places_close(&settings->places);
    arena_free(&settings->arena);
    free(settings);
}

/* The list of what stays is the snapshot's own. */
static enum status read_scrubbing(struct settings *settings, const struct config *config,
                                  struct fault *fault)
{
    struct config own = *config;
    own.scrub_allow = settings->scrub_allow;
    return scrub_options_read(&settings->scrubbing, &own, fault);
}

enum status settings_create(struct settings **settings, const struct config *config, int64_t now_ms,
                            struct fault *fault)
{
    size_t text_bytes = strlen(config->origins) + 1;
    size_t allow_bytes = strlen(config->scrub_allow) + 1;
    struct settings *made = calloc(1, sizeof(*made) + text_bytes + allow_bytes);
    struct fault why = {0};
    *settings = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the options");
    }
    memcpy(made->text, config->origins, text_bytes);
    made->scrub_allow = memcpy(made->text + text_bytes, config->scrub_allow, allow_bytes);
    made->source_connections = (uint32_t)config->source_connections_max;
    made->source_requests = (uint32_t)config->source_requests_max;
    made->site_requests = (uint32_t)config->site_requests_max;
    made->has_server_cookie = view_is(view_from_text(config->server_cookie), "on");
    arena_init(&made->arena, SITES_BYTES_MAX);
    enum status status = sites_make(&made->sites, config, &made->arena, fault);
    status = status == STATUS_OK ? read_origins(made, fault) : status;
    make_gpc_statement(made, now_ms);
    if (status == STATUS_OK) {
        status = read_scrubbing(made, config, fault);
    }
    if (status == STATUS_OK) {
        status = trusted_networks_parse(&made->trusted, config->trusted_proxies, &why);
        if (status != STATUS_OK) {
            fault_set(fault, status, "trusted-proxies: %s", why.text);
        }
    }
    if (status == STATUS_OK) {
        status = places_open(&made->places, config, fault);
    }
    if (status != STATUS_OK) {
        destroy(made);
        return status;
    }
    *settings = made;
    return STATUS_OK;
}

void settings_destroy(struct settings *settings)
{
    if (settings) {
        destroy(settings);
    }
}

enum logger_level settings_log_level(const struct config *config)
{
    static const char *const NAMES[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (strcmp(config->log_level, NAMES[i]) == 0) {
            return (enum logger_level)i;
        }
    }
    return LOGGER_INFO;
}

void settings_box_init(struct settings_box *box, struct settings *settings)
{
    *box = (struct settings_box){.current = settings};
    pthread_mutex_init(&box->lock, NULL);
    settings->holders = 1; /* the box */
    settings->generation = 1;
    atomic_store(&box->generation, 1);
}

/* Under the lock. */
static void let_go(struct settings *settings)
{
    if (--settings->holders == 0) {
        destroy(settings);
    }
}

void settings_box_free(struct settings_box *box)
{
    if (box->current) {
        let_go(box->current);
        pthread_mutex_destroy(&box->lock);
        box->current = NULL;
    }
}

void settings_box_publish(struct settings_box *box, struct settings *settings)
{
    pthread_mutex_lock(&box->lock);
    settings->holders = 1;
    settings->generation = box->current->generation + 1;
    let_go(box->current);
    box->current = settings;
    atomic_store(&box->generation, settings->generation);
    pthread_mutex_unlock(&box->lock);
}

const struct settings *settings_box_take(struct settings_box *box, const struct settings *mine)
{
    if (mine && mine->generation == atomic_load_explicit(&box->generation, memory_order_acquire)) {
        return mine;
    }
    pthread_mutex_lock(&box->lock);
    struct settings *current = box->current;
    current->holders++;
    if (mine) {
        let_go((struct settings *)mine);
    }
    pthread_mutex_unlock(&box->lock);
    return current;
}

void settings_box_take_back(struct settings_box *box, const struct settings *mine)
{
    if (mine) {
        pthread_mutex_lock(&box->lock);
        let_go((struct settings *)mine);
        pthread_mutex_unlock(&box->lock);
    }
}
