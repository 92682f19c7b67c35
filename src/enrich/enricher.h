/*
 * enricher.h - the contract of an enricher: a pure step that adds what can be known.
 *
 * Two hooks, both optional. know() turns a visitor into facts, once a request; apply() fills
 * columns of one event, from its own columns and from the facts. Enrichers run in the order of
 * enrich_list.c and may read what those before them found. They never see a socket, a file or a
 * clock, and hold no state: what they look things up in comes as tools. To write one, copy
 * enrich_skeleton.[ch] and add a row to enrich_list.c.
 *
 * The order of a request: facts (know), adapter, completion, enrichment (apply), privacy, journal.
 * Whatever privacy removes from an event (an address in its payload, say) apply() has seen.
 */
#ifndef PIPES_ENRICH_ENRICHER_H
#define PIPES_ENRICH_ENRICHER_H

#include "base/arena.h"
#include "base/status.h"
#include "enrich/facts.h"
#include "enrich/place_memory.h"
#include "enrich/visitor.h"
#include "event/event.h"

struct agent_reader;
struct cadence;

/* Borrowed; each may be NULL: then what it is for stays unknown. */
struct enrich_tools {
    struct agent_reader *agents;       /* a worker's own */
    struct place_files places;         /* of the snapshot of settings in use */
    struct place_memory *place_memory; /* a worker's own, as the next one */
    struct cadence *cadence;
    int64_t now_ms; /* when the request came */
};

struct enricher {
    const char *name;
    /* STATUS_NO_MEMORY from the arena is the only failure: what is not understood is not known. */
    enum status (*know)(const struct visitor *visitor, const struct enrich_tools *tools,
                        struct facts *facts, struct arena *arena);
    /* Sets no column that the event has already. */
    enum status (*apply)(struct event *event, const struct facts *facts,
                         const struct enrich_tools *tools, struct arena *arena);
};

#endif
