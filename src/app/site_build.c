#include "app/site_build.h"

#include "base/file.h"
#include "site/module_options.h"

#include <fcntl.h>
#include <stdio.h>

enum { OWN_BYTES_MAX = 512 * 1024, PATH_BYTES = 1024 };

/* The text of a file in the arena. */
static enum status read_text(const char *name, size_t ceiling, struct arena *arena,
                             struct view *text, struct fault *fault)
{
    struct buf read;
    buf_init(&read, ceiling);
    enum status status = file_read(AT_FDCWD, name, &read, fault);
    *text = status == STATUS_OK ? arena_copy(arena, buf_view(&read)) : view_make(NULL, 0);
    if (status == STATUS_OK && read.len > 0 && !text->at) {
        status = fault_set(fault, STATUS_NO_MEMORY, "no memory for %s", name);
    }
    buf_free(&read);
    return status;
}

static enum status read_module(struct bundle_settings *settings, struct view path,
                               struct arena *arena, struct fault *fault)
{
    char name[PATH_BYTES];
    if (settings->own_count == BUNDLE_OWN_MAX || path.len >= sizeof(name)) {
        return fault_set(fault, STATUS_TOO_BIG, "at most %d own modules", BUNDLE_OWN_MAX);
    }
    snprintf(name, sizeof(name), "%.*s", VIEW_ARG(path));
    struct bundle_own own = {.path = path};
    enum status status = read_text(name, OWN_BYTES_MAX, arena, &own.text, fault);
    if (status == STATUS_OK) {
        settings->own[settings->own_count++] = own;
    }
    return status;
}

/* It would hand the visitor's id on to other hosts. Who asks for all modules gets all others. */
static enum status leave_out_cross_domain(struct bundle_settings *settings,
                                          const struct config *config, struct fault *fault)
{
    struct view rest = view_from_text(config->modules);
    if (view_is(view_from_text(config->cross_domain), "on")) {
        return STATUS_OK;
    }
    settings->without = "cross_domain";
    while (rest.len > 0) {
        if (view_is(view_trim(view_cut(&rest, ',')), settings->without)) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "the module cross_domain needs cross-domain = on (with privacy = %s "
                             "it is off)",
                             config->privacy);
        }
    }
    return STATUS_OK;
}

/* "ignore", or "" as it need not be said to the tracker; the site's own section comes first. */
static const char *signal_word(const struct config *config, enum policy_word word)
{
    const char *said = config->policy_words[word];
    for (size_t i = 0; config->sites && i < config->sites->count; i++) {
        const struct config_site *site = &config->sites->rows[i];
        said =
            strcmp(site->name, config->site) == 0 && site->words[word] ? site->words[word] : said;
    }
    return said && strcmp(said, "ignore") == 0 ? said : "";
}

enum status site_build(struct tracker_site *site, const struct config *config, struct arena *arena,
                       struct fault *fault)
{
    return site_build_named(site, config, NULL, arena, fault);
}

enum status site_build_named(struct tracker_site *site, const struct config *config,
                             const char *script_name, struct arena *arena, struct fault *fault)
{
    *site = (struct tracker_site){0};
    bool has_consent = strcmp(config->consent, "none") != 0;
    struct bundle_settings settings = {
        .tracker = embedded_tracker,
        .modules = config->modules,
        .site = config->site,
        .endpoint = config->endpoint,
        .environment = config->environment,
        .release = config->release,
        .is_test = view_is(view_from_text(config->is_test), "on"),
        .consent = has_consent ? config->consent : "",
        .dnt = signal_word(config, POLICY_WORD_DNT),
        .gpc = signal_word(config, POLICY_WORD_GPC),
        .storage = strcmp(config->storage, "cookie") != 0 ? config->storage : "",
        .cookie_domain = config->cookie_domain,
        .script_name = script_name,
        .has_server_cookie = view_is(view_from_text(config->server_cookie), "on"),
    };
    struct view rest = view_from_text(config->module);
    enum status checked = leave_out_cross_domain(&settings, config, fault);
    if (checked != STATUS_OK) {
        return checked;
    }
    while (rest.len > 0) {
        struct view path = view_trim(view_cut(&rest, ','));
        enum status status = path.len > 0 ? read_module(&settings, path, arena, fault) : STATUS_OK;
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (config->module_options[0]) {
        enum status status = read_text(config->module_options, MODULE_OPTIONS_BYTES_MAX, arena,
                                       &settings.options, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return tracker_site_make(site, &settings, config->base_url, fault);
}
