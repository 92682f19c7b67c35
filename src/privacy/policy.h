/*
 * policy.h - what is done with what a client says about a person, as one resolved struct.
 *
 * It is spelled in options, each with a few words to choose from. A preset (measure, learn, strict)
 * is nothing but a word for each of them; whoever sets one himself overrules it.
 *
 *     const char *words[POLICY_WORDS];
 *     policy_words_of("learn", words);
 *     words[POLICY_WORD_USER_ID] = "keep";
 *     policy_resolve(&policy, words, &fault);
 */
#ifndef PIPES_PRIVACY_POLICY_H
#define PIPES_PRIVACY_POLICY_H

#include "base/status.h"
#include "net/ip_address.h"

enum policy_preset { POLICY_MEASURE, POLICY_LEARN, POLICY_STRICT, POLICY_PRESETS };

/* The options that make a policy, beside the preset. */
enum policy_word {
    POLICY_WORD_ADDRESS_CUT,
    POLICY_WORD_AGENT,
    POLICY_WORD_USER_ID,
    POLICY_WORD_TRAITS,
    POLICY_WORD_ANONYMOUS_ID,
    POLICY_WORD_CLICK_IDS,
    POLICY_WORD_GPC,
    POLICY_WORD_DNT,
    POLICY_WORD_CONSENT_NEEDED,
    POLICY_WORDS
};

enum policy_address { POLICY_ADDRESS_16, POLICY_ADDRESS_24, POLICY_ADDRESS_GONE };
enum policy_id { POLICY_ID_KEEP, POLICY_ID_HASH, POLICY_ID_DROP };
enum policy_visitor { POLICY_VISITOR_COOKIE, POLICY_VISITOR_DAILY, POLICY_VISITOR_NONE };

struct privacy_policy {
    enum policy_address address;
    enum policy_id user_id; /* also of previous_id and group_id */
    enum policy_id traits;  /* user_properties */
    enum policy_visitor visitor;
    bool has_families;  /* what the user agent string says by family and major version */
    bool has_click_ids; /* which advertiser's */
    bool honours_gpc;
    bool honours_dnt;
    bool needs_consent; /* what does not say that consent was granted is not kept */
};

/* POLICY_PRESETS for a name that is none. */
enum policy_preset policy_preset_find(const char *name);

/* The text that a preset gives an option of that name, also one that is none of policy_word's (the
 * tracker's storage, how long what is kept); NULL: presets have no opinion. */
const char *policy_preset_text(enum policy_preset preset, const char *option);

/* As an option is called: "user-id"; and what may be chosen: "keep|hash|drop". */
const char *policy_word_name(enum policy_word word);
const char *policy_word_choices(enum policy_word word);
/* POLICY_WORDS for a name that is none. */
enum policy_word policy_word_find(const char *name);

/* Words of a preset. */
void policy_words_of(enum policy_preset preset, const char *words[POLICY_WORDS]);
/* STATUS_BAD_INPUT names the option whose word is none of its choices. */
enum status policy_resolve(struct privacy_policy *policy, const char *const words[POLICY_WORDS],
                           struct fault *fault) MUST_CHECK;

/* Of an address what may be used at all, in memory: the rest becomes zero. How many of its 128 bits
 * are left; 0: nothing of it. */
unsigned policy_cut_address(const struct privacy_policy *policy, struct ip_address *address);

#endif
