#include "app/explain.h"

#include "app/sites.h"

enum { ARENA_BYTES = 8 * 1024 * 1024 };
static const int64_t HOUR_MS = 3600000;

static const char *const ADDRESS[] = {
    [POLICY_ADDRESS_16] =
        "its first 16 bits (of IPv6: 32) are used in memory, for the country and the "
        "like; it is never stored or logged",
    [POLICY_ADDRESS_24] =
        "its first 24 bits (of IPv6: 48) are used in memory, for the country and the "
        "like; it is never stored or logged",
    [POLICY_ADDRESS_GONE] = "not used for events at all, and never stored or logged",
};
static const char *const USER_ID[] = {
    [POLICY_ID_KEEP] = "stored as the site sends them (user_id, previous_id, group_id)",
    [POLICY_ID_HASH] = "stored as keyed hashes; the key is destroyed when it is over "
                       "(identity-rotation), and then nobody can find an id again",
    [POLICY_ID_DROP] = "not stored: user_id, previous_id and group_id are taken out",
};
static const char *const TRAITS[] = {
    [POLICY_ID_KEEP] = "stored as the site sends them (user_properties)",
    [POLICY_ID_HASH] = "names, true and false are stored; strings and numbers as keyed hashes",
    [POLICY_ID_DROP] = "not stored: user_properties are taken out",
};
static const char *const VISITOR[] = {
    [POLICY_VISITOR_COOKIE] = "the id that the tracker keeps in the browser, 13 months from its "
                              "creation, never prolonged. Rows under it are pseudonymous",
    [POLICY_VISITOR_DAILY] =
        "a hash of site, cut address and agent with a random salt that is "
        "destroyed at the end of the day (UTC): no id of one day is found again "
        "on another",
    [POLICY_VISITOR_NONE] = "none, and no session: what remains in common is one load of one page",
};

void explain_duration(struct buf *out, int64_t ms)
{
    if (ms == 0) {
        buf_append_text(out, "for ever, until somebody removes it");
    } else if (ms % (24 * HOUR_MS) == 0) {
        buf_append_format(out, "%lld days", (long long)(ms / (24 * HOUR_MS)));
    } else {
        buf_append_format(out, "%lld h", (long long)(ms / HOUR_MS));
    }
}

static void line(struct buf *out, const char *what, const char *how)
{
    buf_append_format(out, "- %s: %s\n", what, how);
}

void explain_policy(struct buf *out, const struct privacy_policy *policy)
{
    line(out, "address", ADDRESS[policy->address]);
    line(out, "user agent",
         policy->has_families
             ? "browser, system and device by family and major version are stored; "
               "the text itself never is"
             : "nothing of it is stored");
    line(out, "visitor", VISITOR[policy->visitor]);
    line(out, "user ids", USER_ID[policy->user_id]);
    line(out, "traits", TRAITS[policy->traits]);
    line(out, "click ids",
         policy->has_click_ids ? "which advertiser's is noted (click_id_kind)"
                               : "not even which advertiser's is noted");
    line(out, "Global Privacy Control",
         policy->honours_gpc ? "obeyed: nothing of such a request is kept" : "not obeyed");
    line(out, "Do Not Track",
         policy->honours_dnt ? "obeyed: nothing of such a request is kept"
                             : "not obeyed by the collector (the tracker obeys it always)");
    line(out, "opt-out cookie", "obeyed always (/optout sets it, and pipes.disable())");
    line(out, "consent",
         policy->needs_consent
             ? "needed: an event is stored only when it says that consent was granted"
             : "not asked for here; an event that says it was denied is not stored");
}

static const char *const RULES[RETENTION_RULES] = {
    [RETENTION_EVENTS] = "all events",
    [RETENTION_IDENTIFIED] = "events with a user_id",
    [RETENTION_TEST] = "events of tests",
    [RETENTION_BOTS] = "events of bots",
    [RETENTION_QUARANTINE] = "what was not understood",
    [RETENTION_PAGE] = "page events",
    [RETENTION_SCREEN] = "screen events",
    [RETENTION_TRACK] = "track events",
    [RETENTION_IDENTIFY] = "identify events",
    [RETENTION_GROUP] = "group events",
    [RETENTION_ALIAS] = "alias events",
    [RETENTION_ENGAGEMENT] = "engagement events",
    [RETENTION_IMPRESSION] = "impression events",
    [RETENTION_CLICK] = "click events",
    [RETENTION_FORM] = "form events",
    [RETENTION_ERROR] = "error events",
    [RETENTION_VITALS] = "vitals events",
};

