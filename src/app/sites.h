/*
 * sites.h - the sites that this collector serves, each with its key, origins, policy and limits;
 * and which of them a request is for.
 *
 * Without a section [site NAME] in the configuration every name of a site is served, by the policy
 * of the options. With sections, an event must be of one of them, and may come from a page of its
 * origins, or with its key. A site without a key and without origins takes events from anybody.
 *
 *     sites_make(&sites, config, &arena, &fault);
 *     const struct site *site = sites_find(&sites, name);
 *     enum sites_verdict verdict = sites_admit(&sites, &caller, &site);
 */
#ifndef PIPES_APP_SITES_H
#define PIPES_APP_SITES_H

#include "app/config.h"

struct site {
    struct view name;
    struct view key;
    const struct view *origins;
    size_t origin_count;
    uint32_t requests; /* per second; 0: no limit of its own */
    uint32_t source_requests;
    struct privacy_policy policy;
};

struct sites {
    struct site fallback; /* of every name, when there are no rows: without key and origins */
    const struct site *rows;
    size_t count;
    enum policy_address cut; /* the most that a site cuts away: facts are made before it is known
                                which one a request is for */
    bool quarantines;        /* what is of none of them, or may not come; else it is refused */
};

/* All of it in the arena. The fault names the site. */
enum status sites_make(struct sites *sites, const struct config *config, struct arena *arena,
                       struct fault *fault) MUST_CHECK;

/* Who sends, and what for; views may be empty. */
struct sites_caller {
    struct view site; /* as an event names it */
    struct view key;
    struct view origin;
};

/* Why a request was put aside, in its row of the quarantine. */
#define SITES_REASON_SITE "unknown site"
#define SITES_REASON_KEY "unknown key"
#define SITES_REASON_ORIGIN "unknown origin"

enum sites_verdict { SITES_OK, SITES_UNKNOWN, SITES_WRONG_KEY, SITES_WRONG_ORIGIN };

/* *site is the one whose policy holds, also when it may not come. An event that names no site and
 * has a key is of the key's site. */
enum sites_verdict sites_admit(const struct sites *sites, const struct sites_caller *caller,
                               const struct site **site);

/* The key in "Basic ...", as the user's name of it; in the arena, empty when there is none. */
struct view sites_basic_key(struct view authorization, struct arena *arena);

#endif
