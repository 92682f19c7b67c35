#include "privacy/policy.h"

#include <string.h>

static const char *const PRESET_NAMES[POLICY_PRESETS] = {"measure", "learn", "strict"};

static const struct {
    const char *name;
    const char *choices;
} WORDS[POLICY_WORDS] = {
    [POLICY_WORD_ADDRESS_CUT] = {"address-cut", "16|24|all"},
    [POLICY_WORD_AGENT] = {"agent", "families|drop"},
    [POLICY_WORD_USER_ID] = {"user-id", "keep|hash|drop"},
    [POLICY_WORD_TRAITS] = {"traits", "keep|hash|drop"},
    [POLICY_WORD_ANONYMOUS_ID] = {"anonymous-id", "cookie|daily|none"},
    [POLICY_WORD_CLICK_IDS] = {"click-ids", "kind|drop"},
    [POLICY_WORD_GPC] = {"gpc", "honour|ignore"},
    [POLICY_WORD_DNT] = {"dnt", "honour|ignore"},
    [POLICY_WORD_CONSENT_NEEDED] = {"consent-needed", "no|granted"},
};

/* The presets, side by side: measure, learn, strict. */
static const struct {
    const char *option;
    const char *texts[POLICY_PRESETS];
} ROWS[] = {
    {"address-cut", {"16", "24", "all"}},           {"agent", {"families", "families", "drop"}},
    {"user-id", {"drop", "hash", "drop"}},          {"traits", {"drop", "hash", "drop"}},
    {"anonymous-id", {"cookie", "cookie", "none"}}, {"click-ids", {"drop", "kind", "drop"}},
    {"gpc", {"honour", "honour", "honour"}},        {"dnt", {"honour", "honour", "honour"}},
    {"consent-needed", {"no", "granted", "no"}},    {"consent", {"none", "pending", "none"}},
    {"storage", {"cookie", "cookie", "none"}},      {"cross-domain", {"off", "on", "off"}},
    {"retention.events", {"395d", "395d", "30d"}},  {"retention.quarantine", {"30d", "30d", "7d"}},
};

enum policy_preset policy_preset_find(const char *name)
{
    enum policy_preset preset = 0;
    while (preset < POLICY_PRESETS && strcmp(PRESET_NAMES[preset], name) != 0) {
        preset++;
    }
    return preset;
}

const char *policy_preset_text(enum policy_preset preset, const char *option)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        if (strcmp(ROWS[i].option, option) == 0) {
            return ROWS[i].texts[preset];
        }
    }
    return NULL;
}

const char *policy_word_name(enum policy_word word)
{
    return WORDS[word].name;
}

const char *policy_word_choices(enum policy_word word)
{
    return WORDS[word].choices;
}

enum policy_word policy_word_find(const char *name)
{
    enum policy_word word = 0;
    while (word < POLICY_WORDS && strcmp(WORDS[word].name, name) != 0) {
        word++;
    }
    return word;
}

void policy_words_of(enum policy_preset preset, const char *words[POLICY_WORDS])
{
    for (enum policy_word word = 0; word < POLICY_WORDS; word++) {
        words[word] = policy_preset_text(preset, WORDS[word].name);
    }
}

/* Its place among the choices. */
static enum status place_of(enum policy_word word, const char *text, unsigned *place,
                            struct fault *fault)
{
    struct view rest = view_from_text(WORDS[word].choices);
    for (*place = 0; rest.len > 0; ++*place) {
        if (view_is(view_cut(&rest, '|'), text)) {
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_BAD_INPUT, "%s must be one of %s, not \"%.60s\"",
                     WORDS[word].name, WORDS[word].choices, text);
}

enum status policy_resolve(struct privacy_policy *policy, const char *const words[POLICY_WORDS],
                           struct fault *fault)
{
    unsigned at[POLICY_WORDS];
    for (enum policy_word word = 0; word < POLICY_WORDS; word++) {
        enum status status = place_of(word, words[word], &at[word], fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *policy = (struct privacy_policy){
        .address = (enum policy_address)at[POLICY_WORD_ADDRESS_CUT],
        .user_id = (enum policy_id)at[POLICY_WORD_USER_ID],
        .traits = (enum policy_id)at[POLICY_WORD_TRAITS],
        .visitor = (enum policy_visitor)at[POLICY_WORD_ANONYMOUS_ID],
        .has_families = at[POLICY_WORD_AGENT] == 0,
        .has_click_ids = at[POLICY_WORD_CLICK_IDS] == 0,
        .honours_gpc = at[POLICY_WORD_GPC] == 0,
        .honours_dnt = at[POLICY_WORD_DNT] == 0,
        .needs_consent = at[POLICY_WORD_CONSENT_NEEDED] == 1,
    };
    return STATUS_OK;
}

unsigned policy_cut_address(const struct privacy_policy *policy, struct ip_address *address)
{
    /* An IPv4 address stands behind 12 bytes (ip_address.h). */
    size_t half = policy->address == POLICY_ADDRESS_16 ? 2 : 3;
    size_t kept = ip_address_is_v4(address) ? 12 + half : 2 * half;
    if (policy->address == POLICY_ADDRESS_GONE) {
        memset(address->bytes, 0, sizeof(address->bytes));
        return 0;
    }
    memset(address->bytes + kept, 0, sizeof(address->bytes) - kept);
    return 8 * (unsigned)kept;
}
