#include "app/event_rules.h"

struct view event_rules_site_name(const struct event_rules *rules, const struct event *event)
{
    struct view site = event_text(event, COLUMN_SITE);
    return site.len > 0 ? site : view_from_text(rules->completion.site);
}

static const struct site *site_named(const struct event_rules *rules, struct view name)
{
    const struct sites *sites = rules->sites;
    for (size_t i = 0; i < sites->count; i++) {
        if (view_equal(sites->rows[i].name, name)) {
            return &sites->rows[i];
        }
    }
    return &sites->fallback;
}

const struct site *event_rules_site(const struct event_rules *rules, const struct event *event)
{
    return site_named(rules, event_rules_site_name(rules, event));
}

bool event_rules_forgot(const struct event_rules *rules, const struct event *event)
{
    static const enum column IDS[] = {COLUMN_ANONYMOUS_ID, COLUMN_USER_ID, COLUMN_PREVIOUS_ID};
    struct view site = event_rules_site_name(rules, event);
    for (size_t i = 0; rules->forgotten && i < sizeof(IDS) / sizeof(IDS[0]); i++) {
        if (tombstone_look_meets(rules->forgotten, site, event_text(event, IDS[i]))) {
            return true;
        }
    }
    return false;
}

enum status event_rules_apply(const struct event_rules *rules, struct event_rules_of *of,
                              struct event *event, struct arena *arena, struct fault *fault)
{
    struct policy_request *request = &of->request;
    request->keys = rules->keys;
    request->site = event_rules_site_name(rules, event);
    request->policy = &site_named(rules, request->site)->policy;
    request->told_address = event_rules_no_loopback(event->told.address);
    request->told_agent = event->told.agent;
    enum status status = policy_apply(request, event, arena, fault);
    if (status == STATUS_OK) {
        status = completion_apply(&rules->completion, of->sender, event, arena, fault);
    }
    policy_finish(request->policy, event);
    return status;
}

enum status event_rules_apply_raw(const struct event_rules *rules, struct event_rules_of *of,
                                  struct view *raw, struct arena *arena, struct fault *fault)
{
    struct policy_request *request = &of->request;
    request->policy = &rules->sites->fallback.policy;
    request->told_address = request->told_agent = view_make(NULL, 0);
    return policy_apply_raw(request, raw, arena, fault);
}

struct view event_rules_no_loopback(struct view address)
{
    bool is_none = view_starts_with(address, "127.") || view_is(address, "unix");
    return is_none ? view_make(NULL, 0) : address;
}
