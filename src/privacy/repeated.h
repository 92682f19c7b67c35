/*
 * repeated.h - what a client repeats in its payload of the address, the user agent and the
 * advertising ids of a device, under whatever name is usual for it: found and taken out.
 *
 * Names are compared without case and without what joins words: context.userAgent, $user_agent,
 * "User-Agent" are one. A member `id` counts within an object called `device`.
 *
 * What a policy does not keep of ids and traits may be asked for beside these.
 *
 *     const struct repeated_search search = {.has_members = true, .needles = {address, agent}};
 *     unsigned found = repeated_look(json, &search);
 *     if (found & REPEATED_MEMBER) {
 *         repeated_strip(json, 0, &arena, &rest);      other bytes as they were
 *     }
 */
#ifndef PIPES_PRIVACY_REPEATED_H
#define PIPES_PRIVACY_REPEATED_H

#include "base/arena.h"
#include "base/status.h"

/* What else is meant, in any of the spellings of those who send it. */
enum repeated_also {
    REPEATED_USER_IDS = 1, /* also of groups, and previous ones */
    REPEATED_TRAITS = 2,
    REPEATED_VISITOR_IDS = 4, /* of the browser, its session, its tab */
};

enum { REPEATED_NEEDLES = 2, REPEATED_NEEDLE_BYTES_MIN = 7 };
struct repeated_search {
    bool has_members; /* look for names; it is JSON then */
    unsigned also;
    /* Values that are looked for without a name; one that is shorter than the least means nothing.
     */
    struct view needles[REPEATED_NEEDLES];
};

/* One look over a text, as everything that comes gets one: what of it may be there. Of names it
 * says so now and then when there is none. */
enum repeated_found { REPEATED_MEMBER = 1, REPEATED_NEEDLE = 2 };
unsigned repeated_look(struct view text, const struct repeated_search *search);
/* The same without the processor's wide registers: for tests. */
unsigned repeated_look_portably(struct view text, const struct repeated_search *search);

/* The text without such members, at any depth; the same view when there are none. In the arena.
 * STATUS_BAD_INPUT when it is no JSON, STATUS_NO_MEMORY; *rest is then empty. */
enum status repeated_strip(struct view json, unsigned also, struct arena *arena, struct view *rest)
    MUST_CHECK;
/* The same of a query string, a=1&ip=192.0.2.1: its parameters of such names go. */
enum status repeated_strip_query(struct view query, unsigned also, struct arena *arena,
                                 struct view *rest) MUST_CHECK;

/* The text with every occurrence of the needle made 'x', as many as it was long; the same view when
 * there are none. JSON stays JSON. */
enum status repeated_mask(struct view text, struct view needle, struct arena *arena,
                          struct view *masked) MUST_CHECK;

#endif
