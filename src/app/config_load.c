#include "app/config.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 * 1024 };
static const char DEFAULT_FILE[] = "pipes.ini";

/* `sudo -u pipes pipes query` in a home that is its owner's alone: what is there is not for us. */
static bool is_here_closed(void)
{
    return faccessat(AT_FDCWD, ".", X_OK, AT_EACCESS) != 0 && errno == EACCES;
}

static enum status read_file(struct option_set *set, const char *path, bool must_exist,
                             struct fault *fault)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    enum status status = file_read(AT_FDCWD, path, &text, fault);
    if (status == STATUS_OK) {
        status = option_read_file(set, path, buf_view(&text), fault);
    } else if (!must_exist && (status == STATUS_NOT_FOUND || is_here_closed())) {
        status = STATUS_OK;
    }
    buf_free(&text);
    return status;
}

/* Only --config and PIPES_CONFIG matter at first: they say which file comes below them. */
static enum status read_below_flags(struct config *config, struct option_set *set,
                                    const struct config_source *source, struct config_sites *sites,
                                    struct arena *arena, struct fault *fault)
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
    struct config_sites_reading reading = {sites, arena};
    config->sites = sites;
    set->on_section = config_sites_take;
    set->section_self = &reading;
    bool is_named = first.config[0] != 0;
    status = option_set_defaults(set, fault);
    if (status == STATUS_OK) {
        status = read_file(set, is_named ? first.config : DEFAULT_FILE, is_named, fault);
    }
    set->on_section = NULL; /* what it writes to is of this function */
    return status;
}

/* What a preset says of options that nobody set. Those of measure are the rows' own defaults. */
static enum status apply_preset(const struct config *config, struct option_set *set,
                                struct fault *fault)
{
    enum policy_preset preset = policy_preset_find(config->privacy);
    char origin[OPTION_ORIGIN_BYTES];
    enum status status = STATUS_OK;
    snprintf(origin, sizeof(origin), "privacy %s", config->privacy);
    for (size_t i = 0; i < set->count && status == STATUS_OK && preset != POLICY_MEASURE; i++) {
        const char *text = policy_preset_text(preset, set->rows[i].name);
        if (text) {
            status = option_set_unset(set, set->rows[i].name, text, origin, fault);
        }
    }
    return status;
}

/* What nobody set its own preset says, or that of all. */
static void choose_site_words(const struct config *config, const struct option_set *set,
                              struct config_site *site)
{
    const char *const given[CONFIG_TRACKER_WORDS] = {config->consent, config->storage,
                                                     config->cross_domain};
    const char *preset = site->privacy ? site->privacy : config->privacy;
    for (size_t i = 0; i < CONFIG_TRACKER_WORDS; i++) {
        site->tracker_words[i] =
            option_is_unset(set, config_tracker_names[i])
                ? policy_preset_text(policy_preset_find(preset), config_tracker_names[i])
                : given[i];
    }
}

/* Before the preset of all: the one whose tracker is built here, or served. */
static enum status apply_own_preset(struct option_set *set, const struct config_site *site,
                                    struct fault *fault)
{
    char origin[OPTION_ORIGIN_BYTES];
    enum status status = STATUS_OK;
    snprintf(origin, sizeof(origin), "privacy %s of [site]", site->privacy);
    for (size_t i = 0; i < CONFIG_TRACKER_WORDS && status == STATUS_OK; i++) {
        status =
            option_set_unset(set, config_tracker_names[i], site->tracker_words[i], origin, fault);
    }
    return status;
}

static enum status apply_site_presets(const struct config *config, struct option_set *set,
                                      struct config_sites *sites, struct fault *fault)
{
    const struct config_site *own = NULL;
    for (size_t i = 0; i < sites->count; i++) {
        struct config_site *site = &sites->rows[i];
        choose_site_words(config, set, site);
        own = site->privacy && strcmp(site->name, config->site) == 0 ? site : own;
    }
    return own ? apply_own_preset(set, own, fault) : STATUS_OK;
}

enum status config_load(struct config *config, struct option_set *set,
                        const struct config_source *source, struct arena *arena,
                        struct fault *fault)
{
    struct config_sites *sites = arena_alloc_zeroed(arena, 1, sizeof(*sites));
    *config = (struct config){0};
    if (!sites) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for the options");
    }
    enum status status = read_below_flags(config, set, source, sites, arena, fault);
    if (status == STATUS_OK) {
        status = option_read_environment(set, source->environment, fault);
    }
    if (status == STATUS_OK) {
        status = option_read_flags(set, source->uses, source->count, source->words, fault);
    }
    if (status == STATUS_OK) {
        status = apply_site_presets(config, set, sites, fault);
    }
    return status == STATUS_OK ? apply_preset(config, set, fault) : status;
}
