/*
 * event_rules.h - what holds for the events of a site, whether they come now or are tried again:
 * the site's policy, who was forgotten, and what every event is given.
 *
 *     const struct event_rules rules = {&settings->sites, keys, forgotten, {site, environment}};
 *     const struct site *site = event_rules_site(&rules, &event);       whose policy holds
 *     if (event_rules_forgot(&rules, &event)) { ... drop it ... }
 *     status = event_rules_apply(&rules, &rules_of, &event, &arena, &fault);
 */
#ifndef PIPES_APP_EVENT_RULES_H
#define PIPES_APP_EVENT_RULES_H

#include "app/completion.h"
#include "app/sites.h"
#include "lake/tombstone_look.h"
#include "privacy/policy_event.h"

/* Borrowed. */
struct event_rules {
    const struct sites *sites;
    struct key_ring *keys;
    struct tombstone_look *forgotten; /* of the thread; NULL: nobody was */
    struct completion completion;
};

/* Of an event that does not say, as the completion would. */
struct view event_rules_site_name(const struct event_rules *rules, const struct event *event);
const struct site *event_rules_site(const struct event_rules *rules, const struct event *event);

/* Ids are looked for as they are, before a policy makes hashes of them. */
bool event_rules_forgot(const struct event_rules *rules, const struct event *event);

/* Who sent it. */
struct event_rules_of {
    struct policy_request request; /* policy, keys and site are filled in */
    const struct sender *sender;   /* a zeroed one: nobody knows */
};
/* As the policy wants it, and complete. Facts about the visitor are made of what an event tells of
 * one, and that is taken out of it. Faults as policy_apply() and completion_apply(). */
enum status event_rules_apply(const struct event_rules *rules, struct event_rules_of *of,
                              struct event *event, struct arena *arena, struct fault *fault)
    MUST_CHECK;
/* The same for bytes that were not understood: they are of no site that is known, and what the
 * options say holds. */
enum status event_rules_apply_raw(const struct event_rules *rules, struct event_rules_of *of,
                                  struct view *raw, struct arena *arena, struct fault *fault)
    MUST_CHECK;

/* Loopback is no client's address, but stands in many a URL of who develops a site. */
struct view event_rules_no_loopback(struct view address);

#endif
