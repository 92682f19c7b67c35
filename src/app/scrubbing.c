#include "app/scrubbing.h"

#include <stdatomic.h>

/* "email, phone, ...": what may stand in a list. */
static void name_rules(struct buf *out)
{
    for (size_t i = 0; i < SCRUB_RULES; i++) {
        buf_append_text(out, i > 0 ? ", " : "");
        buf_append_text(out, scrub_rule_rows[i].name);
    }
}

static enum status refuse_rule(const char *option, struct view name, struct fault *fault)
{
    char text[512];
    struct buf rules;
    buf_init_over(&rules, text, sizeof(text));
    name_rules(&rules);
    return fault_set(fault, STATUS_BAD_INPUT, "%s: '%.*s' is no rule; the rules are %.*s", option,
                     VIEW_ARG(name), VIEW_ARG(buf_view(&rules)));
}

static enum status read_rules(struct scrub_options *options, const char *option, const char *list,
                              enum scrub_action action, struct fault *fault)
{
    uint8_t *actions = options->scrubber.treatment.actions;
    struct view rest = view_from_text(list);
    while (rest.len > 0) {
        struct view name = view_trim(view_cut(&rest, ','));
        enum scrub_rule rule = scrub_rule_find(name);
        if (name.len == 0) {
            continue;
        }
        if (rule == SCRUB_RULES) {
            return refuse_rule(option, name, fault);
        }
        if (actions[rule] != SCRUB_MASK && actions[rule] != action) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "%s: '%.*s' is in scrub-drop, too; a rule has one action", option,
                             VIEW_ARG(name));
        }
        actions[rule] = (uint8_t)action;
    }
    return STATUS_OK;
}

static enum status read_allows(struct scrub_options *options, const char *list, struct fault *fault)
{
    struct scrubber *scrubber = &options->scrubber;
    struct view rest = view_from_text(list);
    while (rest.len > 0) {
        struct view entry = view_trim(view_cut(&rest, ','));
        if (entry.len == 0) {
            continue;
        }
        if (scrubber->allow_count == SCRUB_ALLOWS_MAX) {
            return fault_set(fault, STATUS_TOO_BIG, "scrub-allow: at most %d are possible",
                             SCRUB_ALLOWS_MAX);
        }
        if (!scrub_allow_read(&options->allows[scrubber->allow_count], entry)) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "scrub-allow: '%.*s' is not EVENT.FIELD (EVENT: a name, or * for all; "
                             "FIELD: properties, user_properties or context, alone or with .NAME "
                             "behind it; url, path, referrer, name, title, campaign_...)",
                             VIEW_ARG(entry));
        }
        scrubber->allow_count++;
    }
    return STATUS_OK;
}

enum status scrub_options_read(struct scrub_options *options, const struct config *config,
                               struct fault *fault)
{
    memset(options, 0, sizeof(*options));
    options->scrubber.is_off = !config->scrub;
    options->scrubber.allows = options->allows;
    enum status status = read_rules(options, "scrub-drop", config->scrub_drop, SCRUB_DROP, fault);
    if (status == STATUS_OK) {
        status = read_rules(options, "scrub-hash", config->scrub_hash, SCRUB_HASH, fault);
    }
    return status == STATUS_OK ? read_allows(options, config->scrub_allow, fault) : status;
}

static enum status scrub_rejects(const struct scrubber *scrubber, struct batch *batch,
                                 struct arena *arena)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->reject_count && status == STATUS_OK; i++) {
        uint32_t found;
        status = scrub_bytes(scrubber, &batch->rejects[i].raw, arena, &found);
    }
    return status;
}

enum status scrubbing_apply(const struct scrubbing *scrubbing, struct batch *batch,
                            struct arena *arena)
{
    struct scrubber scrubber = scrubbing->options->scrubber;
    struct scrub_keys_asking asking = {scrubbing->keys, scrubbing->moment};
    uint64_t touched = 0;
    scrubber.cache = scrubbing->cache;
    enum status status = STATUS_OK;
    if (scrubbing->keys) {
        scrubber.treatment.key = scrub_keys_give;
        scrubber.treatment.self = &asking;
    }
    for (size_t i = 0; i < batch->event_count && status == STATUS_OK; i++) {
        uint32_t found;
        status = scrub_event(&scrubber, &batch->events[i], arena, &found);
        touched += found != 0;
    }
    if (scrubbing->counts && touched > 0) {
        atomic_fetch_add(&scrubbing->counts->events_scrubbed, touched);
    }
    return status == STATUS_OK ? scrub_rejects(&scrubber, batch, arena) : status;
}
