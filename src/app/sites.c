#include "app/sites.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { ORIGINS_MAX = 64, BASIC_BYTES_MAX = 1024 };

static struct view keep(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, view_from_text(text)) : view_make(NULL, 0);
}

static enum status make_policy(struct site *site, const struct config *config,
                               const struct config_site *row, struct fault *fault)
{
    const char *words[POLICY_WORDS];
    memcpy(words, config->policy_words, sizeof(words));
    if (row->privacy) {
        policy_words_of(policy_preset_find(row->privacy), words);
    }
    for (size_t i = 0; i < POLICY_WORDS; i++) {
        words[i] = row->words[i] ? row->words[i] : words[i];
    }
    return policy_resolve(&site->policy, words, fault);
}

static enum status make_origins(struct site *site, const char *text, struct arena *arena,
                                struct fault *fault)
{
    struct view rest = keep(arena, text);
    struct view *origins = arena_alloc_zeroed(arena, ORIGINS_MAX, sizeof(*origins));
    if (!origins || (text && text[0] && !rest.at)) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a site");
    }
    site->origins = origins;
    while (rest.len > 0) {
        struct view origin = view_trim(view_cut(&rest, ','));
        if (site->origin_count == ORIGINS_MAX) {
            return fault_set(fault, STATUS_TOO_BIG, "site %.*s: at most %d origins",
                             VIEW_ARG(site->name), ORIGINS_MAX);
        }
        if (origin.len > 0) {
            origins[site->origin_count++] = origin;
        }
    }
    return STATUS_OK;
}

static enum status make_site(struct site *site, const struct config *config,
                             const struct config_site *row, struct arena *arena,
                             struct fault *fault)
{
    *site = (struct site){
        .name = keep(arena, row->name),
        .key = keep(arena, row->key),
        .requests = (uint32_t)row->requests_max,
        .source_requests = (uint32_t)row->source_requests_max,
    };
    if (!site->name.at || (row->key && row->key[0] && !site->key.at)) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for a site");
    }
    enum status status = make_origins(site, row->origins, arena, fault);
    return status == STATUS_OK ? make_policy(site, config, row, fault) : status;
}

/* A key is of one site: it says which. */
static enum status check_keys(const struct sites *sites, struct fault *fault)
{
    for (size_t i = 0; i < sites->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (sites->rows[i].key.len > 0 && view_equal(sites->rows[i].key, sites->rows[k].key)) {
                return fault_set(fault, STATUS_BAD_INPUT, "the sites %.*s and %.*s have one key",
                                 VIEW_ARG(sites->rows[k].name), VIEW_ARG(sites->rows[i].name));
            }
        }
    }
    return STATUS_OK;
}

enum status sites_make(struct sites *sites, const struct config *config, struct arena *arena,
                       struct fault *fault)
{
    static const struct config_site NOTHING = {0};
    size_t count = config->sites ? config->sites->count : 0;
    struct site *rows = arena_alloc_zeroed(arena, count + 1, sizeof(*rows));
    *sites = (struct sites){.rows = rows};
    sites->quarantines = view_is(view_from_text(config->unknown_site), "quarantine");
    if (!rows) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for sites");
    }
    enum status status = make_policy(&sites->fallback, config, &NOTHING, fault);
    for (; sites->count < count && status == STATUS_OK; sites->count++) {
        const struct config_site *row = &config->sites->rows[sites->count];
        status = make_site(&rows[sites->count], config, row, arena, fault);
    }
    sites->cut = sites->fallback.policy.address;
    for (size_t i = 0; i < sites->count; i++) {
        enum policy_address cut = rows[i].policy.address;
        sites->cut = cut > sites->cut ? cut : sites->cut;
    }
    return status == STATUS_OK ? check_keys(sites, fault) : status;
}

static bool has_origin(const struct site *site, struct view origin)
{
    for (size_t i = 0; i < site->origin_count; i++) {
        if (site->origins[i].len == origin.len &&
            view_is_text_ignoring_case(origin, site->origins[i].at)) {
            return true;
        }
    }
    return false;
}

/* In a time that does not tell how much of it was right. */
static bool is_key(const struct site *site, struct view key)
{
    return key.len > 0 && site->key.len == key.len &&
           CRYPTO_memcmp(site->key.at, key.at, key.len) == 0;
}

static const struct site *site_of(const struct sites *sites, const struct sites_caller *caller)
{
    for (size_t i = 0; i < sites->count; i++) {
        const struct site *site = &sites->rows[i];
        if (caller->site.len > 0 ? view_equal(site->name, caller->site)
                                 : is_key(site, caller->key)) {
            return site;
        }
    }
    return NULL;
}

enum sites_verdict sites_admit(const struct sites *sites, const struct sites_caller *caller,
                               const struct site **site)
{
    const struct site *found = site_of(sites, caller);
    *site = found ? found : &sites->fallback;
    if (sites->count == 0) {
        return SITES_OK;
    }
    if (!found) {
        return caller->site.len == 0 && caller->key.len > 0 ? SITES_WRONG_KEY : SITES_UNKNOWN;
    }
    bool is_open = found->key.len == 0 && found->origin_count == 0;
    if (is_open || is_key(found, caller->key)) {
        return SITES_OK;
    }
    if (caller->key.len > 0) {
        return SITES_WRONG_KEY;
    }
    if (has_origin(found, caller->origin)) {
        return SITES_OK;
    }
    return caller->origin.len > 0 && found->origin_count > 0 ? SITES_WRONG_ORIGIN : SITES_WRONG_KEY;
}

struct view sites_basic_key(struct view authorization, struct arena *arena)
{
    struct view scheme = view_cut(&authorization, ' ');
    struct view code = view_trim(authorization);
    unsigned char *text =
        code.len <= BASIC_BYTES_MAX && code.len % 4 == 0 ? arena_alloc(arena, code.len + 1) : NULL;
    if (!view_is_ignoring_case(scheme, "basic") || !text) {
        return view_make(NULL, 0);
    }
    int len = EVP_DecodeBlock(text, (const unsigned char *)code.at, (int)code.len);
    struct view pair = view_make((const char *)text, len > 0 ? (size_t)len : 0);
    return view_part(pair, 0, view_find(pair, ':'));
}
