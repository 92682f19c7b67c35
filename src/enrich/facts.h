/*
 * facts.h - what address, agent and headers of a sender are good for, once it is known: the values
 * of columns, and nothing from which address or agent could be had again.
 *
 * Made once a request, before its adapter runs, from a `struct visitor` (visitor.h) by the
 * enrichers (enricher.h); then that is let go. An event whose payload names another visitor than
 * the sender (a server forwards what it was told) gets facts of its own, made of what it names.
 *
 *     struct facts facts = {0};                                nothing is known: no column is set
 *     enrich_list_know(&visitor, &tools, &facts, arena);
 *     enrich_list_apply(&event, &facts, &tools, arena);
 */
#ifndef PIPES_ENRICH_FACTS_H
#define PIPES_ENRICH_FACTS_H

#include "base/view.h"

/* Why a sender is held to be a program: bits of facts.bot_reasons. Their codes stand in bot_reason,
 * their meaning and weight in docs/enrichment.md; one table holds all of it (bot_reasons.h). */
enum bot_reason {
    BOT_CRAWLER,    /* an agent of the list of crawlers */
    BOT_HEADLESS,   /* marks of a browser without a window */
    BOT_WEBDRIVER,  /* the page was told that it is driven by a program */
    BOT_LIBRARY,    /* an agent of a program library or a command */
    BOT_NO_AGENT,   /* no agent at all */
    BOT_MALFORMED,  /* an agent that no browser sends */
    BOT_DATACENTER, /* an address of a network that rents out servers */
    BOT_CADENCE,    /* more interactions in a second than a hand can make */
    BOT_REASONS
};

/* Views are of static tables or of the arena that they were made with. All of them may be empty:
 * unknown. Texts need no escape in JSON (event_set_plain()). */
struct facts {
    struct view browser;         /* family */
    struct view browser_version; /* major */
    struct view os;              /* family */
    struct view os_version;      /* major */
    struct view device_kind;     /* desktop, mobile, tablet, tv or other */
    struct view country;         /* ISO 3166-1 alpha-2, capitals */
    struct view region;          /* ISO 3166-2 */
    uint32_t bot_reasons;        /* 1 << enum bot_reason */
    bool is_known;               /* an agent was sent, or none: is_bot can be said, yes or no */
};

#endif
