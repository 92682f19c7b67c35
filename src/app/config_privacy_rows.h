/*
 * config_privacy_rows.h - the rows of config.c's table for what is kept of a person. Defaults are
 * those of privacy = measure (privacy/policy.c has all presets); a test holds them together.
 * Included within the table, once; no code of its own.
 */
/* clang-format off */
#define POLICY_ROW_OF(word, row_name, text, words, of, more)                 \
    {.name = row_name,                                                       \
     .type = OPTION_CHOICE,                                                  \
     .default_text = text,                                                   \
     .offset = FIELD(policy_words[word]),                                    \
     .choices = words,                                                       \
     .help = of,                                                             \
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_REPLAY | CONFIG_PRIVACY | \
             (more),                                                         \
     .is_reloadable = true}
#define POLICY_ROW(word, row_name, text, words, of)                          \
    POLICY_ROW_OF(word, row_name, text, words, of, 0)
    {.name = "privacy",
     .type = OPTION_CHOICE,
     .default_text = "measure",
     .offset = FIELD(privacy),
     .choices = "measure|learn|strict",
     .help = "a word for each of the options below, and for consent, storage, cross-domain and "
             "retention, where they are not set themselves; docs/privacy.md has the table",
     .uses = CONFIG_SERVE | CONFIG_BUILD | CONFIG_CONFIG | CONFIG_REPLAY | CONFIG_RETENTION |
             CONFIG_PRIVACY,
     .is_reloadable = true},
    POLICY_ROW(POLICY_WORD_ADDRESS_CUT, "address-cut", "16", "16|24|all",
               "how much of the client's address is used, in memory: its first 16 bits (IPv6: "
               "32), 24 bits (48), or nothing, all is cut. It is never stored"),
    POLICY_ROW(POLICY_WORD_AGENT, "agent", "families", "families|drop",
               "of the user agent string: families and major versions are kept, or nothing. It "
               "itself is never stored"),
    POLICY_ROW(POLICY_WORD_USER_ID, "user-id", "drop", "keep|hash|drop",
               "user_id, previous_id and group_id: as sent, as keyed hashes, or not at all"),
    POLICY_ROW(POLICY_WORD_TRAITS, "traits", "drop", "keep|hash|drop",
               "user_properties: as sent, strings and numbers as keyed hashes, or not at all"),
    POLICY_ROW(POLICY_WORD_ANONYMOUS_ID, "anonymous-id", "cookie", "cookie|daily|none",
               "anonymous_id: the client's own; a hash that nobody can make again after the day; "
               "or none, and no session either"),
    POLICY_ROW(POLICY_WORD_CLICK_IDS, "click-ids", "drop", "kind|drop",
               "which advertiser's click id a url carried: noted, or not"),
    POLICY_ROW_OF(POLICY_WORD_GPC, "gpc", "honour", "honour|ignore",
                  "what is sent with Sec-GPC: 1 is not kept, or is; the tracker sends nothing, or "
                  "does",
                  CONFIG_BUILD),
    POLICY_ROW_OF(POLICY_WORD_DNT, "dnt", "honour", "honour|ignore", "the same of DNT: 1",
                  CONFIG_BUILD),
    POLICY_ROW(POLICY_WORD_CONSENT_NEEDED, "consent-needed", "no", "no|granted",
               "granted: what does not say that consent was granted is not kept. What says that it "
               "was denied never is"),
#undef POLICY_ROW
#undef POLICY_ROW_OF
    {.name = "cross-domain",
     .type = OPTION_CHOICE,
     .default_text = "off",
     .offset = FIELD(cross_domain),
     .choices = "off|on",
     .help = "whether the tracker may have the module cross_domain, which hands the id on to other "
             "hosts",
     .uses = SITE | CONFIG_CONFIG},
    {.name = "unknown-site",
     .type = OPTION_CHOICE,
     .default_text = "refuse",
     .offset = FIELD(unknown_site),
     .choices = "refuse|quarantine",
     .help = "what becomes of events of a site that has no section [site NAME], where there are "
             "some, and of those that come without its key or from another origin",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_PRIVACY,
     .is_reloadable = true},
    {.name = "identity-rotation",
     .type = OPTION_DURATION,
     .default_text = "90d",
     .offset = FIELD(identity_rotation_ms),
     .min = 3600000,
     .max = 3650LL * 86400000,
     .help = "how long one key makes the hashes of ids; then it is destroyed, and a new one made",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_REPLAY},
    {.name = "keep-raw",
     .type = OPTION_DURATION,
     .default_text = "0s",
     .offset = FIELD(keep_raw_ms),
     .max = 72LL * 3600000,
     .help = "how long requests are kept as they came, beside the rows and encrypted, counted from "
             "the end of their hour, at most 72h; 0: not at all",
     .uses = CONFIG_SERVE | CONFIG_CONFIG | CONFIG_PRIVACY},
    {.name = "keep-raw-max",
     .type = OPTION_SIZE,
     .default_text = "1GiB",
     .offset = FIELD(keep_raw_max),
     .min = 1 << 20,
     .max = 1LL << 50,
     .help = "bytes that these may take; what comes when they are taken is not kept so, but "
             "counted",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "explain",
     .type = OPTION_CHOICE,
     .default_text = "",
     .offset = FIELD(explain),
     .choices = "|privacy",
     .value = "privacy",
     .help = "instead: in plain words what is collected, for how long, and under which basis",
     .uses = CONFIG_CONFIG},
    {.name = "out",
     .type = OPTION_TEXT,
     .default_text = "",
     .offset = FIELD(report_out),
     .value = "FILE",
     .help = "where to; standard output by itself",
     .uses = CONFIG_PRIVACY},
