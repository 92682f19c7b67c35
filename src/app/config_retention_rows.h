/*
 * config_retention_rows.h - the rows of config.c's table for how long what is kept, and how much of
 * the disk. Included within the table, once; no code of its own.
 */
/* clang-format off */
#define RETENTION_ROW(word, rule, of) RETENTION_ROW_OF(word, rule, of, "0s")
#define RETENTION_ROW_OF(word, rule, of, text)                               \
    {.name = "retention." word,                                              \
     .type = OPTION_DURATION,                                                \
     .default_text = text,                                                   \
     .offset = FIELD(retention_ms[rule]),                                    \
     .help = "how long " of " kept; 0: for ever",                            \
     .uses = CONFIG_SERVE | CONFIG_RETENTION | CONFIG_CONFIG}
    RETENTION_ROW_OF("events", RETENTION_EVENTS, "events are", "395d"),
    RETENTION_ROW("identified", RETENTION_IDENTIFIED, "events with a user_id are"),
    RETENTION_ROW("test", RETENTION_TEST, "events of tests (is_test) are"),
    RETENTION_ROW("bots", RETENTION_BOTS, "events of bots (is_bot) are"),
    RETENTION_ROW_OF("quarantine", RETENTION_QUARANTINE, "what was not understood is", "30d"),
    RETENTION_ROW("page", RETENTION_PAGE, "events of the type page are"),
    RETENTION_ROW("screen", RETENTION_SCREEN, "events of the type screen are"),
    RETENTION_ROW("track", RETENTION_TRACK, "events of the type track are"),
    RETENTION_ROW("identify", RETENTION_IDENTIFY, "events of the type identify are"),
    RETENTION_ROW("group", RETENTION_GROUP, "events of the type group are"),
    RETENTION_ROW("alias", RETENTION_ALIAS, "events of the type alias are"),
    RETENTION_ROW("engagement", RETENTION_ENGAGEMENT, "events of the type engagement are"),
    RETENTION_ROW("impression", RETENTION_IMPRESSION, "events of the type impression are"),
    RETENTION_ROW("click", RETENTION_CLICK, "events of the type click are"),
    RETENTION_ROW("form", RETENTION_FORM, "events of the type form are"),
    RETENTION_ROW("error", RETENTION_ERROR, "events of the type error are"),
    RETENTION_ROW("vitals", RETENTION_VITALS, "events of the type vitals are"),
#undef RETENTION_ROW
#undef RETENTION_ROW_OF
    {.name = "retention-check",
     .type = OPTION_DURATION,
     .default_text = "1h",
     .offset = FIELD(retention_check_ms),
     .min = 100,
     .max = 86400000,
     .help = "how often a collector looks for what has been kept long enough",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "disk-budget",
     .type = OPTION_SIZE,
     .default_text = "0",
     .offset = FIELD(disk_budget),
     .help = "bytes that the data folder may take; a warning at 90 %, then events get 503 (0: no "
             "limit)",
     .uses = CONFIG_SERVE | CONFIG_RETENTION | CONFIG_CONFIG},
    {.name = "disk-budget-drop",
     .type = OPTION_CHOICE,
     .default_text = "nothing",
     .offset = FIELD(disk_budget_drop),
     .choices = "nothing|oldest",
     .help = "what goes when disk-budget is used up; oldest: hours of the lake, the oldest first",
     .uses = CONFIG_SERVE | CONFIG_CONFIG},
    {.name = "keep-bytes",
     .type = OPTION_SIZE,
     .default_text = "0",
     .offset = FIELD(keep_bytes),
     .help = "also remove the oldest hours until the data folder takes no more than that (0: none)",
     .uses = CONFIG_RETENTION},
