#include "app/config_sites.h"

#include <stddef.h>

const char *const config_tracker_names[CONFIG_TRACKER_WORDS] = {"consent", "storage",
                                                                "cross-domain"};

enum { NAME_BYTES_MAX = 64, RATE_MAX = 10000000 };
static const char PREFIX[] = "site ";

static const char *copy(struct arena *arena, const char *text)
{
    return arena_copy(arena, view_make(text, strlen(text) + 1)).at;
}

/* As the ledger wants it: a name that needs no quoting anywhere. */
static bool is_site_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return len > 0 && len <= NAME_BYTES_MAX && name[len] == 0;
}

static struct config_site *find(struct config_sites *sites, const char *name)
{
    for (size_t i = 0; i < sites->count; i++) {
        if (strcmp(sites->rows[i].name, name) == 0) {
            return &sites->rows[i];
        }
    }
    return NULL;
}

static enum status enter(const struct config_sites_reading *reading, const char *section,
                         struct config_site **site, struct fault *fault)
{
    struct config_sites *sites = reading->sites;
    const char *name = section + sizeof(PREFIX) - 1;
    if (strncmp(section, PREFIX, sizeof(PREFIX) - 1) != 0 || !is_site_name(name)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "[%.80s]: sections are [site NAME]; a name has letters, digits, - _ and .",
                         section);
    }
    *site = find(sites, name);
    if (*site) {
        return STATUS_OK;
    }
    if (sites->count == CONFIG_SITES_MAX) {
        return fault_set(fault, STATUS_TOO_BIG, "at most %d sections [site NAME]",
                         CONFIG_SITES_MAX);
    }
    *site = &sites->rows[sites->count];
    **site = (struct config_site){.name = copy(reading->arena, name)};
    sites->count += (*site)->name != NULL;
    return (*site)->name ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory for a site");
}

static enum status take_rate(const char *name, const char *value, int64_t *rate,
                             struct fault *fault)
{
    return view_to_int64(view_from_text(value), rate) && *rate >= 0 && *rate <= RATE_MAX
               ? STATUS_OK
               : fault_set(fault, STATUS_BAD_INPUT, "%s must be a whole number up to %d, not %.40s",
                           name, RATE_MAX, value);
}

/* The place of a text with that name; NULL when there is none. */
static const char **place_of(struct config_site *site, const char *name)
{
    enum policy_word word = policy_word_find(name);
    return strcmp(name, "key") == 0       ? &site->key
           : strcmp(name, "origins") == 0 ? &site->origins
           : strcmp(name, "privacy") == 0 ? &site->privacy
           : word < POLICY_WORDS          ? &site->words[word]
                                          : NULL;
}

static bool is_choice(const char *name, const char *value)
{
    enum policy_word word = policy_word_find(name);
    struct view rest = view_from_text(word < POLICY_WORDS ? policy_word_choices(word) : value);
    while (rest.len > 0) {
        if (view_is(view_cut(&rest, '|'), value)) {
            return true;
        }
    }
    return word == POLICY_WORDS;
}

enum status config_sites_take(void *self, const char *section, const char *name, const char *value,
                              struct fault *fault)
{
    const struct config_sites_reading *reading = self;
    struct config_site *site = NULL;
    enum status status = enter(reading, section, &site, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (strcmp(name, "requests-max") == 0) {
        return take_rate(name, value, &site->requests_max, fault);
    }
    if (strcmp(name, "source-requests-max") == 0) {
        return take_rate(name, value, &site->source_requests_max, fault);
    }
    const char **place = place_of(site, name);
    if (!place) {
        return fault_set(
            fault, STATUS_BAD_INPUT,
            "[%.80s]: there is no %.40s of a site; there are key, origins, privacy and "
            "its options, requests-max, source-requests-max",
            section, name);
    }
    bool is_preset = strcmp(name, "privacy") == 0;
    if (!is_choice(name, value) || (is_preset && policy_preset_find(value) == POLICY_PRESETS)) {
        return fault_set(
            fault, STATUS_BAD_INPUT, "[%.80s]: %s must be one of %s, not \"%.60s\"", section, name,
            is_preset ? "measure|learn|strict" : policy_word_choices(policy_word_find(name)),
            value);
    }
    *place = copy(reading->arena, value);
    return *place ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory for a site");
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_site(const struct config_site *a, const struct config_site *b)
{
    bool is_equal = is_same(a->name, b->name) && is_same(a->key, b->key) &&
                    is_same(a->origins, b->origins) && is_same(a->privacy, b->privacy) &&
                    a->requests_max == b->requests_max &&
                    a->source_requests_max == b->source_requests_max;
    for (enum policy_word word = 0; word < POLICY_WORDS && is_equal; word++) {
        is_equal = is_same(a->words[word], b->words[word]);
    }
    return is_equal;
}

bool config_sites_equal(const struct config_sites *a, const struct config_sites *b)
{
    size_t count = a ? a->count : 0;
    bool is_equal = count == (b ? b->count : 0);
    for (size_t i = 0; i < count && is_equal; i++) {
        is_equal = is_same_site(&a->rows[i], &b->rows[i]);
    }
    return is_equal;
}