void explain_retention(struct buf *out, const struct config *config)
{
    if (config->keep_raw_ms > 0) {
        buf_append_text(out, "- requests as they came, with all that the options above take out of "
                             "rows, encrypted: the hour, and ");
        explain_duration(out, config->keep_raw_ms);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < RETENTION_RULES; i++) {
        bool is_general = i == RETENTION_EVENTS || i == RETENTION_QUARANTINE;
        if (config->retention_ms[i] > 0 || is_general) {
            buf_append_format(out, "- %s: ", RULES[i]);
            explain_duration(out, config->retention_ms[i]);
            buf_append_byte(out, '\n');
        }
    }
}

static void explain_basis(struct buf *out, const char *preset)
{
    static const char *const MEASURE =
        "Made for a site's own audience measurement, on the basis of legitimate interest (GDPR "
        "art. "
        "6(1)(f)) and, where a regulator has one, the exemption from consent for it. Such "
        "exemptions "
        "have conditions that no program can check: the purpose, who gets the data, what visitors "
        "are told. Rows are not to train models on.\n";
    static const char *const LEARN =
        "Made for data that models learn from, on the basis of consent (GDPR art. 6(1)(a)): the "
        "tracker waits for it, and by itself (consent-needed) the collector stores nothing that "
        "does "
        "not say that it was granted.\n";
    static const char *const STRICT = "Made for counting without recognising anybody: nothing is "
                                      "stored on the device, and no row "
                                      "is linked with one of another load of a page.\n";
    enum policy_preset which = policy_preset_find(preset);
    buf_append_text(out, which == POLICY_LEARN ? LEARN : which == POLICY_STRICT ? STRICT : MEASURE);
}

static void explain_device(struct buf *out, const char *storage, const char *consent)
{
    buf_append_format(out,
                      "- storage = %s: %s\n"
                      "- consent = %s: %s\n",
                      storage,
                      strcmp(storage, "none") == 0     ? "nothing, and there is no id"
                      : strcmp(storage, "memory") == 0 ? "nothing beyond the page"
                      : strcmp(storage, "local") == 0
                          ? "id, session and undelivered events in localStorage"
                          : "id and session in a first-party cookie; undelivered events in "
                            "localStorage, and a cookie that says so",
                      consent,
                      strcmp(consent, "pending") == 0
                          ? "nothing is stored or sent before pipes.consent('granted')"
                          : "the tracker starts without asking; pipes.consent('denied') and "
                            "pipes.disable() end it");
}

static void explain_sites(struct buf *out, const struct config *config, const struct sites *sites)
{
    for (size_t i = 0; i < sites->count; i++) {
        const struct site *site = &sites->rows[i];
        buf_append_format(out, "\nSite %.*s: ", VIEW_ARG(site->name));
        buf_append_text(out, site->key.len > 0        ? "events come from its origins, or with "
                                                        "its key\n"
                             : site->origin_count > 0 ? "events come from its origins\n"
                                                      : "anybody may send events\n");
        const char *const *words = config->sites->rows[i].tracker_words;
        explain_device(out, words[CONFIG_TRACKER_STORAGE], words[CONFIG_TRACKER_CONSENT]);
        explain_policy(out, &site->policy);
    }
}

enum status explain_privacy(struct buf *out, const struct config *config, struct fault *fault)
{
    struct arena arena;
    struct sites sites;
    arena_init(&arena, ARENA_BYTES);
    enum status status = sites_make(&sites, config, &arena, fault);
    if (status == STATUS_OK) {
        buf_append_format(out, "privacy = %s\n", config->privacy);
        explain_basis(out, config->privacy);
        buf_append_text(out, "This says what the program does. It is no legal advice, and no "
                             "statement that a law is kept.\n\nIn the browser\n");
        explain_device(out, config->storage, config->consent);
        buf_append_text(out, "\nIn the collector\n");
        explain_policy(out, &sites.fallback.policy);
        buf_append_text(out,
                        "- addresses, user agents and advertising ids that a client repeats in "
                        "its payload: taken out\n\nHow long it is kept\n");
        explain_retention(out, config);
        explain_sites(out, config, &sites);
        status = buf_status(out);
    }
    arena_free(&arena);
    return status;
}
