#include "app/options_file.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 256 * 1024, PATH_BYTES = 4096 };
static const char NAME[] = "OPTIONS";

static bool has_own_presets(const struct config_sites *sites)
{
    bool has_some = false;
    for (size_t i = 0; sites && i < sites->count; i++) {
        has_some = has_some || sites->rows[i].privacy;
    }
    return has_some;
}

/* What presets say of each site's tracker follows from the sections again; written here, it would
 * stand for all of them. */
static bool is_derived(const struct option_set *set, size_t at)
{
    const char *origin = set->origins[at];
    bool is_set = strcmp(origin, "default") != 0 && strncmp(origin, "privacy ", 8) != 0;
    for (size_t i = 0; i < CONFIG_TRACKER_WORDS && !is_set; i++) {
        if (strcmp(set->rows[at].name, config_tracker_names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void append_values(struct buf *out, const struct option_set *set, bool has_presets)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct option_row *row = &set->rows[i];
        if ((row->uses & CONFIG_SERVE) && strcmp(row->name, "config") != 0 &&
            !(has_presets && is_derived(set, i))) {
            buf_append_format(out, "%s = %s\n", row->name, set->texts[i]);
        }
    }
}

static void append_line(struct buf *out, const char *name, const char *value)
{
    if (value) {
        buf_append_format(out, "%s = %s\n", name, value);
    }
}

static void append_site(struct buf *out, const struct config_site *site)
{
    char key[sizeof("(of )") + 64];
    snprintf(key, sizeof(key), "(of %s)", site->name);
    buf_append_format(out, "[site %s]\n", site->name);
    append_line(out, "key", site->key && site->key[0] ? key : NULL);
    append_line(out, "origins", site->origins);
    append_line(out, "privacy", site->privacy);
    for (enum policy_word word = 0; word < POLICY_WORDS; word++) {
        append_line(out, policy_word_name(word), site->words[word]);
    }
    buf_append_format(out, "requests-max = %lld\nsource-requests-max = %lld\n",
                      (long long)site->requests_max, (long long)site->source_requests_max);
}

enum status options_file_write(int data_fd, const struct option_set *set,
                               const struct config *config, struct fault *fault)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    append_values(&text, set, has_own_presets(config->sites));
    for (size_t i = 0; config->sites && i < config->sites->count; i++) {
        append_site(&text, &config->sites->rows[i]);
    }
    enum status status = buf_status(&text);
    if (status == STATUS_OK) {
        status = file_replace(data_fd, NAME, buf_view(&text), fault);
    }
    buf_free(&text);
    return status;
}

void options_file_remove(int data_fd)
{
    unlinkat(data_fd, NAME, 0);
}

enum status options_file_load(struct config *config, struct option_set *set, const char *data_path,
                              struct arena *arena, struct fault *fault)
{
    char path[PATH_BYTES];
    char *words[] = {"--config", path};
    const struct config_source source = {.uses = CONFIG_ANY, .count = 2, .words = words};
    snprintf(path, sizeof(path), "%s/%s", data_path, NAME);
    return config_load(config, set, &source, arena, fault);
}
